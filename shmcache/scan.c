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
scan(struct shmcache *cache, const struct key *key, struct geometry geometry,
    uint32_t now_s, uint32_t window_s, struct copies *copies_out)
{
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

			if (!control_has_key(seen) ||
			    control_tag(seen) != key->tag ||
			    is_expired(control_stamp(seen), now_s, window_s))
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

const struct copy *
copies_forbid(const struct copies *copies, uint32_t now_s)
{
	for (unsigned i = 0; i < copies->n; i++) {
		const struct copy *copy = &copies->copy[i];

		if (!control_is_live(copy->seen) &&
		    !is_after(now_s, control_stamp(copy->seen)))
			return copy;
	}
	return NULL;
}
