/* SPDX-License-Identifier: ISC */
/*
 * Revocation.
 *
 * Revoking is a write: the key becomes a tombstone of the present second, kept
 * for one window, and a login that read its clock no later than that gives up
 * when it meets it.  For logins that are already past that check, the
 * revocation then takes every claim away: the claim's owner starts over and
 * meets the tombstone (record.c has the argument).  Claims do not say whose
 * they are, so all of them go; their owners lose some nanoseconds.
 *
 * An address with all its users: tombstone of the address, then one pass over
 * all slots that frees the users' keys.
 *
 * One user of an address: tombstone of the user, then the address gets the
 * stamp of the youngest other user, or goes when there is none.  To lower a
 * stamp is the one arrow that goes backwards, so it is done in two steps:
 * first the address is marked, then its users are counted, then the marked word
 * is replaced, exactly.  A login after the mark has to change the word and so
 * undoes the third step, which is then begun anew; a login before the mark had
 * written its user's key by then, and was counted.
 */
#include "shmcache/record.h"
#include "shmcache/scan.h"
#include "shmcache/slot.h"
#include "shmcache/word.h"

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
	for (unsigned i = 0; i < LAYOUT_LINE_WORDS; i++) {
		if (!payload_is_of(payload[i], control_version(control)))
			return false;
	}
	if (key_kind(payload) != KIND_USER &&
	    key_kind(payload) != KIND_USER_LONG)
		return false;
	key_address(payload, &of_slot);
	key_address(address->data, &of_key);
	return addr_equal(&of_slot, &of_key);
}

struct users {
	size_t n;
	uint32_t youngest_s;
};

/*
 * Visit all slots: take every claim away; users of the address that are not
 * younger than end_s are freed, the others counted.
 */
static void
visit_users(struct shmcache *cache, const struct cache_now *now,
    const struct key *address, const uint32_t *end_s, struct users *users_out,
    size_t *n_freed_out)
{
	const uint64_t n_slots = cache_n_buckets(cache) * LAYOUT_SLOTS;

	*users_out = (struct users){0};
	*n_freed_out = 0;
	for (uint64_t slot = 0; slot < n_slots; slot++) {
		uint64_t *control = slot_control(cache, slot);
		uint64_t seen = word_load_acquire(control);

		while (control_state(seen) == SLOT_CLAIMED &&
		       !slot_free(control, seen))
			seen = word_load_acquire(control);
		while (is_user_at(cache, now, slot, seen, address)) {
			const uint32_t stamp_s = control_stamp(seen);

			if (end_s == NULL || is_after(stamp_s, *end_s)) {
				if (users_out->n++ == 0 ||
				    is_after(stamp_s, users_out->youngest_s))
					users_out->youngest_s = stamp_s;
				break;
			}
			if (slot_free(control, seen)) {
				++*n_freed_out;
				break;
			}
			seen = word_load_acquire(control);
		}
	}
}

/* ---- one address ------------------------------------------------------- */

static int
revoke_address(struct shmcache *cache, const struct cache_now *now,
    const struct key *address)
{
	enum record_outcome outcome;
	struct users users;
	struct copy tombstone;
	size_t n_freed;
	int error;

	error = record_key(
	    cache, now, address, NULL, RECORD_REVOKE, &tombstone, &outcome);
	if (error != 0)
		return error;

	const uint32_t end_s = control_stamp(tombstone.seen);

	visit_users(cache, now, address, &end_s, &users, &n_freed);
	/* A login's claim that went may have left a copy beside it. */
	error = record_key(cache, now, address, NULL, RECORD_REVOKE, &tombstone,
	    &(enum record_outcome){0});
	if (error != 0)
		return error;
	return outcome >= RECORD_NEW && n_freed == 0 ? SHMCACHE_NO_GRANT : 0;
}

/* ---- one user ---------------------------------------------------------- */

/* Bring the address down to its youngest user; false: somebody changed it
 * meanwhile, look again. */
static bool
lower_copy(struct shmcache *cache, const struct cache_now *now,
    const struct key *address, const struct copy *copy, size_t *n_others_out)
{
	uint64_t *control = slot_control(cache, copy->slot);
	const uint32_t stamp_s = control_stamp(copy->seen);
	struct users users;
	uint64_t marked, lowered;
	size_t n_freed;

	if (!slot_mark(control, copy->seen, &marked))
		return false;
	visit_users(cache, now, address, NULL, &users, &n_freed);
	*n_others_out = users.n;
	if (users.n == 0)
		return slot_free(control, marked);
	return slot_restamp(control, marked, SLOT_LIVE,
	    is_after(stamp_s, users.youngest_s) ? users.youngest_s : stamp_s,
	    &lowered);
}

static int
lower_address(struct shmcache *cache, const struct cache_now *now,
    const struct key *address, size_t *n_others_out)
{
	struct users users;
	struct copy copy;
	size_t n_freed;

	for (unsigned tries = 0; tries < RECORD_TRIES; tries++) {
		if (!record_settle(cache, now, address, &copy) ||
		    !control_is_live(copy.seen)) {
			/* Nothing to lower, but claims may be under way. */
			visit_users(
			    cache, now, address, NULL, &users, &n_freed);
			*n_others_out = users.n;
			return 0;
		}
		if (lower_copy(cache, now, address, &copy, n_others_out))
			return 0;
	}
	return SHMCACHE_BUSY;
}

static int
revoke_user(struct shmcache *cache, const struct cache_now *now,
    const struct key *user, const struct key *address, size_t *n_others_out)
{
	enum record_outcome outcome;
	struct copy tombstone;
	int error;

	error = record_key(
	    cache, now, user, NULL, RECORD_REVOKE, &tombstone, &outcome);
	if (error != 0)
		return error;
	if (outcome == RECORD_NEW) {
		/* Nothing of his stamps the address: only claims matter. */
		struct users users;
		size_t n_freed;

		visit_users(cache, now, address, NULL, &users, &n_freed);
	} else {
		error = lower_address(cache, now, address, n_others_out);
		if (error != 0)
			return error;
	}
	/* As above: a second look, now that all claims of before are gone. */
	error = record_key(cache, now, user, NULL, RECORD_REVOKE, &tombstone,
	    &(enum record_outcome){0});
	if (error == 0 && outcome >= RECORD_NEW)
		error = SHMCACHE_NO_GRANT;
	return error;
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
