/* SPDX-License-Identifier: ISC */
/*
 * Writing a key.
 *
 * The clock is always read before the geometry (by cache_now()).  A writer that
 * slept in between writes to an old place with an old stamp, which expires
 * before readers stop searching there.  After its write a login loads the
 * geometry again and checks that its copy is at home and alone.
 *
 * A login prefetches the key's lines and then reads the clock: the clock read
 * does not wait for prefetches, so both latencies overlap.
 *
 * Insert and revocation exclude each other as in Dekker's algorithm.  A login
 * claims a slot [slot_claim, full barrier] and then scans for tombstones of its
 * key and its guard.  A revocation publishes its tombstone [C2, C3, full
 * barrier] and then frees every claim that could be for its key.  One of them
 * sees the other, so no login that began before a revocation can publish after
 * it.  A refresh needs no claim: the revocation changes the same word that the
 * refresh would CAS.  A tombstone stays beside a later grant.  If that grant
 * replaced the tombstone, nothing would stop an older login that still sleeps.
 *
 * Copies are merged into the highest one, and only if it is at home by a
 * geometry that was read after them.  A stamp from after a doubling must not
 * get into an old place, which readers stop searching one window after the
 * doubling.
 */
#include "shmcache/record.h"

#include "common/word.h"
#include "shmcache/grow.h"
#include "shmcache/room.h"
#include "shmcache/slot.h"
#include "shmcache/who.h"

#include <stddef.h>
#include <string.h>

struct record {
	struct shmcache *cache;
	const struct cache_now *now;
	struct geometry geometry; /* of this round */
	const struct key *key;
	const struct key *guard;
	enum slot_state state; /* LIVE or REVOKED */
};

/* ---- choosing a slot --------------------------------------------------- */

/*
 * Whether a slot is in use: a key inside the window (a grant or a tombstone),
 * or a claim that is not abandoned.  One comparison serves all states, because
 * the processor cannot predict the next slot's state.
 */
static inline bool
is_used(const struct record *r, uint64_t control)
{
	const enum slot_state state = control_state(control);
	const uint32_t holds_s =
	    state == SLOT_CLAIMED ? SLOT_CLAIM_TIMEOUT_S : r->now->window_s;

	return (state != SLOT_FREE) &
	       !is_expired(control_stamp(control), r->now->now_s, holds_s);
}

/* A bucket that a key may be put into. */
struct home {
	uint64_t bucket;
	unsigned used; /* one bit a slot */
	unsigned n_used;
};

static inline struct home
home_of(const struct record *r, unsigned chain)
{
	struct home home = {
	    .bucket = key_bucket(
		r->key, chain, r->cache->buckets_log2, r->geometry.cur),
	};
	const uint64_t *controls = cache_controls(r->cache, home.bucket);

	for (unsigned i = 0; i < LAYOUT_SLOTS; i++) {
		/* [R2] the claim compares it */
		const unsigned used = is_used(r, word_load(&controls[i]));

		home.used |= used << i;
		home.n_used += used;
	}
	return home;
}

/* The oldest grant of both buckets, which has to make room.  A tombstone does
 * not make room: it may be all that stops an older login.  False when there is
 * no grant. */
static bool
oldest(const struct record *r, const struct home *homes, unsigned n,
    struct copy *oldest_out)
{
	bool found = false;

	for (unsigned b = 0; b < n; b++) {
		const uint64_t *controls =
		    cache_controls(r->cache, homes[b].bucket);

		for (unsigned i = 0; i < LAYOUT_SLOTS; i++) {
			const struct copy here = {
			    .slot = homes[b].bucket * LAYOUT_SLOTS + i,
			    /* [R2] the claim compares it */
			    .seen = word_load(&controls[i]),
			};

			if (!control_is_live(here.seen) ||
			    (found && !is_after(control_stamp(oldest_out->seen),
					  control_stamp(here.seen))))
				continue;
			*oldest_out = here;
			found = true;
		}
	}
	return found;
}

/* True if the key's preferred slot is free and the bucket is at most half full.
 * With this rule 90 % of keys are in their preferred slot. */
static inline bool
has_own_slot(const struct home *home, unsigned own)
{
	return home->n_used <= LAYOUT_SLOTS / 2 && (home->used >> own & 1) == 0;
}

/* A free slot of the bucket: the key's preferred one, or the next after it. */
static bool
take(const struct record *r, const struct home *home, struct copy *chosen_out)
{
	const unsigned own = key_slot(r->key);
	const unsigned free = ~home->used & ((1u << LAYOUT_SLOTS) - 1);
	/* Duplicate the bit mask so that the scan wraps around. */
	const unsigned from_own = (free | free << LAYOUT_SLOTS) >> own;
	const unsigned slot =
	    (own + (unsigned)__builtin_ctz(from_own)) & (LAYOUT_SLOTS - 1);

	chosen_out->slot = home->bucket * LAYOUT_SLOTS + slot;
	/* [R2] the claim compares it */
	chosen_out->seen = word_load(slot_control(r->cache, chosen_out->slot));
	return !is_used(r, chosen_out->seen);
}

