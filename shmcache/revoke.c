/* SPDX-License-Identifier: ISC */
/*
 * Revocation.
 *
 * Revoking is a write: the key gets a tombstone of the present second, for one
 * window, and a login that read its clock no later than that gives up when it
 * meets it.  Then all copies of the key that are not younger go, and so do the
 * claims of logins that are already past that check: a claim's owner starts
 * over and meets the tombstone (record.c has the argument).
 *
 * An address with all its users: tombstone of the address, then one pass over
 * all slots that frees the users' keys and takes all claims away, because a
 * claim does not say whose it is; their owners lose some nanoseconds.
 *
 * One user of an address: tombstone of the user, then the address gets the
 * stamp of the youngest other user, or goes when there is none.  To lower a
 * stamp is the one arrow that goes backwards, so it is done in two steps:
 * first the address is marked, then its users are counted, then the marked word
 * is replaced, exactly.  A login after the mark has to change the word and so
 * undoes the third step, which is then begun anew; a login before the mark had
 * written its user's key by then, and was counted.
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
 * Once more when the table grew: who moved meanwhile from an old place to one
 * behind the end of this pass was not counted.
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
			/* [A1] behind the mark, before its payload */
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
 * Free the address's users that are not younger than end_s, and take away all
 * claims.  Returns how many users went.
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
			/* [A1] behind the tombstone, before its payload */
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

/* Whether the slot, seen so, is a grant of the key. */
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

/* One place: free the key if it is there and not younger than end_s; take a
 * claim away.  Returns whether the key went. */
static bool
end_at(struct shmcache *cache, const struct key *key, uint64_t slot,
    uint32_t end_s)
{
	uint64_t *control = slot_control(cache, slot);

	for (;;) {
		/* [A1] behind the tombstone, before its payload */
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
 * After its tombstone: end the key's grants up to end_s, and the claims that
 * may be for it.  Upwards, as copies move; once more when the table grew.
 * Returns how many copies went.
 */
static size_t
end_key(struct shmcache *cache, const struct key *key, uint32_t end_s)
{
	struct geometry geometry, after;
	size_t n_ended = 0;

	cache_geometry(cache, &after);
	do {
		struct places places;

		geometry = after;
		places_of(&places, key, cache, geometry.floor, geometry.cur);
		for (unsigned p = 0; p < places.n; p++) {
			for (unsigned i = 0; i < LAYOUT_SLOTS; i++)
				n_ended += end_at(cache, key,
				    places.bucket[p] * LAYOUT_SLOTS + i, end_s);
		}
		cache_geometry(cache, &after);
	} while (after.cur != geometry.cur);
	return n_ended;
}

/* Write a tombstone; its second in end_s_out. */
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

/* Bring a copy of the address down to its youngest user; false: somebody
 * changed it meanwhile, look again. */
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

/* One place: lower the address if it is there. */
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
 * Every copy of the address, upwards as copies move, and the word of each is
 * changed: who is about to raise a higher one by the stamp of one that was
 * lowered finds either the one or the other changed.
 */
static int
lower_address(struct shmcache *cache, const struct cache_now *now,
    const struct key *address, size_t *n_others_out)
{
	struct geometry geometry, after;

	cache_geometry(cache, &after);
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
		cache_geometry(cache, &after);
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
	/* His logins that are about to open the address: their claims. */
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
		return revoke_address(cache, &now, &address_key);
	if ((error = key_of_user(&user_key, &now.rules, addr, user)) != 0)
		return error;
	return revoke_user(cache, &now, &user_key, &address_key, n_others_out);
}
