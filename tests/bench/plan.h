/* SPDX-License-Identifier: ISC */
/*
 * plan - the measurements, and their order.
 *
 * For each size of the table: all peers are filled, checked, then measured in
 * rounds.  Within a round each measurement is made of one peer after the other,
 * in an order that rotates from round to round, so that a neighbour's noise
 * affects all of them.
 */
#ifndef POPAUTH_TESTS_BENCH_PLAN_H
#define POPAUTH_TESTS_BENCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

struct plan {
	unsigned n_rounds;
	uint64_t slice_ns; /* of one measurement */
	const char *only;  /* names of peers, NULL: all */
};

/* Whether the peer takes part. */
bool plan_has(const struct plan *plan, unsigned peer);

/* Measure at one size (an index of results_sizes).  Returns how many answers
 * were wrong. */
uint64_t plan_size(const struct plan *plan, unsigned size);

#endif
