/* SPDX-License-Identifier: ISC */
/*
 * pamtest - makes a test login, and reports what it would grant.
 *
 * CONCEPT.  The real stack runs in this process: authenticate, account, and
 * session if our module is in that stack.  It runs on a private copy of the
 * service and the table (pamscratch.h), so that nothing is granted.  Lines that
 * the modules would log are collected instead.  All else is real: a module that
 * counts wrong passwords counts this one.
 *
 * CONCURRENCY.  One call at a time: the log is a global.
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

/* In place of the result of a hook that was not called. */
#define PAMTEST_NOT_RUN (-1)

/* Why a login would not be granted. */
enum pamtest_reason {
	PAMTEST_WOULD_GRANT = 0,
	PAMTEST_REFUSED,    /* the stack refused the login */
	PAMTEST_NEVER,      /* the address is never granted */
	PAMTEST_LOGGED,     /* the module says why in the log */
	PAMTEST_NOT_CALLED, /* libpam did not come to the module's line */
	PAMTEST_REASONS,    /* how many there are */
};

struct pamtest_result {
	int auth, account, session;
	enum pamtest_reason reason;
	bool would_grant;  /* the login was accepted and recorded */
	bool is_recorded;  /* the login was recorded, accepted or not */
	uint32_t window_s; /* would_grant: for how long */
	char *log;         /* free(3): lines that would be logged */
};

/*
 * Make the login.
 * cache: the table to copy, open in any way.
 * Returns 0 (accepted or not), -ENOENT if the service has no file, or another
 * error.
 */
int pamtest_run(const struct pamtest_login *login, struct shmcache *cache,
    struct pamtest_result *result_out);

#endif
