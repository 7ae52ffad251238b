/* SPDX-License-Identifier: ISC */
/*
 * The look-up in a mapping: what a gate or a policy server does all day, so
 * it can be read from top to bottom and touches as little as it can.
 *
 *   header   geometry, heartbeat, parameters: one line, which nobody writes
 *            but a doubling and the sweep
 *   key      hash of the address
 *   fetch    the lines of both buckets' control words, and of the payload in
 *            the slot where the key should be: all at once
 *   hit      the slot where it should be: control word, payload
 *   pass     else upwards over all places, by tags
 *   clock    for a key that was found, and no other
 *
 * Why that is right.  A hit is told by the versions alone (slot.c, invariant
 * 4), so it does not matter in which order slots are looked at; a control word
 * is loaded before its payload [L1], and before the clock, so that no stamp is
 * ahead of it.  A miss needs the ordered pass: copies of a key move upwards
 * only, so that a pass upwards meets one that has been there all the time; and
 * it is believed only if no level was added under it, which happens once a
 * doubling, so this ends.  Old levels are left out by the clock as read after
 * the geometry: `since` was read after the switch, so what is past it by a
 * window is over.
 *
 * A process with a foreign clock is told so when it finds something.  A miss
 * is a miss by any clock.
 */
#include "shmcache/lookup.h"

#include "shmcache/scan.h"
#include "shmcache/tags.h"
#include "shmcache/word.h"

struct look {
	struct shmcache *cache;
	const struct key *key;
	uint64_t wanted; /* of a control word */
	uint64_t heartbeat;
	uint32_t window_s;

	/* what was found */
	uint64_t slot;
	uint64_t control;
	struct who_time time;
	uint32_t age_s;
};

/* One slot.  Returns 0, SHMCACHE_NO_GRANT: not here, or over, or
 * SHMCACHE_FOREIGN_CLOCK. */
static inline int
look_at(
    struct look *look, const uint64_t *controls, uint64_t bucket, unsigned i)
{
	const uint64_t slot = bucket * LAYOUT_SLOTS + i;
	const uint64_t control = word_load_acquire(&controls[i]); /* [L1] */

	if ((control & CONTROL_KEY_MASK) != look->wanted ||
	    !payload_matches(cache_payload(look->cache, slot),
		control_version(control), look->key))
		return SHMCACHE_NO_GRANT;
	look->slot = slot;
	look->control = control;
	return lookup_judge(look->cache, control, look->heartbeat,
	    look->window_s, &look->time, &look->age_s);
}

/* One bucket, upwards. */
static inline int
look_in(struct look *look, uint64_t bucket)
{
	const uint64_t *controls = cache_controls(look->cache, bucket);
	unsigned found = tags_match(controls, CONTROL_KEY_MASK, look->wanted);

	for (; found != 0; found &= found - 1) {
		const int error = look_at(
		    look, controls, bucket, (unsigned)__builtin_ctz(found));

		if (error != SHMCACHE_NO_GRANT)
			return error;
	}
	return SHMCACHE_NO_GRANT;
}

/* While grants may live in old levels too. */
static int
look_in_levels(struct look *look, struct geometry geometry)
{
	struct shmcache *cache = look->cache;
	struct places places;

	places_of(&places, look->key, cache,
	    geometry_lowest(geometry, cache->clock_s(), look->window_s),
	    geometry.cur);
	for (unsigned p = 0; p < places.n; p++)
		cache_prefetch(
		    cache, layout_place(cache->buckets_log2, places.bucket[p])
			       .control);
	for (unsigned p = 0; p < places.n; p++) {
		const int error = look_in(look, places.bucket[p]);

		if (error != SHMCACHE_NO_GRANT)
			return error;
	}
	return SHMCACHE_NO_GRANT;
}

static inline int
look_everywhere(struct look *look, struct geometry geometry)
{
	const unsigned k = look->cache->buckets_log2;
	const uint64_t first = key_bucket(look->key, 0, k, geometry.cur);
	const uint64_t second = key_bucket(look->key, 1, k, geometry.cur);
	const uint64_t low = first < second ? first : second;
	int error;

	cache_prefetch_key(look->cache, look->key, geometry.cur);
	error = look_at(look, cache_controls(look->cache, first), first,
	    key_slot(look->key));
	if (error != SHMCACHE_NO_GRANT)
		return error;
	if (geometry.floor != geometry.cur)
		return look_in_levels(look, geometry);
	error = look_in(look, low);
	if (error == SHMCACHE_NO_GRANT && first != second)
		error = look_in(look, first ^ second ^ low);
	return error;
}

static int
tell(
    const struct look *look, const char *user, struct shmcache_grant *grant_out)
{
	grant_out->age_s = look->age_s;
	grant_out->left_s = look->window_s - look->age_s;
	if (user != NULL) {
		grant_out->who = SHMCACHE_WHO_ONE;
		key_user(look->key->data, grant_out->user);
		return 0;
	}

	const uint64_t *payload = cache_payload(look->cache, look->slot);
	const uint64_t hint = word_load_acquire(&payload[WHO_HINT]);
	const uint64_t mixed = word_load_acquire(&payload[WHO_MIXED]);

	return who_tell(look->cache, look->time, look->key,
	    control_version(look->control), hint, mixed, grant_out);
}

int
shmcache_lookup(struct shmcache *cache, const struct addr *addr,
    const char *user, struct shmcache_grant *grant_out)
{
	const struct layout_header *header = cache->header;
	struct geometry geometry, before;
	struct key key;
	int error;

	if (header == NULL)
		return lookup_by_pread(cache, addr, user, grant_out);

	cache_geometry(cache, &geometry);
	const uint64_t heartbeat = word_load_acquire(&header->heartbeat);
	const uint64_t params = word_load_acquire(&header->params); /* [L4] */
	const struct key_rules rules = params_rules(cache, params);

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
		error = look_everywhere(&look, geometry);
		if (error == 0)
			return tell(&look, user, grant_out);
		if (error != SHMCACHE_NO_GRANT)
			return error;
		cache_geometry(cache, &geometry);
	} while (geometry.cur > before.cur);
	return SHMCACHE_NO_GRANT;
}
