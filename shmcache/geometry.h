/* SPDX-License-Identifier: ISC */
/*
 * geometry - which levels of the table are in use.
 *
 * CONCEPT.  One word of the header says where new grants go and where old ones
 * may still be.  It changes by compare-and-swap, in three steps: switch, date,
 * tidy.  grow.c has the argument and says who takes which step.
 *
 *   geometry word  { floor:8 | cur:8 | 0:16 | since:32 }
 *
 * CONCURRENCY.  Any process may take any step at any time.  A step that comes
 * too late changes nothing.
 */
#ifndef POPAUTH_SHMCACHE_GEOMETRY_H
#define POPAUTH_SHMCACHE_GEOMETRY_H

#include <stdint.h>

#define GEOMETRY_OPEN UINT32_MAX /* since: switched, but not yet dated */

struct geometry {
	unsigned floor; /* the lowest level that may hold a live grant */
	unsigned cur;   /* where new grants go */
	uint32_t since; /* boot seconds of the switch to cur, or OPEN */
};

static inline uint64_t
geometry_pack(struct geometry g)
{
	return (uint64_t)g.floor << 56 | (uint64_t)g.cur << 48 | g.since;
}

static inline struct geometry
geometry_unpack(uint64_t word)
{
	return (struct geometry){
	    .floor = (unsigned)(word >> 56),
	    .cur = (unsigned)(word >> 48) & 0xffu,
	    .since = (uint32_t)word,
	};
}

/* The lowest level that a look-up at this time has to search: old levels count
 * only while a grant in them may live. */
static inline unsigned
geometry_lowest(struct geometry g, uint32_t now_s, uint32_t window_s)
{
	if (g.since == GEOMETRY_OPEN ||
	    (int32_t)(now_s - g.since) <= (int32_t)window_s)
		return g.floor;
	return g.cur;
}

/*
 * Switch to the next level, undated.
 * seen: the word as it was loaded; if it has changed, nothing is done.
 * now_s: read before the word was loaded.
 */
void geometry_switch(
    uint64_t *word, uint64_t seen, uint32_t now_s, uint32_t window_s);

/* Date a switch that has no date.  clock_s is read after the word. */
void geometry_date(uint64_t *word, uint32_t (*clock_s)(void));

/* Raise floor above the levels that no look-up searches any more. */
void geometry_tidy(uint64_t *word, uint32_t now_s, uint32_t window_s);

#endif
