/* SPDX-License-Identifier: ISC */
/*
 * who - the user behind an address, in constant time and never by guess.
 *
 * An address entry has two mutable payload words:
 *
 *   HINT   { slot:24 | version:18 } of the user entry that logged in last
 *   MIXED  { 1:1 | stamp:32 } of the last time that HINT changed its user
 *
 * A login that finds another user in HINT raises MIXED to its clock first, and
 * then puts itself into HINT.  A reader names the user only if HINT's entry
 * lives under that very version, and MIXED is unset or two windows old.
 *
 * Why that is never wrong.  Let HINT name A at entry version a, unchanged since
 * time c.  Each login of another user B that completed would have changed it,
 * so B's last one was before c.  The change to A at c raised MIXED to some m
 * first.  If A's writer slept between the two for less than a window, then
 * c < m + window, and B is over before c + window < m + 2 windows.  If it
 * slept longer, entry a had been stamped before m, was over by c, and never
 * comes back under that version: a reader finds no living entry and names
 * nobody.
 *
 * Entries move when the table grows.  A user who finds himself in HINT under
 * his old entry, and whose grant never lapsed, just puts the new one there.
 * An address takes both words along; a login that changes HINT changes the
 * control word too, so that the old entry is not freed behind its back.
 */
#ifndef POPAUTH_SHMCACHE_WHO_H
#define POPAUTH_SHMCACHE_WHO_H

#include "shmcache/cache.h"
#include "shmcache/scan.h"

/* Words of an address entry's payload behind the key itself. */
#define WHO_HINT 3
#define WHO_MIXED 4

/*
 * Note a login.
 * address, user: their entries; key: the user's; fresh: his grant did not live
 * just before.
 * Returns false when the address entry is not there any more: the caller
 * records the address again.
 */
bool who_note(struct shmcache *cache, const struct copy *address,
    const struct copy *user, const struct key *key, bool fresh);

/* Take both words of an old entry along into the payload of a new one. */
void who_copy(struct shmcache *cache, const struct copy *old,
    uint64_t data[LAYOUT_LINE_WORDS], uint32_t now_s);

/* Whether two entries of an address say the same. */
bool who_same(
    struct shmcache *cache, const struct copy *a, const struct copy *b);

/* Say that several users may be behind an address entry. */
void who_blur(struct shmcache *cache, uint64_t address_slot, uint64_t version);

/* When a reader asks. */
struct who_time {
	uint32_t now_s;
	uint32_t window_s;
};

/*
 * Tell the user of an address entry that a look-up found living.
 * version: the entry's.  hint, mixed: its payload words WHO_HINT and WHO_MIXED,
 * loaded in this order: a login raises MIXED before it changes HINT, so whoever
 * sees the new HINT sees it.
 * Sets who and user of grant.  Returns 0 or a negative errno.
 */
int who_tell(struct shmcache *cache, struct who_time when,
    const struct key *address, uint64_t version, uint64_t hint, uint64_t mixed,
    struct shmcache_grant *grant);

#endif
