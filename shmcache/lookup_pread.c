/* SPDX-License-Identifier: ISC */
/*
 * The look-up by pread(2).  Nothing is mapped, so a truncated file gives an
 * error and not SIGBUS, and a process that looks up once has no page faults.
 *
 * pread copies by the kernel, and one copy may mix several moments of a line.
 * So the control word is read again after the payload: all 64 bits must be the
 * same, whether the answer is yes or expired.  The order of places and
 * everything else is as in lookup.c.
 */
#include "shmcache/lookup.h"

#include "shmcache/check.h"
#include "shmcache/scan.h"

#include <errno.h>

/* A living key's control word changes at most once a second, because stamps are
 * seconds.  So many changes during one read do not happen. */
#define TRIES 4

struct look {
	struct shmcache *cache;
	const struct key *key;
	uint64_t heartbeat;
	uint32_t window_s;

	/* what was found */
	uint64_t slot;
	uint64_t control;
	uint64_t hint;
	struct who_time time;
	uint32_t age_s;
};

/*
 * Read one slot whose control word had the key's tag.
 * Returns 0, SHMCACHE_NO_GRANT, SHMCACHE_FOREIGN_CLOCK or a negative errno.
 */
static int
look_at(struct look *look, uint64_t slot, uint64_t control)
{
	uint64_t payload[LAYOUT_LINE_WORDS];
	int error;

	for (unsigned tries = 0; tries < TRIES; tries++) {
		uint64_t again;

		if ((error = cache_fetch_payload(look->cache, slot, payload)) !=
			0 ||
		    (error = cache_fetch_control(look->cache, slot, &again)) !=
			0)
			return error;
		if (again == control) {
			if (!payload_matches(
				payload, control_version(control), look->key))
				return SHMCACHE_NO_GRANT;
			look->slot = slot;
			look->control = control;
			look->hint = payload[WHO_HINT];
			return lookup_judge(look->cache->clock_s(), control,
			    look->heartbeat, look->window_s, &look->time,
			    &look->age_s);
		}
		if (control_version(again) != control_version(control) ||
		    !control_is_live(again))
			return SHMCACHE_NO_GRANT;
		control = again;
	}
	return -EAGAIN;
}

static int
look_everywhere(struct look *look, struct geometry geometry)
{
	const uint64_t wanted = control_make(0, SLOT_LIVE, look->key->tag, 0);
	unsigned lowest = geometry.cur;
	struct places places;
	int error;

	if (geometry.floor != geometry.cur)
		lowest = geometry_lowest(
		    geometry, look->cache->clock_s(), look->window_s);
	places_of(&places, look->key, look->cache, lowest, geometry.cur);
	for (unsigned p = 0; p < places.n; p++) {
		uint64_t controls[LAYOUT_SLOTS];

		error = cache_fetch_controls(
		    look->cache, places.bucket[p], controls);
		if (error != 0)
			return error;
		for (unsigned i = 0; i < LAYOUT_SLOTS; i++) {
			if ((controls[i] & CONTROL_KEY_MASK) != wanted)
				continue;
			error = look_at(look,
			    places.bucket[p] * LAYOUT_SLOTS + i, controls[i]);
			if (error != SHMCACHE_NO_GRANT)
				return error;
		}
	}
	return SHMCACHE_NO_GRANT;
}

static int
answer(struct look *look, const char *user, struct shmcache_grant *grant_out)
{
	struct shmcache_grant grant;
	uint64_t payload[LAYOUT_LINE_WORDS];
	int error;

	grant.age_s = look->age_s;
	grant.left_s = look->window_s - look->age_s;
	if (user != NULL) {
		grant.who = SHMCACHE_WHO_ONE;
		key_user(look->key->data, grant.user);
	} else {
		/* MIXED is read after HINT: see who.h. */
		error = cache_fetch_payload(look->cache, look->slot, payload);
		if (error == 0)
			error = who_find(look->cache, look->time, look->key,
			    control_version(look->control), look->hint,
			    payload[WHO_MIXED], &grant);
		if (error != 0)
			return error;
	}
	*grant_out = grant;
	return 0;
}

int
lookup_by_pread(struct shmcache *cache, const struct addr *addr,
    const char *user, struct shmcache_grant *grant_out)
{
	struct geometry geometry, before;
	struct key_rules rules;
	struct key key;
	struct check_head head;
	int error;

	error = cache_fetch(cache, &head, sizeof(head), 0);
	if (error == 0)
		error = check_head(cache, &head);
	if (error != 0)
		return error;
	error = cache_rules_of(cache, &head.params, &rules);
	if (error != 0)
		return error;
	error = lookup_key(&key, &rules, addr, user);
	if (error != 0)
		return error;

	struct look look = {
	    .cache = cache,
	    .key = &key,
	    .heartbeat = head.heartbeat,
	    .window_s = params_window_s(head.params),
	};

	geometry = cache_geometry_of(cache, head.geometry);
	do {
		before = geometry;
		error = look_everywhere(&look, geometry);
		if (error == 0)
			return answer(&look, user, grant_out);
		if (error != SHMCACHE_NO_GRANT)
			return error;
		error = cache_geometry(cache, &geometry);
		if (error != 0)
			return error;
	} while (geometry.cur > before.cur);
	return SHMCACHE_NO_GRANT;
}
