/* SPDX-License-Identifier: ISC */
/*
 * bench - shared by all peers of the comparison: the clients, and the clock.
 *
 * CLIENTS.  A client is a number; its address and user name follow from it, so
 * that no peer pays for a list of them.  Three ranges of numbers are disjoint:
 * those that are in the table, those that are inserted and removed again during
 * a measurement, and those that are never there.
 *
 * TIME.  All peers read CLOCK_BOOTTIME through bench_clock().  It counts ticks
 * of 65 us instead of seconds: our refresh does nothing for a key that has the
 * current second already, and a measurement with a clock of seconds would
 * mostly count such calls.  The offset lets a whole table expire at once.
 */
#ifndef POPAUTH_TESTS_BENCH_H
#define POPAUTH_TESTS_BENCH_H

#include "common/addr.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define BENCH_TICK_LOG2_NS 21
#define BENCH_WINDOW UINT32_C(604800) /* ticks: 21 minutes */

#define BENCH_USER_BYTES 12 /* of a name with its NUL, padded with NULs */

/* Numbers are of 26 bits. */
#define BENCH_FRESH_FIRST (UINT32_C(1) << 24)
#define BENCH_MISS_FIRST (UINT32_C(1) << 25)
#define BENCH_CLIENT_MASK ((UINT32_C(1) << 26) - 1)

struct client {
	struct addr addr;
	uint32_t number;
	char user[BENCH_USER_BYTES]; /* set by client_name() */
};

/* The answer of a look-up. */
struct answer {
	uint32_t age;
	char user[BENCH_USER_BYTES]; /* "" from peers that do not keep it */
};

/* The value that peers store for an address. */
struct stored {
	uint32_t stamp;
	char user[BENCH_USER_BYTES];
};

/* In memory that all processes of a run share. */
extern uint32_t *bench_offset;

static inline uint32_t
bench_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint32_t)(((uint64_t)now.tv_sec * 1000000000u +
			      (uint64_t)now.tv_nsec) >>
			  BENCH_TICK_LOG2_NS) +
	       __atomic_load_n(bench_offset, __ATOMIC_RELAXED);
}

static inline uint64_t
bench_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* An odd factor permutes the 26 bits: 64.0.0.0 to 67.255.255.255. */
static inline void
client_init(struct client *client, uint32_t number)
{
	const uint32_t v4 = UINT32_C(0x40000000) |
			    (number * UINT32_C(0x9e3779b1) & BENCH_CLIENT_MASK);
	const uint8_t bytes[16] = {[10] = 0xff,
	    [11] = 0xff,
	    [12] = (uint8_t)(v4 >> 24),
	    [13] = (uint8_t)(v4 >> 16),
	    [14] = (uint8_t)(v4 >> 8),
	    [15] = (uint8_t)v4};

	memcpy(client->addr.bytes, bytes, sizeof(bytes));
	client->number = number;
}

/* "u" and the number in seven digits. */
static inline void
client_name(struct client *client)
{
	memset(client->user, 0, sizeof(client->user));
	client->user[0] = 'u';
	for (unsigned i = 0; i < 7; i++)
		client->user[i + 1] =
		    (char)('a' + (client->number >> 4 * i & 15));
}

/* The age of a stamp, if it is inside the window. */
static inline bool
bench_is_live(uint32_t stamp, uint32_t *age_out)
{
	const uint32_t age = bench_clock() - stamp;

	*age_out = age;
	return age < BENCH_WINDOW;
}

#endif
