/* SPDX-License-Identifier: ISC */
/*
 * interleave - the parts of a play.
 */
#ifndef TESTS_INTERLEAVE_H
#define TESTS_INTERLEAVE_H

#include "shmcache/cache.h"

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_S 900u

extern struct shmcache *cache; /* a table of its own for each run */
extern uint32_t now_s;         /* its clock */

extern bool first_done; /* the first operation was completed */
extern int first_result;

struct play {
	const char *title;
	void (*before)(void);
	void (*first)(void);
	void (*second)(void);
	void (*after)(void);
	/* Instead of it, if the first operation had not yet read the clock
	 * when it was halted, so that it is the later one. */
	void (*after_all)(void);
};

extern const struct play plays[];
extern const unsigned n_plays;

/* Check a condition; the first failure of a run counts. */
void expect(bool holds, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Double the table, as when other logins crowd it. */
void double_it(void);

/* Addresses of clients. */
struct addr place(unsigned i);

/* The plays of room.c. */
void no_slot_is_free(void);
void then_the_table_doubles_twice(void);
void no_grant_made_room(void);

/* The play of mixture.c. */
void a_mixture_is_possible(void);
void the_mixture_is_looked_up(void);
void then_a_writer_dies_in_the_old_keys_slot(void);

#endif
