/* SPDX-License-Identifier: ISC */
/*
 * pamserver - does the server that uses a service ask PAM at all?
 *
 * CONCEPT.  Courier, Cyrus (by saslauthd), mailutils and perdition check
 * passwords as their own configuration says.  If that is not PAM, or something
 * else first, the service's file may be right and no login is recorded.
 * Dovecot has parts of its own (pamdovecot.c).
 */
#ifndef PAMCHECK_PAMSERVER_H
#define PAMCHECK_PAMSERVER_H

#include <stdbool.h>

enum pamserver_use {
	PAMSERVER_ASKS = 0, /* or the server is not known here */
	PAMSERVER_BYPASSES, /* some logins or all never reach PAM */
	PAMSERVER_FORWARDS, /* a proxy, which checks no password itself */
};

/*
 * Read the configuration of the server that uses the service.
 * why_out: a sentence with its place, for free(3); NULL if PAMSERVER_ASKS.
 * Returns PAMSERVER_ASKS also without memory.
 */
enum pamserver_use pamserver_read(
    const char *root, const char *service, char **why_out);

#endif
