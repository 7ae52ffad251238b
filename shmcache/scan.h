/* SPDX-License-Identifier: ISC */
/*
 * scan - find the copies of a key.
 *
 * CONCEPT.  Two writers that insert one key at the same time both succeed, so
 * a key may have several copies for a moment.  Places have one total order
 * (cache.h), and copies only move up in it: a merge first raises the higher
 * copy and then frees the lower one.  So a single pass upwards cannot miss a
 * key that is in the table during the whole pass.
 */
#ifndef POPAUTH_SHMCACHE_SCAN_H
#define POPAUTH_SHMCACHE_SCAN_H

#include "common/word.h"
#include "shmcache/cache.h"

/* Two buckets hold as many; more are merged in several rounds. */
#define SCAN_COPIES_MAX 16

struct copy {
	uint64_t slot;
	uint64_t seen; /* its control word when it was found */
	bool at_home;  /* in a bucket of the newest level */
};

/* Copies of a key inside the window, lowest place first. */
struct copies {
	unsigned n;
	struct copy copy[SCAN_COPIES_MAX];
};

/* Whether a payload, in the mapping or a copy, is the key under this version.
 * Its control word was loaded before, with acquire. */
static inline bool
payload_matches(const uint64_t payload[LAYOUT_LINE_WORDS], uint64_t version,
    const struct key *key)
{
	const uint64_t v = version << 48;
	uint64_t difference = 0;

	for (unsigned i = 0; i < KEY_WORDS_CLIENT; i++)
		/* [R1] after its control word */
		difference |= word_load(&payload[i]) ^ (v | key->data[i]);
	if (key_is_address(key))
		return difference == 0;
	for (unsigned i = KEY_WORDS_CLIENT; i < LAYOUT_LINE_WORDS; i++)
		/* [R1] after its control word */
		difference |= word_load(&payload[i]) ^ (v | key->data[i]);
	return difference == 0;
}

/*
 * One pass upwards over all places of the key in the mapping.
 * state: SLOT_LIVE for its grants, SLOT_REVOKED for its tombstones.
 * For writers: the handle has a mapping.
 */
void scan(struct shmcache *cache, const struct key *key, enum slot_state state,
    struct geometry geometry, const struct cache_now *now,
    struct copies *copies_out);

/*
 * Whether a pass upwards over the key's places finds this copy and no other
 * slot with its tag.  The copy was written just before.
 */
bool scan_is_alone(struct shmcache *cache, const struct key *key,
    enum slot_state state, const struct copy *copy);

/* The slot's control word in the mapping. */
static inline uint64_t *
slot_control(struct shmcache *cache, uint64_t slot)
{
	return &cache_controls(cache, slot / LAYOUT_SLOTS)[slot % LAYOUT_SLOTS];
}

/* Whether a tombstone of the key forbids a login at this time. */
bool scan_forbids(struct shmcache *cache, const struct key *key,
    struct geometry geometry, const struct cache_now *now);

#endif
