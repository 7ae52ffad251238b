/* SPDX-License-Identifier: ISC */
#include "shmcache/scan.h"

#include "shmcache/word.h"

bool
payload_matches(const uint64_t payload[LAYOUT_LINE_WORDS], uint64_t version,
    const struct key *key)
{
	uint64_t difference = 0;

	for (unsigned i = 0; i < key->n_words; i++)
		difference |= payload[i] ^ payload_make(version, key->data[i]);
	return difference == 0;
}

uint64_t *
slot_control(struct shmcache *cache, uint64_t slot)
{
	return &cache_controls(cache, slot / LAYOUT_SLOTS)[slot % LAYOUT_SLOTS];
}

void
scan(struct shmcache *cache, const struct key *key, enum slot_state state,
    struct geometry geometry, const struct cache_now *now,
    struct copies *copies_out)
{
	const uint64_t wanted = control_make(0, state, key->tag, 0);
	const uint64_t home[2] = {
	    key_bucket(key, 0, cache->buckets_log2, geometry.cur),
	    key_bucket(key, 1, cache->buckets_log2, geometry.cur),
	};
	struct places places;

	copies_out->n = 0;
	places_of(&places, key, cache, geometry.floor, geometry.cur);
	for (unsigned p = 0; p < places.n; p++) {
		const uint64_t bucket = places.bucket[p];
		const uint64_t *controls = cache_controls(cache, bucket);

		for (unsigned i = 0; i < LAYOUT_SLOTS; i++) {
			const uint64_t slot = bucket * LAYOUT_SLOTS + i;
			const uint64_t seen =
			    word_load_acquire(&controls[i]); /* [L1] */
			uint64_t payload[LAYOUT_LINE_WORDS];

			if ((seen & CONTROL_KEY_MASK) != wanted ||
			    is_expired(
				control_stamp(seen), now->now_s, now->window_s))
				continue;
			cache_fetch_payload(cache, slot, payload);
			if (!payload_matches(
				payload, control_version(seen), key))
				continue;
			copies_out->copy[copies_out->n++] = (struct copy){
			    .slot = slot,
			    .seen = seen,
			    .at_home = bucket == home[0] || bucket == home[1],
			};
			if (copies_out->n == SCAN_COPIES_MAX)
				return;
		}
	}
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
