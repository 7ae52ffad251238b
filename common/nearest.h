/* SPDX-License-Identifier: ISC */
/*
 * nearest - the known word that a mistyped one most probably meant.
 *
 * LIFETIME.  nearest_begin(), nearest_try() for each known word; then best has
 * the answer.  The words must live as long.
 *
 * CONCURRENCY.  No state but the caller's struct.
 */
#ifndef POPAUTH_NEAREST_H
#define POPAUTH_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word;
	const char *best; /* NULL: no known word is similar */
	size_t distance;  /* of best; before: the most that counts */
};

void nearest_begin(struct nearest *nearest, const char *word);

/* Compare a known word; of equally similar ones the first counts. */
void nearest_try(struct nearest *nearest, const char *known);

#endif
