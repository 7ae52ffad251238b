/* SPDX-License-Identifier: ISC */
/*
 * pamoptions - the module's options in a PAM service: are they valid, and are
 * they what this service needs?
 *
 * CONCEPT.  The module's own parser (pam_popauth/arguments.h) reads each line
 * that calls our module, so that a finding says what a login would log.
 */
#ifndef PAMCHECK_PAMOPTIONS_H
#define PAMCHECK_PAMOPTIONS_H

#include "pamcheck/pamfile.h"
#include "pamcheck/pamreport.h"

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

#endif
