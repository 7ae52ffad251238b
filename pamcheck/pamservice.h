/* SPDX-License-Identifier: ISC */
/*
 * pamservice - the parts of one pam-check: a service, its options, and the traps
 * around it.
 *
 * CONCEPT.  A service of a POP server should record its logins, and only those
 * that it lets pass.  The module's own parser (pam_popauth/arguments.h) reads
 * each line that calls our module, so that a finding says what a login would
 * log.
 */
#ifndef PAMCHECK_PAMSERVICE_H
#define PAMCHECK_PAMSERVICE_H

#include "pamcheck/dovecot.h"
#include "pamcheck/pamcheck.h"
#include "pamcheck/pamfile.h"
#include "pamcheck/pamreport.h"

#include <stdbool.h>

/* Shared by all services of one run. */
struct pamservice_run {
	const struct pamcheck *check;
	struct dovecot dovecot;
	struct pamreport *report;
};

/*
 * Add the service and its findings to the report, or the error: -E2BIG for a
 * stack of hundreds of lines.
 */
void pamservice_check(const struct pamservice_run *run, const char *name);

/* Whether a known POP or IMAP server uses a service of this name. */
bool pamservice_is_known(const char *name);

/* Whether Dovecot asks this service for logins by POP3 or IMAP. */
bool pamservice_is_asked(const struct pamservice_run *run, const char *name);

/* The service whose lines they are. */
struct pamoptions {
	const char *service; /* its name */
	const char *servers; /* that use it */
	const char *needed;  /* options needed to find the client's address;
				"" for none */
	const char *table;   /* the gate's */
};

/*
 * Report what is wrong with the options of our lines.
 * recording: the line of the file that should record the logins.
 */
void pamoptions_check(const struct pamoptions *options,
    const struct pamfile *file, const struct pamfile_line *recording,
    struct pamreport *report);

struct pamoptions_flags {
	bool is_strict;   /* the account line records at once */
	bool has_setcred; /* only pam_setcred(3) records */
};

/* Read the options of our line that decide when it records. */
struct pamoptions_flags pamoptions_flags(const struct pamfile_line *line);

/*
 * Report settings outside the service files that keep POP logins from reaching
 * our module.
 * root: put before each path.
 */
void pamtraps_check(const char *root, struct pamreport *report);

/* Report what Dovecot's configuration does to its logins. */
void pamdovecot_check(const struct pamservice_run *run);

/* Whether Dovecot is there and serves POP3 or IMAP. */
bool pamdovecot_is_server(const struct dovecot *dovecot);

#endif