/*
 * Choose a slot to claim: the key's preferred slot in its first or second
 * bucket; else the next free one in the emptier bucket; else the oldest grant
 * of both.
 * above: choose only buckets after this one, which holds a copy, because copies
 * only move up; -1 for any.  A key that is not at home has a home after that
 * bucket: in its chain, in a later segment.
 * sight_out: how crowded the buckets are; FULL: the slot holds a live grant.
 * Returns false when another writer was faster, or when there are only claims
 * and tombstones.
 */
static bool
choose(const struct record *r, int64_t above, struct copy *chosen_out,
    enum grow_sight *sight_out)
{
	struct home homes[2];
	unsigned n = 0;

	*sight_out = GROW_SIGHT_ROOM;
	for (unsigned chain = 0; chain < 2; chain++) {
		homes[n] = home_of(r, chain);
		if ((int64_t)homes[n].bucket <= above)
			continue;
		if (has_own_slot(&homes[n], key_slot(r->key)))
			return take(r, &homes[n], chosen_out);
		n++;
	}

	if (n == 0)
		return false;

	const struct home *best = &homes[0];

	if (n == 2 && homes[1].n_used < homes[0].n_used)
		best = &homes[1];
	if (best->n_used < LAYOUT_SLOTS) {
		if (n == 2 && homes[0].n_used + homes[1].n_used >= GROW_CROWDED)
			*sight_out = GROW_SIGHT_CROWDED;
		return take(r, best, chosen_out);
	}
	*sight_out = GROW_SIGHT_FULL;
	return oldest(r, homes, n, chosen_out);
}

/* ---- the steps --------------------------------------------------------- */

/* Whether a tombstone of the key or its guard forbids this login. */
static bool
is_forbidden(const struct record *r, struct geometry geometry)
{
	return r->state == SLOT_LIVE &&
	       (scan_forbids(r->cache, r->key, geometry, r->now) ||
		   (r->guard != NULL &&
		       scan_forbids(r->cache, r->guard, geometry, r->now)));
}

/*
 * Claim a slot, fill it, scan again, publish.
 * Returns whether it was published.
 */
static bool
insert(struct record *r, const struct copies *before, struct copy *inserted_out)
{
	struct shmcache *cache = r->cache;
	struct layout_header *header = cache->header;
	struct copies copies;
	struct copy slot;
	uint64_t claim;
	uint64_t *control;
	enum grow_sight sight;
	int64_t above = -1;

	if (before->n > 0)
		above =
		    (int64_t)(before->copy[before->n - 1].slot / LAYOUT_SLOTS);
	const bool chosen = choose(r, above, &slot, &sight);

	if ((chosen || sight == GROW_SIGHT_FULL) &&
	    grow_on_insert(cache, r->now, r->geometry, r->key, sight))
		return false;
	if (!chosen)
		return false;
	control = slot_control(cache, slot.slot);
	if (!slot_claim(control, slot.seen, r->now->now_s, &claim))
		return false;
	if (sight == GROW_SIGHT_FULL) {
		word_add(&header->forced, 1); /* [N1] a counter */
		if (cache->access == SHMCACHE_LOGIN)
			cache->forced_by = room_error(cache);
		cache_advance(&header->forced_at, r->now->now_s);
	} else if (control_has_key(slot.seen))
		word_add(&header->evictions, 1); /* [N1] a counter */
	else if (control_state(slot.seen) == SLOT_CLAIMED)
		word_add(&header->reclaimed, 1); /* [N1] a counter */

	uint64_t data[LAYOUT_LINE_WORDS];

	memcpy(data, r->key->data, sizeof(data));
	if (before->n > 0 && key_is_address(r->key))
		who_copy(
		    cache, &before->copy[before->n - 1], data, r->now->now_s);
	if (!slot_fill(control, claim, cache_payload(cache, slot.slot), data,
		key_is_address(r->key) ? KEY_WORDS_ADDRESS : KEY_WORDS_USER))
		return false;

	/* Did another copy, a tombstone or a new level appear meanwhile? */
	const struct geometry geometry = cache_mapped_geometry(cache);

	scan(cache, r->key, r->state, geometry, r->now, &copies);
	if (copies.n != before->n || geometry.cur != r->geometry.cur ||
	    is_forbidden(r, geometry)) {
		slot_free(control, claim);
		return false;
	}
	*inserted_out = (struct copy){.slot = slot.slot, .at_home = true};
	return slot_publish(control, claim, r->state, r->key->tag,
	    r->now->now_s, &inserted_out->seen);
}

