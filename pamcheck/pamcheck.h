/* SPDX-License-Identifier: ISC */
/*
 * pamcheck - is pam_popauth in the right place in the POP server's service?
 *
 * CONCEPT.  Finds the services of POP and IMAP servers, simulates their stacks
 * (pamrun.h), and looks for known traps around them.  It reads files, and runs
 * doveconf(1) if the caller names it.
 *
 * TRUST.  The files are the administrator's; an unreadable file is a finding.
 */
#ifndef PAMCHECK_PAMCHECK_H
#define PAMCHECK_PAMCHECK_H

#include "pamcheck/pamreport.h"

#include <stdbool.h>
#include <stddef.h>

struct pamcheck {
	const char *root;       /* put before each path; "" for this machine */
	const char *table;      /* path of [table] in the configuration */
	const char *doveconf;   /* the program, or NULL: read the files */
	bool gate_asks_dovecot; /* [smtpgate] auth = dovecot */
	char *const *names;     /* [n_names]: services that the caller named */
	size_t n_names;
};

/*
 * Check all services.
 * report_out: for pamreport_free().
 * Returns 0, or a negative errno if the directory of the services cannot be
 * read.
 */
int pamcheck(const struct pamcheck *check, struct pamreport *report_out);

#endif
