/* SPDX-License-Identifier: ISC */
#include "common/nearest.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX_BYTES 64

/*
 * The number of letters to insert, delete or change in order to turn a into b.
 * Levenshtein, Binary codes capable of correcting deletions, insertions and
 * reversals (1966); one row at a time, as Wagner and Fischer (1974).
 */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX_BYTES + 1];
	size_t a_len = strlen(a), b_len = strlen(b);
	size_t i, j, above, corner, best;

	if (a_len > WORD_MAX_BYTES || b_len > WORD_MAX_BYTES)
		return SIZE_MAX;
	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 1; i <= a_len; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			above = row[j];
			best = corner + (a[i - 1] != b[j - 1]);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			corner = above;
		}
	}
	return row[b_len];
}

void
nearest_begin(struct nearest *nearest, const char *word)
{
	/* With more than a third of the letters wrong, it is a guess. */
	size_t third = strlen(word) / 3;

	*nearest =
	    (struct nearest){.word = word, .distance = third > 2 ? third : 2};
}

void
nearest_try(struct nearest *nearest, const char *known)
{
	size_t d = distance(nearest->word, known);

	if (d > nearest->distance ||
	    (d == nearest->distance && nearest->best != NULL))
		return;
	nearest->distance = d;
	nearest->best = known;
}
