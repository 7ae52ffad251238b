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

enum record_kind {
	RECORD_LOGIN = 0, /* make the key live */
	RECORD_REVOKE,    /* make the key a tombstone */
};

enum record_outcome {
	RECORD_KEPT = 0, /* it lived and was as young already */
	RECORD_RENEWED,  /* it lived and is younger now */
	RECORD_NEW,      /* it was not there */
	RECORD_AGAIN,    /* it was a tombstone */
};

/*
 * Make the key LIVE or REVOKED as of now->now_s.
 * guard: a login is given up when this key's tombstone (or its own) is not
 * older than the login; NULL for none.
 * copy_out: the copy that remains; outcome_out: what was there before.
 * Returns 0, SHMCACHE_REVOKED or SHMCACHE_BUSY.
 */
int record_key(struct shmcache *cache, const struct cache_now *now,
    const struct key *key, const struct key *guard, enum record_kind kind,
    struct copy *copy_out, enum record_outcome *outcome_out);

/*
 * Merge the key's copies until one is left.
 * Returns false when there is none.
 */
bool record_settle(struct shmcache *cache, const struct cache_now *now,
    const struct key *key, struct copy *copy_out);

#endif
