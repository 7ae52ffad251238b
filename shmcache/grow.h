/* SPDX-License-Identifier: ISC */
/*
 * grow - how the table doubles while it is used.  grow.c has the argument.
 */
#ifndef POPAUTH_SHMCACHE_GROW_H
#define POPAUTH_SHMCACHE_GROW_H

#include "shmcache/cache.h"

/* Used slots of a key's sixteen at which a writer wants the next level. */
#define GROW_CROWDED 13u

/*
 * Switch to the next level, if it is allocated; else ask popauthd for it.
 * from: the level that the writer met crowded.
 * Returns whether the geometry is another one now.
 */
bool grow_switch(
    struct shmcache *cache, const struct cache_now *now, struct geometry from);

/* Give a switch its date, if it has none. */
void grow_date(struct shmcache *cache);

/* Forget the levels that no look-up searches any more. */
void grow_tidy(struct shmcache *cache, const struct cache_now *now);

#endif
