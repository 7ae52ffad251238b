/* SPDX-License-Identifier: ISC */
/*
 * dovecot - the settings of Dovecot that decide whether it uses PAM.
 *
 * CONCEPT.  Reads dovecot.conf and its includes, in the syntax of 2.3 and 2.4,
 * for the PAM passdb and the size of the auth cache, and ignores the rest.  It
 * does not run Dovecot, because the checked system need not be running.
 */
#ifndef PAMCHECK_DOVECOT_H
#define PAMCHECK_DOVECOT_H

#include <stdbool.h>

struct dovecot {
	bool is_gone; /* the package was removed, its configuration left */
	bool has_pam; /* there is a PAM passdb */
	bool opens_session;
	bool is_cached;    /* logins in the cache never reach PAM */
	char *pam_place;   /* "FILE:LINE" of the passdb */
	char *cache_place; /* "FILE:LINE" of the cache's size */
	char *service;     /* NULL: the name of the protocol */
	bool is_2_4;
};

/*
 * Read ROOT/etc/dovecot/dovecot.conf.
 * Returns 0 (also when there is none), or -ENOMEM.
 */
int dovecot_read(const char *root, struct dovecot *dovecot_out);

void dovecot_free(struct dovecot *dovecot);

#endif
