/* SPDX-License-Identifier: ISC */
/*
 * pamoptions - the module's own options in a PAM service: are they what the
 * module takes, and what this service needs?
 *
 * CONCEPT.  Each line that calls our module is read by the module's own parser
 * (pam_popauth/arguments.h), so that what is said here is what would be logged
 * at a login.
 */
#ifndef PAMCHECK_PAMOPTIONS_H
#define PAMCHECK_PAMOPTIONS_H

#include "pamcheck/pamfile.h"
#include "pamcheck/pamreport.h"

/* The service whose lines they are. */
struct pamoptions {
	const char *service; /* its name */
	const char *servers; /* who asks it */
	const char *needed;  /* options without which the client's address is
				not found; "" for none */
	const char *table;   /* that the gate reads */
};

/*
 * Report what is wrong with the options of our lines.
 * recording: the one of file's lines that is to record the logins.
 * Returns 0, or -ENOMEM.
 */
int pamoptions_check(const struct pamoptions *options,
    const struct pamfile *file, const struct pamfile_line *recording,
    struct pamreport *report);

#endif
