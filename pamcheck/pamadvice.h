/* SPDX-License-Identifier: ISC */
/*
 * pamadvice - where our module belongs in a service, and what to change.
 *
 * CONCEPT.  Every place in the file is tried on paper, the last one first; the
 * first that pamrun finds nothing wrong with is the advice.  Where a line that
 * refuses does not end the stack, no place is right: then these lines are made
 * to end it.
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
	char *text; /* lines separated by newlines; of PAMEDIT_REMOVE NULL */
};

struct pamadvice {
	struct pamedit *edits; /* in the order of the file, from its end, so
				  that no edit moves the lines of the next */
	size_t n;
};

/*
 * Find out what to change so that the account stack records logins, and only
 * those that it lets pass.
 * root, service: as for pamfile_read(); file: what that read.
 * args: of our line where it has none yet.
 * advice_out: no edits when no place was found.
 * Returns 0, -ENOMEM, or -E2BIG.
 */
int pamadvice_find(const char *root, const char *service,
    const struct pamfile *file, const char *args, struct pamadvice *advice_out);

void pamadvice_free(struct pamadvice *advice);

#endif
