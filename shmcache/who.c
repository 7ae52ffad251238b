/* SPDX-License-Identifier: ISC */
#include "shmcache/who.h"

#include "common/word.h"
#include "shmcache/slot.h"

#include <string.h>

#define MIXED_VALID ((uint64_t)1 << 32)
#define HINT_VERSION_BITS 18
#define HINT_VERSION_MASK (((uint64_t)1 << HINT_VERSION_BITS) - 1)

static uint64_t
hint_make(uint64_t slot, uint64_t version)
{
	return (slot << HINT_VERSION_BITS | version) & LAYOUT_DATA_MASK;
}

void
who_blur(struct shmcache *cache, uint64_t address_slot, uint64_t version)
{
	uint64_t *mixed = &cache_payload(cache, address_slot)[WHO_MIXED];
	/* Read the clock now; the caller's reading may be old. */
	const uint32_t now_s = cache->clock_s();

	for (;;) {
		/* [A4] the CAS compares it */
		const uint64_t seen = word_load_acquire(mixed);

		if (!payload_is_of(seen, version) ||
		    ((seen & MIXED_VALID) != 0 &&
			!is_after(now_s, (uint32_t)seen)))
			return;
		if (slot_put_word(mixed, seen, MIXED_VALID | now_s))
			return;
	}
}

void
who_copy(struct shmcache *cache, const struct copy *old,
    uint64_t data[LAYOUT_LINE_WORDS], uint32_t now_s)
{
	const uint64_t *payload = cache_payload(cache, old->slot);
	const uint64_t version = control_version(old->seen);
	/* [A4] HINT before MIXED */
	const uint64_t hint = word_load_acquire(&payload[WHO_HINT]);
	/* [A4] after HINT */
	const uint64_t mixed = word_load_acquire(&payload[WHO_MIXED]);

	data[WHO_HINT] = 0;
	data[WHO_MIXED] = MIXED_VALID | now_s;
	if (!payload_is_of(hint, version) || !payload_is_of(mixed, version))
		return; /* the entry has just gone: name no user */
	data[WHO_HINT] = hint & LAYOUT_DATA_MASK;
	data[WHO_MIXED] = mixed & LAYOUT_DATA_MASK;
}

bool
who_same(struct shmcache *cache, const struct copy *a, const struct copy *b)
{
	uint64_t of_a[LAYOUT_LINE_WORDS] = {0}, of_b[LAYOUT_LINE_WORDS] = {0};

	who_copy(cache, a, of_a, 0);
	who_copy(cache, b, of_b, 0);
	return of_a[WHO_HINT] == of_b[WHO_HINT] &&
	       of_a[WHO_MIXED] == of_b[WHO_MIXED];
}

/* Whether the hinted entry is or was this user's, under the hint's version. */
static bool
is_hint_of(struct shmcache *cache, uint64_t hint, const struct key *key)
{
	const uint64_t slot = hint >> HINT_VERSION_BITS;
	const uint64_t version = hint & HINT_VERSION_MASK;
	uint64_t payload[LAYOUT_LINE_WORDS];

	if (slot / LAYOUT_SLOTS >= cache_n_buckets(cache))
		return false;
	cache_fetch_payload(cache, slot, payload);
	return payload_matches(payload, version, key);
}

/* Change the entry's control word, so that a process that has not seen our
 * write to the payload cannot free the entry.  False: the entry is gone. */
static bool
touch(struct shmcache *cache, uint64_t slot, uint64_t version)
{
	uint64_t *control = slot_control(cache, slot);

	for (;;) {
		/* [A1] after HINT */
		const uint64_t seen = word_load_acquire(control);

		if (!control_has_key(seen) || control_version(seen) != version)
			return false;
		if (slot_touch(control, seen))
			return true;
	}
}

bool
who_note(struct shmcache *cache, const struct copy *address,
    const struct copy *user, const struct key *key, bool fresh)
{
	uint64_t *hint = &cache_payload(cache, address->slot)[WHO_HINT];
	const uint64_t version = control_version(address->seen);
	const uint64_t mine =
	    hint_make(user->slot, control_version(user->seen));

	for (;;) {
		/* [A4] before MIXED is raised */
		const uint64_t seen = word_load_acquire(hint);
		const uint64_t named = seen & LAYOUT_DATA_MASK;

		if (!payload_is_of(seen, version))
			return false;
		if (named == mine)
			return true;
		if (named != 0 && (fresh || !is_hint_of(cache, named, key)))
			who_blur(cache, address->slot, version);
		if (slot_put_word(hint, seen, mine))
			return touch(cache, address->slot, version);
	}
}

/* Whether this handle can reach the slot. */
static bool
is_slot(struct shmcache *cache, uint64_t slot)
{
	struct geometry geometry;

	/* [R4] never too high */
	if (slot / LAYOUT_SLOTS < layout_n_buckets(cache->buckets_log2,
				      (unsigned)word_load(&cache->level_max)))
		return true;
	/* The level may be new to this handle. */
	return cache_geometry(cache, &geometry) == 0 &&
	       slot / LAYOUT_SLOTS <
		   layout_n_buckets(cache->buckets_log2, geometry.cur);
}

/* Whether HINT's entry is a living user of this address; user_out: the name. */
static int
hinted_user(struct shmcache *cache, struct who_time when,
    const struct key *address, uint64_t hint, bool *lives_out,
    char user_out[SHMCACHE_USER_BYTES])
{
	const uint64_t slot = hint >> HINT_VERSION_BITS;
	const uint64_t version = hint & HINT_VERSION_MASK;
	uint64_t control, again, payload[LAYOUT_LINE_WORDS];
	struct addr of_hint, of_key;
	int error;

	*lives_out = false;
	if (!is_slot(cache, slot))
		return 0;
	if ((error = cache_fetch_control(cache, slot, &control)) != 0 ||
	    (error = cache_fetch_payload(cache, slot, payload)) != 0 ||
	    (error = cache_fetch_control(cache, slot, &again)) != 0)
		return error;
	if (!control_is_live(again) || control_version(again) != version ||
	    control_version(control) != version ||
	    is_expired(control_stamp(again), when.now_s, when.window_s))
		return 0;
	const enum key_kind kind = key_kind_of(payload, version);

	if (kind != KIND_USER && kind != KIND_USER_LONG)
		return 0;
	key_address(payload, &of_hint);
	key_address(address->data, &of_key);
	if (!addr_equal(&of_hint, &of_key))
		return 0;
	key_user(payload, user_out);
	*lives_out = true;
	return 0;
}

int
who_find(struct shmcache *cache, struct who_time when,
    const struct key *address, uint64_t version, uint64_t hint, uint64_t mixed,
    struct shmcache_grant *grant)
{
	bool lives;
	int error;

	grant->who = SHMCACHE_WHO_UNKNOWN;
	grant->user[0] = '\0';
	if (!payload_is_of(hint, version) || !payload_is_of(mixed, version) ||
	    (hint & LAYOUT_DATA_MASK) == 0)
		return 0;
	if ((mixed & MIXED_VALID) != 0 &&
	    !is_expired((uint32_t)mixed, when.now_s, when.window_s * 2)) {
		grant->who = SHMCACHE_WHO_MANY;
		return 0;
	}
	error = hinted_user(
	    cache, when, address, hint & LAYOUT_DATA_MASK, &lives, grant->user);
	if (error == 0 && lives && grant->user[0] != '\0')
		grant->who = SHMCACHE_WHO_ONE;
	else
		grant->user[0] = '\0';
	return error;
}
