/* SPDX-License-Identifier: ISC */
#include "shmcache/scan.h"

#include "shmcache/tags.h"
#include "shmcache/word.h"

struct scan {
	struct shmcache *cache;
	const struct key *key;
	uint64_t wanted; /* of a control word */
	const struct cache_now *now;
	struct copies *copies;
};

/* Returns false when there is no room for more. */
static inline bool
scan_bucket(const struct scan *s, uint64_t bucket, bool at_home)
{
	const uint64_t *controls = cache_controls(s->cache, bucket);
	unsigned found = tags_match(controls, CONTROL_KEY_MASK, s->wanted);

	for (; found != 0; found &= found - 1) {
		const unsigned i = (unsigned)__builtin_ctz(found);
		const uint64_t slot = bucket * LAYOUT_SLOTS + i;
		const uint64_t seen =
		    word_load_acquire(&controls[i]); /* [L1] */

		if ((seen & CONTROL_KEY_MASK) != s->wanted ||
		    is_expired(
			control_stamp(seen), s->now->now_s, s->now->window_s) ||
		    !payload_matches(cache_payload(s->cache, slot),
			control_version(seen), s->key))
			continue;
		s->copies->copy[s->copies->n++] = (struct copy){
		    .slot = slot,
		    .seen = seen,
		    .at_home = at_home,
		};
		if (s->copies->n == SCAN_COPIES_MAX)
			return false;
	}
	return true;
}

static void
scan_levels(const struct scan *s, struct geometry geometry, uint64_t home0,
    uint64_t home1)
{
	struct places places;

	places_of(&places, s->key, s->cache, geometry.floor, geometry.cur);
	for (unsigned p = 0; p < places.n; p++)
		cache_prefetch(s->cache,
		    layout_place(s->cache->buckets_log2, places.bucket[p])
			.control);
	for (unsigned p = 0; p < places.n; p++) {
		const uint64_t bucket = places.bucket[p];

		if (!scan_bucket(s, bucket, bucket == home0 || bucket == home1))
			return;
	}
}

void
scan(struct shmcache *cache, const struct key *key, enum slot_state state,
    struct geometry geometry, const struct cache_now *now,
    struct copies *copies_out)
{
	const unsigned k = cache->buckets_log2;
	const uint64_t home0 = key_bucket(key, 0, k, geometry.cur);
	const uint64_t home1 = key_bucket(key, 1, k, geometry.cur);
	const uint64_t low = home0 < home1 ? home0 : home1;
	const struct scan s = {
	    .cache = cache,
	    .key = key,
	    .wanted = control_make(0, state, key->tag, 0),
	    .now = now,
	    .copies = copies_out,
	};

	copies_out->n = 0;
	if (geometry.floor != geometry.cur) {
		scan_levels(&s, geometry, home0, home1);
		return;
	}
	if (scan_bucket(&s, low, true) && home0 != home1)
		scan_bucket(&s, home0 ^ home1 ^ low, true);
}

bool
scan_forbids(struct shmcache *cache, const struct key *key,
    struct geometry geometry, const struct cache_now *now)
{
	struct copies tombstones;

	scan(cache, key, SLOT_REVOKED, geometry, now, &tombstones);
	for (unsigned i = 0; i < tombstones.n; i++) {
		if (!is_after(
			now->now_s, control_stamp(tombstones.copy[i].seen)))
			return true;
	}
	return false;
}
