/* SPDX-License-Identifier: ISC */
/*
 * grow - how the table doubles while it is used.  grow.c has the argument.
 */
#ifndef POPAUTH_SHMCACHE_GROW_H
#define POPAUTH_SHMCACHE_GROW_H

#include "shmcache/cache.h"

/* How full the buckets are where a writer wants to put a new copy. */
enum grow_sight {
	GROW_SIGHT_ROOM = 0,
	GROW_SIGHT_CROWDED, /* 12 or more of the sixteen slots are used */
	GROW_SIGHT_FULL,    /* a live grant has to make room */
};

#define GROW_CROWDED 12u

/*
 * Called by a writer that is about to insert: switch to the next level, or call
 * for room, when it is time.  If the next level is missing, it is allocated.
 * from: the geometry by which the writer chose a slot.
 * Returns whether the geometry has changed.
 */
bool grow_on_insert(struct shmcache *cache, const struct cache_now *now,
    struct geometry from, const struct key *key, enum grow_sight sight);

/*
 * Switch to the next level, and allocate it first if that is missing.
 * from: the geometry to leave.
 * Returns whether the geometry has changed; if not, room_error() says why.
 */
bool grow_switch(
    struct shmcache *cache, const struct cache_now *now, struct geometry from);

#endif
