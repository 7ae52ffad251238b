/* SPDX-License-Identifier: ISC */
/*
 * The look-up: one pass upwards over the places of a key, by copies of lines,
 * so that it serves a mapping and pread(2) alike.
 *
 * In a mapping a hit is told by the versions alone (slot.c, invariant 4).  A
 * pread is a copy by the kernel that may mix moments within a line, so there
 * the control word is read again behind the payload: all 64 bits must be the
 * same, for a yes and for a no by age.
 *
 * A miss is believed only if the geometry did not change under the pass; it
 * changes once a doubling, so this ends.
 */
#include "shmcache/cache.h"
#include "shmcache/scan.h"
#include "shmcache/who.h"

#include <errno.h>

/* A living key's control word changes once a second at most, because stamps
 * are seconds: this many changes under one read do not happen. */
#define PREAD_TRIES 4

struct hit {
	uint64_t slot;
	uint64_t control;
	uint32_t age_s;
};

/*
 * Read one slot whose control word was seen to have the key's tag.
 * Returns 0 with *found_out, or a negative errno.
 */
static int
read_slot(struct shmcache *cache, const struct key *key, uint64_t slot,
    uint64_t control, struct hit *hit_out, bool *found_out)
{
	uint64_t payload[LAYOUT_LINE_WORDS];
	int error;

	*found_out = false;
	for (unsigned tries = 0; tries < PREAD_TRIES; tries++) {
		uint64_t again;

		error = cache_fetch_payload(cache, slot, payload);
		if (error != 0)
			return error;
		if (cache->header == NULL) {
			error = cache_fetch_control(cache, slot, &again);
			if (error != 0)
				return error;
		} else {
			again = control;
		}
		if (again == control) {
			*found_out = payload_matches(
			    payload, control_version(control), key);
			*hit_out = (struct hit){slot, control, 0};
			return 0;
		}
		if (control_version(again) != control_version(control) ||
		    !control_is_live(again))
			return 0;
		control = again;
	}
	return -EAGAIN;
}

/* The first living copy of the key in one pass. */
static int
find(struct shmcache *cache, const struct key *key, struct geometry geometry,
    const struct cache_now *now, struct hit *hit_out, bool *found_out)
{
	const uint64_t wanted = control_make(0, SLOT_LIVE, key->tag, 0);
	struct places places;
	int error;

	*found_out = false;
	places_of(&places, key, cache,
	    geometry_lowest(geometry, now->now_s, now->window_s), geometry.cur);
	for (unsigned p = 0; p < places.n; p++) {
		uint64_t controls[LAYOUT_SLOTS];

		error = cache_fetch_controls(cache, places.bucket[p], controls);
		if (error != 0)
			return error;
		for (unsigned i = 0; i < LAYOUT_SLOTS; i++) {
			if ((controls[i] & CONTROL_KEY_MASK) != wanted)
				continue;
			error = read_slot(cache, key,
			    places.bucket[p] * LAYOUT_SLOTS + i, controls[i],
			    hit_out, found_out);
			if (error != 0)
				return error;
			if (!*found_out)
				continue;
			/* After the control word was loaded. */
			const int32_t age_s =
			    (int32_t)(cache->clock_s() -
				      control_stamp(hit_out->control));

			if (age_s >= 0 && age_s < (int32_t)now->window_s) {
				hit_out->age_s = (uint32_t)age_s;
				return 0;
			}
			*found_out = false;
		}
	}
	return 0;
}

/* find() until the geometry holds still. */
static int
find_settled(struct shmcache *cache, const struct key *key,
    const struct cache_now *now, struct hit *hit_out, bool *found_out)
{
	struct geometry geometry = now->geometry;

	for (;;) {
		struct geometry after;
		int error;

		error = find(cache, key, geometry, now, hit_out, found_out);
		if (error != 0 || *found_out)
			return error;
		error = cache_geometry(cache, &after);
		if (error != 0 || after.cur <= geometry.cur)
			return error;
		geometry = after;
	}
}

int
shmcache_lookup(struct shmcache *cache, const struct addr *addr,
    const char *user, struct shmcache_grant *grant_out)
{
	struct shmcache_grant grant = {0};
	struct cache_now now;
	struct key key;
	struct hit hit = {0};
	bool found;
	int error;

	if ((error = cache_now(cache, &now)) != 0)
		return error;
	if (user == NULL)
		key_of_address(&key, &now.rules, addr);
	else if ((error = key_of_user(&key, &now.rules, addr, user)) != 0)
		return error;

	error = find_settled(cache, &key, &now, &hit, &found);
	if (error != 0)
		return error;
	if (!found)
		return SHMCACHE_NO_GRANT;

	grant.age_s = hit.age_s;
	grant.left_s = now.window_s - grant.age_s;
	if (user == NULL) {
		error = who_tell(cache, &now, &key, hit.slot,
		    control_version(hit.control), &grant);
		if (error != 0)
			return error;
	} else {
		grant.who = SHMCACHE_WHO_ONE;
		key_user(key.data, grant.user);
	}
	*grant_out = grant;
	return 0;
}
