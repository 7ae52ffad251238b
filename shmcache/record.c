/* SPDX-License-Identifier: ISC */
/*
 * Writing a key.
 *
 * The clock is read before the geometry, always (cache_now() does): a writer
 * that slept in between writes to an old place with an old stamp, which is
 * over before readers stop to look there.
 *
 * Insert and revocation keep each other honest as in Dekker's algorithm: a
 * login claims a slot [slot_claim, full barrier] and then looks for tombstones
 * of its key and its guard; a revocation publishes its tombstone [W3, W4, full
 * barrier] and then takes away every claim that could be for its key.  One of
 * them sees the other, so no login that began before a revocation can publish
 * after it.  A refresh needs no claim: the revocation changes the very word
 * that the refresh would CAS.  A tombstone stays beside what is granted later:
 * were it turned into that grant, a login from before it that still sleeps
 * would find nothing to stop it.
 *
 * Copies are merged into the highest one, and only while that is at home, by a
 * geometry that was read after them: a stamp of after a doubling must not come
 * to an old place, where readers stop to look one window after it.
 */
#include "shmcache/record.h"

#include "shmcache/grow.h"
#include "shmcache/slot.h"
#include "shmcache/who.h"
#include "shmcache/word.h"

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

enum use {
	USE_FREE = 0, /* free, expired, or an abandoned claim */
	USE_TAKEN,    /* a grant inside the window: may be made to leave */
	USE_KEPT,     /* a tombstone inside it, or a claim under way */
};

static enum use
use_of(const struct record *r, uint64_t control)
{
	const uint32_t stamp_s = control_stamp(control);

	if (control_state(control) == SLOT_CLAIMED)
		return is_expired(stamp_s, r->now->now_s, SLOT_CLAIM_TIMEOUT_S)
			   ? USE_FREE
			   : USE_KEPT;
	if (!control_has_key(control) ||
	    is_expired(stamp_s, r->now->now_s, r->now->window_s))
		return USE_FREE;
	return control_is_live(control) ? USE_TAKEN : USE_KEPT;
}

struct survey {
	unsigned n_used;
	bool has_free, has_oldest;
	struct copy free, oldest;
};

static void
survey_bucket(const struct record *r, uint64_t bucket, struct survey *survey)
{
	const uint64_t *controls = cache_controls(r->cache, bucket);

	*survey = (struct survey){0};
	for (unsigned i = 0; i < LAYOUT_SLOTS; i++) {
		const struct copy here = {
		    .slot = bucket * LAYOUT_SLOTS + i,
		    .seen = word_load_acquire(&controls[i]),
		};

		switch (use_of(r, here.seen)) {
		case USE_FREE:
			if (!survey->has_free)
				survey->free = here;
			survey->has_free = true;
			break;
		case USE_TAKEN:
			survey->n_used++;
			if (!survey->has_oldest ||
			    is_after(control_stamp(survey->oldest.seen),
				control_stamp(here.seen)))
				survey->oldest = here;
			survey->has_oldest = true;
			break;
		case USE_KEPT:
			survey->n_used++;
			break;
		}
	}
}

/*
 * A slot to claim: in the first chain's bucket until it is half full, then in
 * the emptier of the two; where nothing is free, the oldest of both.
 * above: only in buckets behind this one, because there are copies in it, and
 * copies move up only; -1 for any.  A key that is not at home has a home behind
 * it: its own chain's, in a later segment.
 * sight_out: how crowded it is there; FULL: the slot is somebody's, who is made
 * to leave.
 * Returns false when all is being claimed by others, or holds tombstones.
 */
static bool
choose(const struct record *r, int64_t above, struct copy *chosen_out,
    enum grow_sight *sight_out)
{
	const unsigned k = r->cache->buckets_log2;
	struct survey best = {.n_used = LAYOUT_SLOTS + 1};
	unsigned n_used = 0;
	bool has_oldest = false;
	struct copy oldest = {0};

	for (unsigned chain = 0; chain < 2; chain++) {
		const uint64_t bucket =
		    key_bucket(r->key, chain, k, r->geometry.cur);
		struct survey survey;

		if ((int64_t)bucket <= above)
			continue;
		survey_bucket(r, bucket, &survey);
		n_used += survey.n_used;
		if (survey.has_free && survey.n_used < best.n_used)
			best = survey;
		if (survey.has_oldest &&
		    (!has_oldest || is_after(control_stamp(oldest.seen),
					control_stamp(survey.oldest.seen)))) {
			oldest = survey.oldest;
			has_oldest = true;
		}
		if (best.n_used < LAYOUT_SLOTS / 2)
			break;
	}
	*sight_out = GROW_SIGHT_ROOM;
	if (n_used >= GROW_CROWDED)
		*sight_out = GROW_SIGHT_CROWDED;
	if (!best.has_free)
		*sight_out = GROW_SIGHT_FULL;
	*chosen_out = best.has_free ? best.free : oldest;
	return best.has_free || has_oldest;
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
 * Claim a slot, fill it, look once more, publish.
 * Returns whether it was published.
 */
static bool
insert(struct record *r, const struct copies *before)
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
	if (!choose(r, above, &slot, &sight))
		return false;
	if (grow_on_insert(cache, r->now, r->geometry, r->key, sight))
		return false;
	control = slot_control(cache, slot.slot);
	if (!slot_claim(control, slot.seen, r->now->now_s, &claim))
		return false;
	if (sight == GROW_SIGHT_FULL) {
		word_add(&header->forced, 1);
		cache_advance(&header->forced_at, r->now->now_s);
	} else if (control_has_key(slot.seen))
		word_add(&header->evictions, 1);
	else if (control_state(slot.seen) == SLOT_CLAIMED)
		word_add(&header->reclaimed, 1);

