/* SPDX-License-Identifier: ISC */
/*
 * The look-up in a mapping.  A gate or a policy server does it all day, so it
 * touches as little memory as possible.
 *
 *   header   geometry, heartbeat, parameters: one line, which only a doubling
 *            and the sweep write
 *   key      hash of the address
 *   fetch    the lines of both buckets' control words, and of the payload in
 *            the key's preferred slots: all at once
 *   hit      the preferred slot: control word, clock, payload
 *   pass     else upwards over all places, by tags
 *
 * The clock is read only for a control word with the key's tag, between that
 * word and its payload.  Reading the clock waits for earlier loads; here the
 * payload's line, the slower one, is still being fetched.  (A hit takes 190 ns
 * with 100,000 keys, and 60 ns more with the clock read after the payload.)  A
 * miss reads no clock, except one in forty that meets another key with the same
 * tag.
 *
 * Why a hit is right.  The versions alone prove it (slot.c, invariant 4), so
 * the order in which slots are read does not matter.  A control word is loaded
 * before its payload [A1] and before the clock, so no stamp is ahead of the
 * clock.  Changes to the slot after the clock was read are ordered after this
 * look-up, or the payload's versions show them.
 *
 * Why a miss is right.  Copies of a key only move upwards, so a pass upwards
 * meets a key that is in the table during the whole pass.  The miss counts only
 * if no level was added during the pass.  That happens once a doubling, so the
 * loop ends.  Old levels are left out by a clock that is read after the
 * geometry: `since` was read after the switch, so every grant in an old level
 * has expired one window after `since`.
 *
 * A process with a foreign clock gets that error only when it finds the key.  A
 * miss needs no clock.
 */
#include "shmcache/lookup.h"

#include "common/word.h"
#include "shmcache/scan.h"
#include "shmcache/tags.h"

struct look {
	struct shmcache *cache;
	const struct key *key;
	uint64_t wanted; /* the key bits of a control word */
	uint64_t heartbeat;
	uint32_t window_s;

	/* what was found */
	const uint64_t *payload;
	uint64_t version;
	struct who_time time;
	uint32_t age_s;
};

/* One slot.  Returns 0, SHMCACHE_NO_GRANT (not here, or expired) or
 * SHMCACHE_FOREIGN_CLOCK. */
static inline int
look_at(struct look *look, const uint64_t *controls, struct layout_place place,
    unsigned i)
{
	/* [A1] before clock and payload */
	const uint64_t control = word_load_acquire(&controls[i]);

	if ((control & CONTROL_KEY_MASK) != look->wanted)
		return SHMCACHE_NO_GRANT;

	/* The payload is being fetched meanwhile. */
	const uint32_t now_s = look->cache->clock_s();
	const uint64_t *payload =
	    cache_line(look->cache, place.payload + i * LAYOUT_LINE_BYTES);
	const uint64_t version = control_version(control);

	if (!payload_matches(payload, version, look->key))
		return SHMCACHE_NO_GRANT;
	look->payload = payload;
	look->version = version;
	return lookup_judge(now_s, control, look->heartbeat, look->window_s,
	    &look->time, &look->age_s);
}

/* One bucket, upwards. */
static inline int
look_in(struct look *look, struct layout_place place)
{
	const uint64_t *controls = cache_line(look->cache, place.control);
	unsigned found = tags_match(controls, CONTROL_KEY_MASK, look->wanted);

	for (; found != 0; found &= found - 1) {
		const int error = look_at(
		    look, controls, place, (unsigned)__builtin_ctz(found));

		if (error != SHMCACHE_NO_GRANT)
			return error;
	}
	return SHMCACHE_NO_GRANT;
}

