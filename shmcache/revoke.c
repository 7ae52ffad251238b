/* SPDX-License-Identifier: ISC */
/*
 * Revocation.
 *
 * Revoking is a write: the key gets a tombstone of the present second, for one
 * window.  A login whose clock reading is not later gives up when it finds the
 * tombstone.  Then all copies of the key that are not younger are freed, and so
 * are the claims of logins that have already passed that check.  The owner of a
 * freed claim starts over and finds the tombstone (record.c has the argument).
 *
 * An address with all its users: a tombstone of the address, then one pass over
 * all slots.  It frees the users' keys and all claims, because a claim does not
 * name its key; the owners of the claims start over.
 *
 * One user of an address: a tombstone of the user, then the address gets the
 * stamp of its youngest other user, or is freed if there is none.  This is the
 * only transition that lowers a stamp, so it takes three steps: mark the
 * address, count its users, replace exactly the marked word.  A login after the
 * mark has to change the word; then the third step fails and all three are
 * repeated.  A login before the mark had already written its user's key, so it
 * was counted.
 */
#include "common/word.h"
#include "shmcache/record.h"
#include "shmcache/scan.h"
#include "shmcache/slot.h"

#include <errno.h>

/* ---- passes over all slots --------------------------------------------- */

/* Whether the slot, seen LIVE, is a user of this address inside the window. */
static bool
is_user_at(struct shmcache *cache, const struct cache_now *now, uint64_t slot,
    uint64_t control, const struct key *address)
{
	uint64_t payload[LAYOUT_LINE_WORDS];
	struct addr of_slot, of_key;

	if (!control_is_live(control) ||
	    is_expired(control_stamp(control), now->now_s, now->window_s))
		return false;
	cache_fetch_payload(cache, slot, payload);
	const enum key_kind kind =
	    key_kind_of(payload, control_version(control));

	if (kind != KIND_USER && kind != KIND_USER_LONG)
		return false;
	key_address(payload, &of_slot);
	key_address(address->data, &of_key);
	return addr_equal(&of_slot, &of_key);
}

/* The youngest of the address's users, and how many there are. */
struct users {
	size_t n;
	uint32_t youngest_s;
};

/*
 * Count again when the table grew: a user who moved past the end of this pass
 * was missed.
 */
static void
count_users(struct shmcache *cache, const struct cache_now *now,
    const struct key *address, struct users *users_out)
{
	uint64_t n_buckets, n_after = cache_n_buckets(cache);

	do {
		n_buckets = n_after;
		*users_out = (struct users){0};
		for (uint64_t slot = 0; slot < n_buckets * LAYOUT_SLOTS;
		     slot++) {
			/* [A1] after the mark, before its payload */
			const uint64_t seen =
			    word_load_acquire(slot_control(cache, slot));

			if (!is_user_at(cache, now, slot, seen, address))
				continue;
			if (users_out->n++ == 0 || is_after(control_stamp(seen),
						       users_out->youngest_s))
				users_out->youngest_s = control_stamp(seen);
		}
		n_after = cache_n_buckets(cache);
	} while (n_after != n_buckets);
}

/*
 * Free the address's users that are not younger than end_s, and all claims.
 * Returns the number of users that were freed.
 */
static size_t
end_users(struct shmcache *cache, const struct cache_now *now,
    const struct key *address, uint32_t end_s)
{
	const uint64_t n_slots = cache_n_buckets(cache) * LAYOUT_SLOTS;
	size_t n_ended = 0;

	for (uint64_t slot = 0; slot < n_slots; slot++) {
		uint64_t *control = slot_control(cache, slot);

		for (;;) {
			/* [A1] after the tombstone, before its payload */
			const uint64_t seen = word_load_acquire(control);
			const bool claimed =
			    control_state(seen) == SLOT_CLAIMED;

			if (!claimed &&
			    (is_after(control_stamp(seen), end_s) ||
				!is_user_at(cache, now, slot, seen, address)))
				break;
			if (slot_free(control, seen)) {
				n_ended += !claimed;
				break;
			}
		}
	}
	return n_ended;
}

/* ---- passes over the places of one key ----------------------------------- */

/* Whether the slot is a grant of the key. */
static bool
is_key_at(
    struct shmcache *cache, const struct key *key, uint64_t slot, uint64_t seen)
{
	uint64_t payload[LAYOUT_LINE_WORDS];

	if (!control_is_live(seen) || control_tag(seen) != key->tag)
		return false;
	cache_fetch_payload(cache, slot, payload);
	return payload_matches(payload, control_version(seen), key);
}

/* One slot: free it if it is a claim, or the key and not younger than end_s.
 * Returns whether the key was freed. */
static bool
end_at(struct shmcache *cache, const struct key *key, uint64_t slot,
    uint32_t end_s)
{
	uint64_t *control = slot_control(cache, slot);

	for (;;) {
		/* [A1] after the tombstone, before its payload */
		const uint64_t seen = word_load_acquire(control);
		const bool claimed = control_state(seen) == SLOT_CLAIMED;

		if (!claimed && (is_after(control_stamp(seen), end_s) ||
				    !is_key_at(cache, key, slot, seen)))
			return false;
		if (slot_free(control, seen))
			return !claimed;
	}
}

/*
 * After the tombstone: free the key's grants up to end_s, and the claims that
 * may be for it.  Upwards, as copies move; again when the table grew.
 * Returns the number of copies that were freed.
 */
