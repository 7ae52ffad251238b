/* SPDX-License-Identifier: ISC */
/*
 * grow - how the table doubles while it is used.  grow.c has the argument.
 */
#ifndef POPAUTH_SHMCACHE_GROW_H
#define POPAUTH_SHMCACHE_GROW_H

#include "shmcache/cache.h"

/* What the writer of a new copy sees where it wants to put it. */
enum grow_sight {
	GROW_SIGHT_ROOM = 0,
	GROW_SIGHT_CROWDED, /* of sixteen slots 12 or more are used */
	GROW_SIGHT_FULL,    /* somebody's grant has to make room */
};

#define GROW_CROWDED 12u

/*
 * See to the table's growth, as a writer who is about to insert: switch to the
 * next level, or call for room, when it is time.
 * from: the geometry by which he chose a slot.
 * Returns whether the geometry is another one now.
 */
bool grow_on_insert(struct shmcache *cache, const struct cache_now *now,
    struct geometry from, const struct key *key, enum grow_sight sight);

/*
 * Switch to the next level, if it is allocated; else call for it.
 * from: the geometry that is to be left.
 * Returns whether the geometry is another one now.
 */
bool grow_switch(
    struct shmcache *cache, const struct cache_now *now, struct geometry from);

#endif