	uint64_t data[LAYOUT_LINE_WORDS];

	memcpy(data, r->key->data, sizeof(data));
	if (before->n > 0 && key_is_address(r->key))
		who_copy(
		    cache, &before->copy[before->n - 1], data, r->now->now_s);
	if (!slot_fill(control, claim, cache_payload(cache, slot.slot), data))
		return false;

	/* Who came while we wrote: another copy, a tombstone, a new level? */
	struct geometry geometry;

	cache_geometry(cache, &geometry);
	scan(cache, r->key, r->state, geometry, r->now, &copies);
	if (copies.n != before->n || geometry.cur != r->geometry.cur ||
	    is_forbidden(r, geometry)) {
		slot_free(control, claim);
		return false;
	}
	return slot_publish(
	    control, claim, r->state, r->key->tag, r->now->now_s);
}

/*
 * Raise the higher of two copies to the later stamp, then free the lower.  A
 * failed CAS leaves both, to be looked at again.  The lower one is looked at
 * once more before: a revocation that lowered it since goes upwards too, so it
 * has yet to come to the higher one.
 */
static void
merge(struct shmcache *cache, const struct key *key, const struct copy *lower,
    const struct copy *higher)
{
	const uint32_t lower_s = control_stamp(lower->seen);
	uint64_t raised;

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

/* The copy of a round that is to be refreshed: the highest, if at home. */
static struct copy *
home_copy(struct copies *copies)
{
	struct copy *highest;

	if (copies->n == 0)
		return NULL;
	highest = &copies->copy[copies->n - 1];
	return highest->at_home ? highest : NULL;
}

/* Bring the copy to now; true when it is. */
static bool
refresh(const struct record *r, struct copy *copy)
{
	const uint32_t stamp_s = control_stamp(copy->seen);
	const uint32_t now_s = r->now->now_s;

	if (!is_after(now_s, stamp_s) && !slot_is_marked(copy->seen))
		return true;
	/* Never backwards: who slept keeps the younger stamp. */
	return slot_restamp(slot_control(r->cache, copy->slot), copy->seen,
	    r->state, is_after(now_s, stamp_s) ? now_s : stamp_s, &copy->seen);
}

/*
 * Merge the key's copies until one is left.
 * Returns false when there is none, or the highest one is not at home: then it
 * has to be inserted there first.
 */
static bool
settle(const struct record *r, struct copy *copy_out)
{
	struct copies copies;
	struct copy *home;

	for (unsigned tries = 0; tries < RECORD_TRIES; tries++) {
		struct geometry before, after;

		cache_geometry(r->cache, &before);
		scan(r->cache, r->key, r->state, before, r->now, &copies);
		cache_geometry(r->cache, &after);
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

/*
 * Refresh the only copy.
 * Others may have seen it as over before, when our clock reading is old, and
 * may have inserted a new one beside it: then both have to be merged.  They
 * scan behind their publishing [W3], we behind our restamping [W4], both full
 * barriers, so one of us sees both.
 */
static bool
refresh_only(const struct record *r, struct copy *copy)
{
	const uint32_t stamp_s = control_stamp(copy->seen);

	if (!refresh(r, copy))
		return false;
	if (!is_expired(stamp_s, r->cache->clock_s(), r->now->window_s))
		return true;
	return settle(r, copy);
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

		scan(cache, key, state, r.geometry, now, &copies);
		/* After the key: a revocation writes the tombstone before it
		 * changes the key. */
		if (is_forbidden(&r, r.geometry))
			return SHMCACHE_REVOKED;

		struct copy *home = home_copy(&copies);

		if (tries == 0) /* later there may be a copy of our own */
			*outcome_out = outcome_of(&copies, home, now);
		if (home != NULL && copies.n == 1) {
			if (refresh_only(&r, home)) {
				*copy_out = *home;
				return 0;
			}
		} else if ((home != NULL ? refresh(&r, home)
					 : insert(&r, &copies)) &&
			   settle(&r, copy_out)) {
			return 0;
		}
		cache_geometry(cache, &r.geometry);
	}
	return SHMCACHE_BUSY;
}
