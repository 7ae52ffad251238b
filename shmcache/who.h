/* SPDX-License-Identifier: ISC */
/*
 * who - the user at an address, in constant time and never by a guess.
 *
 * An address entry has two mutable payload words:
 *
 *   HINT   { slot:24 | version:18 } of the user entry that logged in last
 *   MIXED  { 1:1 | stamp:32 } of the last time that HINT changed its user
 *
 * A login that finds another user in HINT first raises MIXED to its clock, and
 * then puts its own user into HINT.  A reader names the user only if HINT's
 * entry lives under exactly that version, and MIXED is unset or two windows
 * old.
 *
 * Why that is never wrong.  Let HINT name A at entry version a, unchanged since
 * time c.  Each completed login of another user B would have changed HINT, so
 * B's last one was before c.  The change to A at c first raised MIXED to some
 * time m.  If A's writer slept between the two for less than a window, then
 * c < m + window, and B expires before c + window < m + 2 windows.  If it slept
 * longer, entry a had a stamp from before m, had expired by c, and never comes
 * back under that version: a reader finds no living entry and names no user.
 *
 * Entries move when the table grows.  If HINT names a user's old entry and the
 * grant never lapsed, the login replaces it by the new entry.  A moved address
 * takes both words along.  A login that changes HINT changes the control word
 * too, so that a merge that has not seen the change cannot free the entry.
 */
#ifndef POPAUTH_SHMCACHE_WHO_H
#define POPAUTH_SHMCACHE_WHO_H

#include "shmcache/cache.h"
#include "shmcache/scan.h"

/* Words of an address entry's payload that follow the key. */
#define WHO_HINT 3
#define WHO_MIXED 4

/*
 * Put a login's user into HINT.
 * address, user: their entries; key: the user's; fresh: the user had no living
 * grant just before.
 * Returns false when the address entry is gone: the caller records the address
 * again.
 */
bool who_note(struct shmcache *cache, const struct copy *address,
    const struct copy *user, const struct key *key, bool fresh);

/* Copy both words of an old entry into the payload of a new one. */
void who_copy(struct shmcache *cache, const struct copy *old,
    uint64_t data[LAYOUT_LINE_WORDS], uint32_t now_s);

/* Whether two entries of an address have the same HINT and MIXED. */
bool who_same(
    struct shmcache *cache, const struct copy *a, const struct copy *b);

/* Note that several users may be at an address. */
void who_blur(struct shmcache *cache, uint64_t address_slot, uint64_t version);

/* The time of a look-up. */
struct who_time {
	uint32_t now_s;
	uint32_t window_s;
};

/*
 * Find the user of an address entry that a look-up found living.
 * version: the entry's.  hint, mixed: its payload words WHO_HINT and WHO_MIXED,
 * loaded in this order.  A login raises MIXED before it changes HINT, so a
 * reader of the new HINT sees the new MIXED.
 * Sets who and user of grant.
 * Returns 0, a negative errno, or SHMCACHE_BAD_SIZE.
 */
int who_find(struct shmcache *cache, struct who_time when,
    const struct key *address, uint64_t version, uint64_t hint, uint64_t mixed,
    struct shmcache_grant *grant);

#endif
