/* SPDX-License-Identifier: ISC */
/*
 * pamtest - plays a login, and says what it would grant.
 *
 * CONCEPT.  The stack runs in earnest in this process: authenticate, account,
 * and session where our module is in that one; but on a private copy of the
 * service and the table (pamscratch.h), so that nothing is granted.  What the
 * modules would log is kept instead, and not logged.  All else is real: a
 * module that counts wrong passwords counts this one.
 *
 * CONCURRENCY.  One at a time: the log is kept in a global.
 *
 * ERRORS.  0, a negative errno, or as shmcache.h.
 */
#ifndef PAMCHECK_PAMTEST_H
#define PAMCHECK_PAMTEST_H

#include "common/addr.h"
#include "shmcache/shmcache.h"

#include <stdbool.h>
#include <stdint.h>

struct pamtest_login {
	const char *root; /* put before the path of the service */
	const char *service;
	const char *user;
	const char *password;
	const struct addr *addr;
};

/* What a hook returned; PAMTEST_NOT_RUN where it was not called. */
#define PAMTEST_NOT_RUN (-1)

struct pamtest_result {
	int auth, account, session;
	bool would_grant;  /* it let the login pass, and recorded it */
	bool is_recorded;  /* whatever it said to the login */
	uint32_t window_s; /* would_grant: for how long */
	char *log;         /* free(3): what would be logged, lines */
};

/*
 * Play the login.
 * cache: the table that is copied, open in any way.
 * Returns 0 when it was played, -ENOENT when the service has no file, or
 * another error.
 */
int pamtest_play(const struct pamtest_login *login, struct shmcache *cache,
    struct pamtest_result *result_out);

#endif
