/* SPDX-License-Identifier: ISC */
/*
 * crew - the workers at the table: processes, or threads of one process.
 */
#ifndef STRESS_CREW_H
#define STRESS_CREW_H

#include "tests/stress/arena.h"

struct crew {
	/* Start the house and all workers. */
	void (*start)(const struct settings *settings);
	/* Handle accidents; call it about every millisecond. */
	void (*tend)(const struct settings *settings);
	/* Wait for the end of all workers.  Returns how many do not end. */
	unsigned (*finish)(const struct settings *settings);
};

extern const struct crew crew_of_processes, crew_of_threads;

/* A worker that does not stop within this time hangs. */
#define HANG_US (INT64_C(20) * 1000000)

int64_t now_us(void);

#endif
