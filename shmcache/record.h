/* SPDX-License-Identifier: ISC */
/*
 * record - write one key: refresh the copy that is there, or insert one, and
 * leave a single copy behind.  grant.c and revoke.c are made of it.
 */
#ifndef POPAUTH_SHMCACHE_RECORD_H
#define POPAUTH_SHMCACHE_RECORD_H

#include "shmcache/cache.h"
#include "shmcache/scan.h"

/* Rounds of an operation before it gives up; each is lost to somebody else's
 * success.  Sixteen processes on one key need a handful. */
#define RECORD_TRIES 1000

enum record_outcome {
	RECORD_KEPT = 0, /* it was there, and as young already */
	RECORD_RENEWED,  /* it was there, and is younger now */
	RECORD_NEW,      /* it was not there */
};

/*
 * Write the key as of now->now_s.
 * state: SLOT_LIVE records a login, SLOT_REVOKED a tombstone; both may stand
 * beside each other.
 * guard: a login is given up when this key's tombstone, or its own, is not
 * older than the login; NULL for none.
 * copy_out: the copy that remains; outcome_out: what was there before.
 * Returns 0, SHMCACHE_REVOKED or SHMCACHE_BUSY.
 */
int record_key(struct shmcache *cache, const struct cache_now *now,
    const struct key *key, const struct key *guard, enum slot_state state,
    struct copy *copy_out, enum record_outcome *outcome_out);

#endif
