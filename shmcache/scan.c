/* SPDX-License-Identifier: ISC */
#include "shmcache/scan.h"

#include "common/word.h"
#include "shmcache/tags.h"

struct scan {
	struct shmcache *cache;
	const struct key *key;
	uint64_t wanted; /* the key bits of a control word */
	const struct cache_now *now;
	struct copies *copies;
};

/* A key's two homes, in the order of places. */
struct homes {
	unsigned n; /* 1: both are the same */
	uint64_t bucket[2];
};

static inline struct homes
homes_of(const struct key *key, unsigned buckets_log2, unsigned level)
{
	const uint64_t a = key_bucket(key, 0, buckets_log2, level);
	const uint64_t b = key_bucket(key, 1, buckets_log2, level);

	return (struct homes){
	    .n = a == b ? 1 : 2,
	    .bucket = {a < b ? a : b, a < b ? b : a},
	};
}

/* Returns false when there is no room for more. */
static inline bool
scan_bucket(const struct scan *s, uint64_t bucket, bool at_home)
{
	const struct layout_place place =
	    layout_place(s->cache->buckets_log2, bucket);
	const uint64_t *controls = cache_line(s->cache, place.control);
	unsigned found = tags_match(controls, CONTROL_KEY_MASK, s->wanted);

	for (; found != 0; found &= found - 1) {
		const unsigned i = (unsigned)__builtin_ctz(found);
		/* [A1] before its payload */
		const uint64_t seen = word_load_acquire(&controls[i]);

		if ((seen & CONTROL_KEY_MASK) != s->wanted ||
		    is_expired(
			control_stamp(seen), s->now->now_s, s->now->window_s) ||
		    !payload_matches(cache_line(s->cache,
					 place.payload + i * LAYOUT_LINE_BYTES),
			control_version(seen), s->key))
			continue;
		s->copies->copy[s->copies->n++] = (struct copy){
		    .slot = bucket * LAYOUT_SLOTS + i,
		    .seen = seen,
		    .at_home = at_home,
		};
		if (s->copies->n == SCAN_COPIES_MAX)
			return false;
	}
	return true;
}

/* All places, upwards; without old levels these are the homes. */
static inline void
scan_places(struct places *places, struct shmcache *cache,
    const struct key *key, struct geometry geometry, const struct homes *homes)
{
	if (geometry.floor == geometry.cur) {
		places->n = homes->n;
		places->bucket[0] = homes->bucket[0];
		places->bucket[1] = homes->bucket[1];
		return;
	}
	places_of(places, key, cache, geometry.floor, geometry.cur);
	for (unsigned p = 0; p < places->n; p++)
		cache_prefetch(
		    cache, layout_place(cache->buckets_log2, places->bucket[p])
			       .control);
}

void
scan(struct shmcache *cache, const struct key *key, enum slot_state state,
    struct geometry geometry, const struct cache_now *now,
    struct copies *copies_out)
{
	const struct homes homes =
	    homes_of(key, cache->buckets_log2, geometry.cur);
	const struct scan s = {
	    .cache = cache,
	    .key = key,
	    .wanted = control_make(0, state, key->tag, 0),
	    .now = now,
	    .copies = copies_out,
	};
	struct places places;

	scan_places(&places, cache, key, geometry, &homes);
	copies_out->n = 0;
	for (unsigned p = 0; p < places.n; p++) {
		const uint64_t bucket = places.bucket[p];

		if (!scan_bucket(&s, bucket,
			bucket == homes.bucket[0] || bucket == homes.bucket[1]))
			return;
	}
}

/* Slots of both homes that have the key's tag, one bit each, by a pass upwards:
 * a slot that has the tag during the whole pass is among them. */
static inline unsigned
tags_at_home(struct shmcache *cache, const struct key *key,
    enum slot_state state, const struct homes *homes)
{
	const uint64_t wanted = control_make(0, state, key->tag, 0);
	const unsigned low = tags_match(
	    cache_controls(cache, homes->bucket[0]), CONTROL_KEY_MASK, wanted);

	return low | tags_match(cache_controls(cache, homes->bucket[1]),
			 CONTROL_KEY_MASK, wanted)
			 << LAYOUT_SLOTS;
}

bool
scan_is_alone(struct shmcache *cache, const struct key *key,
    enum slot_state state, const struct copy *copy)
{
	const struct geometry geometry = cache_mapped_geometry(cache);
	const struct homes homes =
	    homes_of(key, cache->buckets_log2, geometry.cur);
	const uint64_t bucket = copy->slot / LAYOUT_SLOTS;
	const unsigned bit = 1u << copy->slot % LAYOUT_SLOTS;
	unsigned wanted = 0;

	if (bucket == homes.bucket[0])
		wanted |= bit;
	if (bucket == homes.bucket[1])
		wanted |= bit << LAYOUT_SLOTS;
	return geometry.floor == geometry.cur && wanted != 0 &&
	       tags_at_home(cache, key, state, &homes) == wanted;
}

/* Whether one of the key's tombstones is not older than the login. */
static bool
has_tombstone(struct shmcache *cache, const struct key *key,
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

bool
scan_forbids(struct shmcache *cache, const struct key *key,
    struct geometry geometry, const struct cache_now *now)
{
	const struct homes homes =
	    homes_of(key, cache->buckets_log2, geometry.cur);

	if (geometry.floor == geometry.cur &&
	    tags_at_home(cache, key, SLOT_REVOKED, &homes) == 0)
		return false; /* nearly always */
	return has_tombstone(cache, key, geometry, now);
}
