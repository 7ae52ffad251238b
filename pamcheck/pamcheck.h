/* SPDX-License-Identifier: ISC */
/*
 * pamcheck - is pam_popauth in the right place of the POP server's service?
 *
 * CONCEPT.  Finds the services of POP and IMAP servers, runs their stacks on
 * paper, and looks for what is known to go wrong around them.  It reads files
 * and starts nothing.
 *
 * TRUST.  The files are the administrator's; what cannot be read is a finding.
 */
#ifndef PAMCHECK_PAMCHECK_H
#define PAMCHECK_PAMCHECK_H

#include "pamcheck/dovecot.h"
#include "pamcheck/pamreport.h"

#include <stdbool.h>
#include <stddef.h>

struct pamcheck {
	const char *root;   /* put before each path; "" for this machine */
	const char *table;  /* path of [table] in the configuration */
	char *const *names; /* [n_names]: services that the caller named */
	size_t n_names;
};

/*
 * Check all services.
 * report_out: for pamreport_free().
 * Returns 0, or a negative errno when even the directory of the services
 * cannot be read.
 */
int pamcheck(const struct pamcheck *check, struct pamreport *report_out);

/*
 * Look for traps outside of the service files.
 * dovecot: as dovecot_read() left it.
 * Returns 0, or -ENOMEM.
 */
int pamtraps(const struct pamcheck *check, const struct dovecot *dovecot,
    struct pamreport *report);

/* Whether a file is there below the root. */
bool pamcheck_exists(const struct pamcheck *check, const char *path);

/*
 * Whether libpam finds our module: where its other modules are.
 * dir_out: that directory, for free(3), or NULL when none was found; may be
 * NULL when it is not wanted.
 */
bool pamtraps_is_installed(const struct pamcheck *check, char **dir_out);

#endif