/* All levels that may hold living grants. */
static int
look_in_levels(struct look *look, struct geometry geometry)
{
	struct shmcache *cache = look->cache;
	const unsigned k = cache->buckets_log2;
	struct places places;

	places_of(&places, look->key, cache,
	    geometry_lowest(geometry, cache->clock_s(), look->window_s),
	    geometry.cur);
	for (unsigned p = 0; p < places.n; p++)
		cache_prefetch(
		    cache, layout_place(k, places.bucket[p]).control);
	for (unsigned p = 0; p < places.n; p++) {
		const int error =
		    look_in(look, layout_place(k, places.bucket[p]));

		if (error != SHMCACHE_NO_GRANT)
			return error;
	}
	return SHMCACHE_NO_GRANT;
}

static inline int
look_everywhere(struct look *look, struct geometry geometry)
{
	struct shmcache *cache = look->cache;
	const unsigned k = cache->buckets_log2;
	const unsigned own = key_slot(look->key);
	const uint64_t bucket[2] = {
	    key_bucket(look->key, 0, k, geometry.cur),
	    key_bucket(look->key, 1, k, geometry.cur),
	};
	const struct layout_place place[2] = {
	    layout_place(k, bucket[0]),
	    layout_place(k, bucket[1]),
	};
	const unsigned low = bucket[1] < bucket[0];
	int error;

	cache_prefetch(cache, place[0].control);
	cache_prefetch(cache, place[0].payload + own * LAYOUT_LINE_BYTES);
	cache_prefetch(cache, place[1].control);
	cache_prefetch(cache, place[1].payload + own * LAYOUT_LINE_BYTES);
	error =
	    look_at(look, cache_line(cache, place[0].control), place[0], own);
	if (error != SHMCACHE_NO_GRANT)
		return error;
	if (geometry.floor != geometry.cur)
		return look_in_levels(look, geometry);
	error = look_in(look, place[low]);
	if (error == SHMCACHE_NO_GRANT && bucket[0] != bucket[1])
		error = look_in(look, place[1 - low]);
	return error;
}

static int
answer(
    const struct look *look, const char *user, struct shmcache_grant *grant_out)
{
	grant_out->age_s = look->age_s;
	grant_out->left_s = look->window_s - look->age_s;
	if (user != NULL) {
		grant_out->who = SHMCACHE_WHO_ONE;
		key_user(look->key->data, grant_out->user);
		return 0;
	}

	/* [A4] HINT before MIXED */
	const uint64_t hint = word_load_acquire(&look->payload[WHO_HINT]);
	/* [A4] before the hinted slot */
	const uint64_t mixed = word_load_acquire(&look->payload[WHO_MIXED]);

	return who_find(look->cache, look->time, look->key, look->version, hint,
	    mixed, grant_out);
}

int
shmcache_lookup(struct shmcache *cache, const struct addr *addr,
    const char *user, struct shmcache_grant *grant_out)
{
	const struct layout_header *header = cache->header;
	struct key key;
	uint64_t geometry, before;
	int error;

	if (header == NULL)
		return lookup_by_pread(cache, addr, user, grant_out);

	/* [A2] before its buckets */
	geometry = word_load_acquire(&header->geometry);
	/* [A3] before the clock */
	const uint64_t heartbeat = word_load_acquire(&header->heartbeat);
	/* [A3] likewise */
	uint64_t params = word_load_acquire(&header->params);
	struct key_rules rules;

	(void)cache_rules_of(cache, &params, &rules);
	if (!params_are_sane(params))
		return SHMCACHE_BAD_PARAMS;

	error = lookup_key(&key, &rules, addr, user);
	if (error != 0)
		return error;

	struct look look = {
	    .cache = cache,
	    .key = &key,
	    .wanted = control_make(0, SLOT_LIVE, key.tag, 0),
	    .heartbeat = heartbeat,
	    .window_s = params_window_s(params),
	};

	do {
		before = geometry;
		error =
		    look_everywhere(&look, cache_geometry_of(cache, before));
		if (error == 0)
			return answer(&look, user, grant_out);
		if (error != SHMCACHE_NO_GRANT)
			return error;
		/* [A2] after the whole pass */
		geometry = word_load_acquire(&header->geometry);
	} while (geometry_unpack(geometry).cur > geometry_unpack(before).cur);
	return SHMCACHE_NO_GRANT;
}
