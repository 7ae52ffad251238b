/* SPDX-License-Identifier: ISC */
/*
 * Walks over the whole table: list and status.  They need a mapping; a grant
 * that moves during the walk may be missed.
 */
#include "common/word.h"
#include "shmcache/cache.h"
#include "shmcache/never.h"
#include "shmcache/room.h"
#include "shmcache/scan.h"

#include <errno.h>
#include <string.h>

/* Read one living slot; false when it has no key or changes meanwhile. */
static bool
read_entry(struct shmcache *cache, const struct cache_now *now, uint64_t slot,
    uint64_t control, struct shmcache_entry *entry_out)
{
	uint64_t payload[LAYOUT_LINE_WORDS];
	const int32_t age_s = (int32_t)(now->now_s - control_stamp(control));

	cache_fetch_payload(cache, slot, payload);
	memset(entry_out, 0, sizeof(*entry_out));
	switch (key_kind_of(payload, control_version(control))) {
	case KIND_NONE:
		return false;
	case KIND_ADDRESS:
		break;
	case KIND_USER:
	case KIND_USER_LONG:
		entry_out->has_user = true;
		key_user(payload, entry_out->user);
		break;
	}
	key_address(payload, &entry_out->addr);
	/* A login in the second after the walk began has a negative age. */
	entry_out->age_s = age_s > 0 ? (uint32_t)age_s : 0;
	entry_out->left_s = now->window_s - entry_out->age_s;
	return true;
}

int
shmcache_list(struct shmcache *cache,
    int (*visit)(const struct shmcache_entry *entry, void *arg), void *arg)
{
	const uint64_t n_slots = cache_n_buckets(cache) * LAYOUT_SLOTS;
	struct cache_now now;
	int error;

	if (cache->header == NULL)
		return -EBADF;
	if ((error = cache_now(cache, &now)) != 0)
		return error;
	for (uint64_t slot = 0; slot < n_slots; slot++) {
		/* [A1] before its payload */
		const uint64_t control =
		    word_load_acquire(slot_control(cache, slot));
		struct shmcache_entry entry;

		if (!control_is_live(control) ||
		    is_expired(
			control_stamp(control), now.now_s, now.window_s) ||
		    !read_entry(cache, &now, slot, control, &entry))
			continue;
		error = visit(&entry, arg);
		if (error != 0)
			return error;
	}
	return cache->window_error;
}

static void
count_slot(struct shmcache *cache, const struct cache_now *now, uint64_t slot,
    struct shmcache_status *status)
{
	/* [A1] before its payload */
	const uint64_t control = word_load_acquire(slot_control(cache, slot));
	struct shmcache_entry entry;

	if (control_state(control) == SLOT_CLAIMED)
		status->n_claimed++;
	if (!control_is_live(control))
		return;
	if (is_expired(control_stamp(control), now->now_s, now->window_s)) {
		status->n_expired++;
	} else if (read_entry(cache, now, slot, control, &entry)) {
		status->n_live++;
		if (!entry.has_user)
			status->n_live_addrs++;
	}
}

int
shmcache_status(struct shmcache *cache, struct shmcache_status *status_out)
{
	const uint64_t n_slots = cache_n_buckets(cache) * LAYOUT_SLOTS;
	struct shmcache_status status = {0};
	const struct layout_header *header = cache->header;
	struct cache_now now;
	int error;

	if (cache->header == NULL)
		return -EBADF;
	/* [A3] before the clock */
	const uint64_t heartbeat = word_load_acquire(&header->heartbeat);

	if ((error = cache_now(cache, &now)) != 0)
		return error;
	status.window_s = now.window_s;
	status.ipv6_prefix = now.rules.client.ipv6_prefix;
	status.n_whole = now.rules.client.n_whole;
	status.n_never = never_count(cache);
	status.n_slots = n_slots;
	/* [R4] for people */
	status.n_slots_ready = layout_n_buckets(cache->buckets_log2,
				   (unsigned)word_load(&cache->level_max)) *
			       LAYOUT_SLOTS;
	status.ungrown = word_load(&header->ungrown); /* [R3] for people */
	status.room_error = room_error(cache);
	status.has_heartbeat = (heartbeat & STAMP_VALID) != 0;
	if (status.has_heartbeat)
		status.heartbeat_age_s = now.now_s - (uint32_t)heartbeat;
	status.grants = word_load(&header->grants);       /* [R3] for people */
	status.refreshes = word_load(&header->refreshes); /* [R3] for people */
	status.evictions = word_load(&header->evictions); /* [R3] for people */
	status.forced = word_load(&header->forced);       /* [R3] for people */
	status.reclaimed = word_load(&header->reclaimed); /* [R3] for people */
	status.refused = word_load(&header->refused);     /* [R3] for people */
	for (uint64_t slot = 0; slot < n_slots; slot++)
		count_slot(cache, &now, slot, &status);
	if (cache->window_error != 0)
		return cache->window_error;
	*status_out = status;
	return 0;
}
