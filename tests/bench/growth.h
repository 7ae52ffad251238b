/* SPDX-License-Identifier: ISC */
/*
 * growth - the time of a look-up while the table grows.
 *
 * A writer logs clients in as fast as it can, from a table of a mebibyte up to
 * its limit; a daemon gives it room; both are separate processes.  Beside them
 * a reader looks up clients that are in the table, through a read-only
 * mapping, and times each look-up.  After a cycle the table is removed, and
 * the next begins.  At rest: only the reader, and the same clients in a table
 * that had the final size from the beginning.
 */
#ifndef POPAUTH_TESTS_BENCH_GROWTH_H
#define POPAUTH_TESTS_BENCH_GROWTH_H

#include <stdint.h>

#define GROWTH_LEVELS_MAX 16

/* A table that is about to double, and just after. */
struct growth_step {
	uint64_t n_keys;       /* when it doubled */
	uint64_t slots_before; /* in use */
	uint64_t bytes_before; /* of the file, with what is allocated ahead */
	uint64_t bytes_after;
};

struct growth {
	unsigned n_cycles;
	uint64_t n_lookups;
	uint64_t n_lost;   /* clients that were there and were not found */
	uint64_t n_forced; /* grants that had to make room */
	double clock_ns;   /* of the timing itself; subtracted from all below */
	double p50_rest_ns, p99_rest_ns;
	double p50_grown_ns, p99_grown_ns; /* no writer, old levels are
					      still searched */
	double p50_ns, p99_ns, p999_ns;    /* while it grows */
	unsigned n_steps;                  /* of the last cycle */
	struct growth_step steps[GROWTH_LEVELS_MAX];
};

/*
 * dir: on tmpfs.  n_logins: the limit.
 * Returns 0 or a negative errno.
 */
int growth_measure(const char *dir, uint32_t n_logins, unsigned n_cycles,
    struct growth *growth_out);

#endif
