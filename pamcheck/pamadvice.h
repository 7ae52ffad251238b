/* SPDX-License-Identifier: ISC */
/*
 * pamadvice - where our module belongs in a service, and what to change.
 *
 * CONCEPT.  Each place in the file is tried with pamrun, the last place first.
 * The first place without a fault is the advice.  If a line that refuses does
 * not end the stack, or one that accepts ends it (a directory service has such
 * lines), the last place that each accepted login comes to is right as well:
 * the module records a login only when the server ends PAM with success.  Under
 * `strict` it records at once, and such a place is not right.
 *
 * OWNERSHIP.  pamadvice_free() releases what pamadvice_find() filled in; an
 * all-zero struct may be freed too.
 */
#ifndef PAMCHECK_PAMADVICE_H
#define PAMCHECK_PAMADVICE_H

#include "pamcheck/pamfile.h"

#include <stdbool.h>
#include <stddef.h>

enum pamedit_kind {
	PAMEDIT_ADD = 0, /* text after line line_no (0: at the beginning) */
	PAMEDIT_REPLACE, /* line line_no by text */
	PAMEDIT_REMOVE,  /* line line_no */
	PAMEDIT_CREATE,  /* the file, with text in it */
};

struct pamedit {
	enum pamedit_kind kind;
	char *path;
	unsigned line_no;
	char *text; /* lines separated by newlines; NULL to remove */
};

struct pamadvice {
	struct pamedit *edits; /* from the end of the file to its beginning, so
				  that no edit moves the lines of the next */
	size_t n;
};

/*
 * Find what to change so that the account stack records every login that it
 * accepts, and no other.
 * root, service: as for pamfile_read(); file: its result.
 * args: for our line if it has none yet.  "setcred" is added to its own.
 * advice_out: without edits if no place was found.
 * Returns 0, -ENOMEM, or -E2BIG.
 */
int pamadvice_find(const char *root, const char *service,
    const struct pamfile *file, const char *args, struct pamadvice *advice_out);

/*
 * Advise to create the file of a service.
 * our_args: of our line, or NULL to leave our line out.
 * Returns 0 or -ENOMEM.
 */
int pamadvice_create(const char *root, const char *service,
    const char *our_args, struct pamadvice *advice_out);

void pamadvice_free(struct pamadvice *advice);

#endif
