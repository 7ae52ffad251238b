/* SPDX-License-Identifier: ISC */
/*
 * crew - who works at the table: processes, or threads of one.
 */
#ifndef STRESS_CREW_H
#define STRESS_CREW_H

#include "tests/stress/arena.h"

struct crew {
	/* Start the house and all workers. */
	void (*start)(const struct settings *settings);
	/* To be called every millisecond or so: look after accidents. */
	void (*tend)(const struct settings *settings);
	/* Let all come to their end.  Returns how many do not. */
	unsigned (*finish)(const struct settings *settings);
};

extern const struct crew crew_of_processes, crew_of_threads;

/* After this long a worker hangs that was told to stop. */
#define HANG_US (INT64_C(20) * 1000000)

int64_t now_us(void);

#endif
