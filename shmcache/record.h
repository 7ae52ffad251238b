/* SPDX-License-Identifier: ISC */
/*
 * record - write one key: refresh its copy or insert one, and leave exactly one
 * copy.  grant.c and revoke.c use it.
 */
#ifndef POPAUTH_SHMCACHE_RECORD_H
#define POPAUTH_SHMCACHE_RECORD_H

#include "shmcache/cache.h"
#include "shmcache/scan.h"

/* Rounds of an operation before it gives up; each is lost to another process's
 * success.  Sixteen processes on one key need fewer than ten. */
#define RECORD_TRIES 1000

enum record_outcome {
	RECORD_KEPT = 0, /* the key was there, with no older stamp */
	RECORD_RENEWED,  /* the key was there, and is younger now */
	RECORD_NEW,      /* the key was not there */
};

/*
 * Write the key as of now->now_s.
 * state: SLOT_LIVE records a login, SLOT_REVOKED a tombstone; a key may have
 * both.
 * guard: a login gives up when the tombstone of this key, or of its own key, is
 * not older than the login; NULL for none.
 * copy_out: the copy that remains; outcome_out: what was there before.
 * Returns 0, SHMCACHE_REVOKED or SHMCACHE_BUSY.
 */
int record_key(struct shmcache *cache, const struct cache_now *now,
    const struct key *key, const struct key *guard, enum slot_state state,
    struct copy *copy_out, enum record_outcome *outcome_out);

#endif
