/* SPDX-License-Identifier: ISC */
/*
 * room - allocate the next segment of the file.
 *
 * CONCEPT.  popauthd allocates a segment before it is needed.  A writer that
 * needs it at once and does not find it allocates it itself, so that no login
 * depends on the daemon.  room.c has the argument.
 *
 * CONCURRENCY.  Any number of processes may allocate the same segment at the
 * same time, and any of them may be killed.
 *
 * ERRORS.  SHMCACHE_LIMIT or a negative errno.  The last one is kept in the
 * table, for the log and the status.
 */
#ifndef POPAUTH_SHMCACHE_ROOM_H
#define POPAUTH_SHMCACHE_ROOM_H

#include "shmcache/cache.h"

/* Whether the table's limit allows one more level than is allocated. */
bool room_is_allowed(struct shmcache *cache);

/*
 * Allocate one more level, unless this one is allocated by now.
 * Returns 0 (another process may have done it), SHMCACHE_LIMIT, or a negative
 * errno; an error is kept.
 * Blocks: in the file system.
 */
int room_add(struct shmcache *cache, unsigned level, uint32_t now_s);

/*
 * The same for a writer, which must not spend its time on what has just failed:
 * after a failure in this second it returns that error.
 */
int room_try_add(struct shmcache *cache, unsigned level, uint32_t now_s);

/* The error that is kept; 0: none. */
int room_error(const struct shmcache *cache);

#endif
