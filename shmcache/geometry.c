/* SPDX-License-Identifier: ISC */
#include "shmcache/geometry.h"

#include "common/word.h"

void
geometry_switch(
    uint64_t *word, uint64_t seen, uint32_t now_s, uint32_t window_s)
{
	struct geometry g = geometry_unpack(seen);

	g.floor = geometry_lowest(g, now_s, window_s);
	g.cur++;
	g.since = GEOMETRY_OPEN;
	/* [C4] the switch; before its date */
	(void)word_cas(word, seen, geometry_pack(g));
}

void
geometry_date(uint64_t *word, uint32_t (*clock_s)(void))
{
	/* [A2] OPEN, before the clock */
	const uint64_t seen = word_load_acquire(word);
	struct geometry g = geometry_unpack(seen);

	if (g.since != GEOMETRY_OPEN)
		return;
	g.since = clock_s();
	(void)word_cas(word, seen, geometry_pack(g)); /* [C4] the date */
}

void
geometry_tidy(uint64_t *word, uint32_t now_s, uint32_t window_s)
{
	/* [A2] the CAS compares it */
	const uint64_t seen = word_load_acquire(word);
	struct geometry g = geometry_unpack(seen);
	const unsigned lowest = geometry_lowest(g, now_s, window_s);

	if (lowest == g.floor)
		return;
	g.floor = lowest;
	(void)word_cas(word, seen, geometry_pack(g)); /* [C4] the floor */
}