static size_t
end_key(struct shmcache *cache, const struct key *key, uint32_t end_s)
{
	struct geometry geometry, after = cache_mapped_geometry(cache);
	size_t n_ended = 0;

	do {
		struct places places;

		geometry = after;
		places_of(&places, key, cache, geometry.floor, geometry.cur);
		for (unsigned p = 0; p < places.n; p++) {
			for (unsigned i = 0; i < LAYOUT_SLOTS; i++)
				n_ended += end_at(cache, key,
				    places.bucket[p] * LAYOUT_SLOTS + i, end_s);
		}
		after = cache_mapped_geometry(cache);
	} while (after.cur != geometry.cur);
	return n_ended;
}

/* Write a tombstone; end_s_out is its second. */
static int
bury(struct shmcache *cache, const struct cache_now *now, const struct key *key,
    uint32_t *end_s_out)
{
	enum record_outcome outcome;
	struct copy tombstone;
	const int error = record_key(
	    cache, now, key, NULL, SLOT_REVOKED, &tombstone, &outcome);

	if (error == 0)
		*end_s_out = control_stamp(tombstone.seen);
	return error;
}

/* ---- one address ------------------------------------------------------- */

static int
revoke_address(struct shmcache *cache, const struct cache_now *now,
    const struct key *address)
{
	size_t n_ended;
	uint32_t end_s;
	int error;

	error = bury(cache, now, address, &end_s);
	if (error != 0)
		return error;
	n_ended = end_users(cache, now, address, end_s);
	n_ended += end_key(cache, address, end_s);
	return n_ended > 0 ? 0 : SHMCACHE_NO_GRANT;
}

/* ---- one user ---------------------------------------------------------- */

/* Lower a copy of the address to its youngest user.  Returns false when another
 * process changed the word: load it again. */
static bool
lower_copy(struct shmcache *cache, const struct cache_now *now,
    const struct key *address, uint64_t slot, uint64_t seen,
    size_t *n_others_out)
{
	uint64_t *control = slot_control(cache, slot);
	const uint32_t stamp_s = control_stamp(seen);
	struct users users;
	uint64_t marked, lowered;

	if (!slot_mark(control, seen, &marked))
		return false;
	count_users(cache, now, address, &users);
	*n_others_out = users.n;
	if (users.n == 0)
		return slot_free(control, marked);
	return slot_restamp(control, marked, SLOT_LIVE,
	    is_after(stamp_s, users.youngest_s) ? users.youngest_s : stamp_s,
	    &lowered);
}

/* One slot: lower the address if it is there. */
static bool
lower_at(struct shmcache *cache, const struct cache_now *now,
    const struct key *address, uint64_t slot, size_t *n_others_out)
{
	for (unsigned tries = 0; tries < RECORD_TRIES; tries++) {
		/* [A1] before its payload */
		const uint64_t seen =
		    word_load_acquire(slot_control(cache, slot));

		if (!is_key_at(cache, address, slot, seen) ||
		    lower_copy(cache, now, address, slot, seen, n_others_out))
			return true;
	}
	return false;
}

/*
 * Lower every copy of the address, upwards as copies move, and change the word
 * of each.  A merge that is about to raise a higher copy by the stamp of a
 * lower one then finds one of both words changed.
 */
static int
lower_address(struct shmcache *cache, const struct cache_now *now,
    const struct key *address, size_t *n_others_out)
{
	struct geometry geometry, after = cache_mapped_geometry(cache);

	do {
		struct places places;

		geometry = after;
		places_of(
		    &places, address, cache, geometry.floor, geometry.cur);
		for (unsigned p = 0; p < places.n; p++) {
			for (unsigned i = 0; i < LAYOUT_SLOTS; i++)
				if (!lower_at(cache, now, address,
					places.bucket[p] * LAYOUT_SLOTS + i,
					n_others_out))
					return SHMCACHE_BUSY;
		}
		after = cache_mapped_geometry(cache);
	} while (after.cur != geometry.cur);
	return 0;
}

static int
revoke_user(struct shmcache *cache, const struct cache_now *now,
    const struct key *user, const struct key *address, size_t *n_others_out)
{
	const uint32_t nothing = now->now_s - now->window_s;
	size_t n_ended;
	uint32_t end_s;
	int error;

	error = bury(cache, now, user, &end_s);
	if (error != 0)
		return error;
	n_ended = end_key(cache, user, end_s);
	/* The user's logins that are about to grant the address: free their
	 * claims. */
	end_key(cache, address, nothing);
	error = lower_address(cache, now, address, n_others_out);
	if (error != 0)
		return error;
	return n_ended > 0 ? 0 : SHMCACHE_NO_GRANT;
}

int
shmcache_revoke(struct shmcache *cache, const struct addr *addr,
    const char *user, size_t *n_others_out)
{
	struct key user_key, address_key;
	struct cache_now now;
	int error;

	*n_others_out = 0;
	if (cache->access != SHMCACHE_WRITE)
		return -EBADF;
	if ((error = cache_now(cache, &now)) != 0)
		return error;
	key_of_address(&address_key, &now.rules, addr);
	if (user == NULL)
		error = revoke_address(cache, &now, &address_key);
	else if ((error = key_of_user(&user_key, &now.rules, addr, user)) == 0)
		error = revoke_user(
		    cache, &now, &user_key, &address_key, n_others_out);
	return cache->window_error != 0 ? cache->window_error : error;
}
