/* SPDX-License-Identifier: ISC */
/*
 * crew - the workers at the table: processes, or threads of one.
 */
#ifndef STRESS_CREW_H
#define STRESS_CREW_H

#include "tests/stress/arena.h"

struct crew {
	/* Start popauthd's part and all workers. */
	void (*start)(const struct settings *settings);
	/* Handle accidents; called about every millisecond. */
	void (*tend)(const struct settings *settings);
	/* Wait for all to end.  Returns how many hang. */
	unsigned (*finish)(const struct settings *settings);
};

extern const struct crew crew_of_processes, crew_of_threads;

/* A worker that has not stopped after this time hangs. */
#define HANG_US (INT64_C(20) * 1000000)

int64_t now_us(void);

#endif
