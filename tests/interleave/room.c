/* SPDX-License-Identifier: ISC */
/*
 * Plays in which a login finds all its sixteen slots taken, and the next level
 * is not allocated.
 */
#include "common/word.h"
#include "shmcache/grow.h"
#include "shmcache/scan.h"
#include "shmcache/slot.h"
#include "tests/interleave/interleave.h"

/* Other keys take the slots of one key: live, with a payload that is none. */
static void
take_homes_of(const struct key *key)
{
	for (unsigned i = 0; i < 2 * LAYOUT_SLOTS; i++) {
		const uint64_t bucket =
		    key_bucket(key, i / LAYOUT_SLOTS, cache->buckets_log2, 0);
		uint64_t *control = slot_control(
		    cache, bucket * LAYOUT_SLOTS + i % LAYOUT_SLOTS);
		const uint64_t seen = word_load(control);
		uint64_t claim, live;

		if (control_is_live(seen))
			continue;
		slot_claim(control, seen, now_s, &claim);
		slot_publish(control, claim, SLOT_LIVE, 0, now_s, &live);
	}
}

void
no_slot_is_free(void)
{
	static const char *const users[] = {"joe", "ann"};
	const struct addr addr = place(0);
	struct cache_now now;
	struct key key;

	cache_now(cache, &now);
	key_of_address(&key, &now.rules, &addr);
	take_homes_of(&key);
	for (unsigned i = 0; i < 2; i++) {
		key_of_user(&key, &now.rules, &addr, users[i]);
		take_homes_of(&key);
	}
}

void
then_the_table_doubles_twice(void)
{
	double_it();
	double_it();
}

void
no_grant_made_room(void)
{
	const struct layout_header *header = cache->header;
	const struct geometry geometry =
	    geometry_unpack(word_load(&header->geometry));

	expect(word_load(&header->forced) == 0, "a living grant made room");
	expect(word_load(&header->allocated) >= geometry.cur,
	    "level %u is in use, and no new process knows it", geometry.cur);
}
