/* SPDX-License-Identifier: ISC */
#include "tests/bench/results.h"

#include <math.h>
#include <stdlib.h>

struct samples {
	unsigned n; /* rounds up to the last one that was put */
	bool has[ROUNDS_MAX];
	double value[ROUNDS_MAX];
};

uint32_t results_sizes[SIZES_MAX];
unsigned results_n_sizes;
const unsigned results_procs[PROCS_MAX] = {1, 2, 4};

static struct samples all[PEERS_MAX][SIZES_MAX][PROCS_MAX][LOAD_KEYS_MAX]
			 [MEASURES_MAX];

static struct samples *
samples_of(const struct cell *cell)
{
	return &all[cell->peer][cell->size][cell->procs][cell->keys]
		   [cell->measure];
}

void
results_put(const struct cell *cell, unsigned round, double value)
{
	struct samples *samples = samples_of(cell);

	samples->value[round] = value;
	samples->has[round] = true;
	if (round >= samples->n)
		samples->n = round + 1;
}

static int
by_value(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median_of(double *values, unsigned n)
{
	qsort(values, n, sizeof(values[0]), by_value);
	return n % 2 != 0 ? values[n / 2]
			  : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static unsigned
collect(const struct samples *samples, double values_out[ROUNDS_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < samples->n; i++) {
		if (samples->has[i])
			values_out[n++] = samples->value[i];
	}
	return n;
}

bool
results_median(const struct cell *cell, double *median_out)
{
	double values[ROUNDS_MAX];
	const unsigned n = collect(samples_of(cell), values);

	if (n == 0)
		return false;
	*median_out = median_of(values, n);
	return true;
}

bool
results_ratio(const struct cell *cell, const struct cell *to, double *ratio_out)
{
	const struct samples *a = samples_of(cell);
	const struct samples *b = samples_of(to);
	double values[ROUNDS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < a->n && i < b->n; i++) {
		if (a->has[i] && b->has[i])
			values[n++] = a->value[i] / b->value[i];
	}
	if (n == 0)
		return false;
	*ratio_out = median_of(values, n);
	return true;
}

const char *
results_unit(unsigned measure)
{
	switch (measure) {
	case MEASURE_ONE_SHOT_LOOKUP:
	case MEASURE_ONE_SHOT_WRITE:
		return "us";
	case MEASURE_SWEEP_IDLE:
	case MEASURE_SWEEP_EXPIRED:
		return "ms";
	case MEASURE_BYTES:
		return "bytes";
	}
	return "ops/s";
}

const char *
results_measure_name(unsigned measure)
{
	switch (measure) {
	case MEASURE_ONE_SHOT_LOOKUP:
		return "open+lookup+close";
	case MEASURE_ONE_SHOT_WRITE:
		return "open+refresh+close";
	case MEASURE_SWEEP_IDLE:
		return "sweep-nothing";
	case MEASURE_SWEEP_EXPIRED:
		return "sweep-all";
	case MEASURE_BYTES:
		return "bytes";
	}
	return load_op_name[measure];
}

static void
write_line(FILE *file, const struct cell *cell)
{
	double values[ROUNDS_MAX];
	const unsigned n = collect(samples_of(cell), values);
	struct cell ours = *cell;
	double median, ratio;

	if (n == 0)
		return;
	ours.peer = 0;
	while (peers[ours.peer] != &peer_popauth_key)
		ours.peer++;
	if (!results_ratio(cell, &ours, &ratio))
		ratio = 0;
	median = median_of(values, n); /* sorts */
	fprintf(file, "%s,%u,%u,%s,%s,%s,%u,%.6g,%.6g,%.6g,%.6g\n",
	    peers[cell->peer]->name, results_sizes[cell->size],
	    results_procs[cell->procs], load_keys_name[cell->keys],
	    results_measure_name(cell->measure), results_unit(cell->measure), n,
	    median, values[0], values[n - 1], ratio);
}

void
results_write_csv(FILE *file)
{
	struct cell c;

	fputs("peer,entries,processes,keys,measure,unit,rounds,median,lowest,"
	      "highest,to_popauth_key\n",
	    file);
	for (c.measure = 0; c.measure < MEASURES_MAX; c.measure++)
		for (c.size = 0; c.size < results_n_sizes; c.size++)
			for (c.procs = 0; c.procs < PROCS_MAX; c.procs++)
				for (c.keys = 0; c.keys < LOAD_KEYS_MAX;
				     c.keys++)
					for (c.peer = 0; peers[c.peer] != NULL;
					     c.peer++)
						write_line(file, &c);
}
