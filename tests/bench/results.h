/* SPDX-License-Identifier: ISC */
/*
 * results - the samples of a run, one for each round, and their medians and
 * ratios.
 *
 * Ratios are taken within a round, where both sides ran one after the other,
 * and the median of these ratios is reported: on a busy machine it is steadier
 * than the ratio of two medians.
 */
#ifndef POPAUTH_TESTS_BENCH_RESULTS_H
#define POPAUTH_TESTS_BENCH_RESULTS_H

#include "tests/bench/load.h"
#include "tests/bench/peer.h"

#include <stdio.h>

#define ROUNDS_MAX 15
#define SIZES_MAX 3
#define PROCS_MAX 3

enum measure {
	/* the first are enum load_op: operations a second */
	MEASURE_ONE_SHOT_LOOKUP = LOAD_OPS_MAX, /* us */
	MEASURE_ONE_SHOT_WRITE,                 /* us */
	MEASURE_SWEEP_IDLE,                     /* ms */
	MEASURE_SWEEP_EXPIRED,                  /* ms */
	MEASURE_BYTES,                          /* a client */
	MEASURES_MAX,
};

struct cell {
	unsigned peer;
	unsigned size;  /* in results_sizes */
	unsigned procs; /* in results_procs */
	enum load_keys keys;
	unsigned measure; /* enum measure or enum load_op */
};

extern uint32_t results_sizes[SIZES_MAX];
extern unsigned results_n_sizes;
extern const unsigned results_procs[PROCS_MAX];

/* Put the sample of a round, which may be the only one. */
void results_put(const struct cell *cell, unsigned round, double value);

/* Each returns false when there is no sample. */
bool results_median(const struct cell *cell, double *median_out);
bool results_ratio(
    const struct cell *cell, const struct cell *to, double *ratio_out);

/* The unit of a measure. */
const char *results_unit(unsigned measure);
const char *results_measure_name(unsigned measure);

/* All medians, with lowest and highest sample, and the ratio to one key of
 * popauth (0: not known). */
void results_write_csv(FILE *file);

#endif
