/* SPDX-License-Identifier: ISC */
/*
 * dovecot - what of Dovecot's configuration decides whether PAM is asked.
 *
 * CONCEPT.  Reads dovecot.conf and its includes, in the syntax of 2.3 and of
 * 2.4, for the PAM passdb and the size of the auth cache, and passes over the
 * rest.  It does not ask Dovecot: a check may look at a system that is not
 * running.
 */
#ifndef PAMCHECK_DOVECOT_H
#define PAMCHECK_DOVECOT_H

#include <stdbool.h>

struct dovecot {
	bool is_gone;  /* removed as a package, its configuration left */
	bool is_there; /* there is a configuration, and it is not gone */
	bool has_pam;  /* with a PAM passdb */
	bool opens_session;
	bool is_cached;    /* logins that the cache knows never reach PAM */
	char *pam_place;   /* "FILE:LINE" of the passdb */
	char *cache_place; /* and of the cache's size */
	char *service;     /* NULL: named after the protocol */
	bool is_2_4;
};

/*
 * Read ROOT/etc/dovecot/dovecot.conf.
 * Returns 0 (also when there is none), or -ENOMEM.
 */
int dovecot_read(const char *root, struct dovecot *dovecot_out);

void dovecot_free(struct dovecot *dovecot);

#endif