/*
 * Raise the higher of two copies to the later stamp, then free the lower.
 * After a failed CAS both are left for the next round.  The lower one is loaded
 * again first: a revocation that has lowered it also goes upwards, so it has
 * yet to reach the higher one.
 */
static void
merge(struct shmcache *cache, const struct key *key, const struct copy *lower,
    const struct copy *higher)
{
	const uint32_t lower_s = control_stamp(lower->seen);
	uint64_t raised;

	/* [A1] before the higher one is raised */
	if (word_load_acquire(slot_control(cache, lower->slot)) != lower->seen)
		return;
	if (is_after(lower_s, control_stamp(higher->seen)) &&
	    !slot_restamp(slot_control(cache, higher->slot), higher->seen,
		control_state(higher->seen), lower_s, &raised))
		return;
	if (key_is_address(key) && !who_same(cache, lower, higher))
		who_blur(cache, higher->slot, control_version(higher->seen));
	slot_free(slot_control(cache, lower->slot), lower->seen);
}

/* The copy to refresh: the highest, if it is at home. */
static struct copy *
home_copy(struct copies *copies)
{
	struct copy *highest;

	if (copies->n == 0)
		return NULL;
	highest = &copies->copy[copies->n - 1];
	return highest->at_home ? highest : NULL;
}

/* Bring the copy to now.  Returns false when the CAS failed. */
static bool
refresh(
    const struct record *r, const struct copy *copy, struct copy *refreshed_out)
{
	const uint32_t stamp_s = control_stamp(copy->seen);
	const uint32_t now_s = r->now->now_s;

	*refreshed_out = *copy;
	if (!is_after(now_s, stamp_s) && !slot_is_marked(copy->seen))
		return true;
	/* Never backwards: our clock reading may be old. */
	return slot_restamp(slot_control(r->cache, copy->slot), copy->seen,
	    r->state, is_after(now_s, stamp_s) ? now_s : stamp_s,
	    &refreshed_out->seen);
}

/*
 * Merge the key's copies until one is left.
 * This is needed after a refresh too, unless scan_is_alone() finds nothing to
 * merge.  If our clock reading is old, another writer may have seen the copy as
 * expired and inserted a new one.  It scans after publishing [C2], we scan after
 * restamping [C3]; both are full barriers, so one of us sees both copies.
 * Returns false when there is no copy, or when the highest is not at home and
 * has to be inserted there first.
 */
static bool
settle(const struct record *r, struct copy *copy_out)
{
	struct copies copies;
	struct copy *home;

	for (unsigned tries = 0; tries < RECORD_TRIES; tries++) {
		const struct geometry before = cache_mapped_geometry(r->cache);

		scan(r->cache, r->key, r->state, before, r->now, &copies);
		const struct geometry after = cache_mapped_geometry(r->cache);

		if (after.cur != before.cur)
			continue;
		home = home_copy(&copies);
		if (home == NULL)
			return false;
		if (copies.n == 1) {
			*copy_out = *home;
			return true;
		}
		merge(r->cache, r->key, &copies.copy[0], home);
	}
	return false;
}

static enum record_outcome
outcome_of(const struct copies *copies, const struct copy *home,
    const struct cache_now *now)
{
	if (copies->n == 0)
		return RECORD_NEW;
	if (home != NULL && !is_after(now->now_s, control_stamp(home->seen)))
		return RECORD_KEPT;
	return RECORD_RENEWED;
}

int
record_key(struct shmcache *cache, const struct cache_now *now,
    const struct key *key, const struct key *guard, enum slot_state state,
    struct copy *copy_out, enum record_outcome *outcome_out)
{
	struct record r = {
	    .cache = cache,
	    .now = now,
	    .geometry = now->geometry,
	    .key = key,
	    .guard = guard,
	    .state = state,
	};

	for (unsigned tries = 0; tries < RECORD_TRIES; tries++) {
		struct copies copies;
		struct copy copy;

		scan(cache, key, state, r.geometry, now, &copies);
		/* After the key: a revocation writes its tombstone before it
		 * changes the key. */
		if (is_forbidden(&r, r.geometry))
			return SHMCACHE_REVOKED;

		struct copy *home = home_copy(&copies);

		if (tries == 0) /* later a copy may be our own */
			*outcome_out = outcome_of(&copies, home, now);
		if ((home != NULL ? refresh(&r, home, &copy)
				  : insert(&r, &copies, &copy)) &&
		    (scan_is_alone(cache, key, state, &copy) ||
			settle(&r, &copy))) {
			*copy_out = copy;
			return 0;
		}
		r.geometry = cache_mapped_geometry(cache);
	}
	return SHMCACHE_BUSY;
}
