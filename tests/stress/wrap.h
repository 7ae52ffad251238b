/* SPDX-License-Identifier: ISC */
/*
 * wrap - whether a worker has slept through an exact multiple of all versions.
 *
 * CONCEPT.  A process that slept recognises by the version that others have
 * claimed the slot.  It cannot if the slot was claimed exactly as often as
 * there are versions, or a multiple of that.  This is the protocol's limit
 * (slot.c has the arithmetic for the real width), and with four bits it is
 * sometimes reached.  A run with narrow versions shows that nothing else
 * depends on their width: no order, no distance, no wrap-around through zero.
 * So all claims of each slot are counted.  An operation during which a slot was
 * claimed an exact multiple of times ends there as if its process were killed,
 * and its result is not judged.
 *
 * Two cases are missed: a multiple that is completed within the few
 * instructions between the check and the atomic operation, and one whose last
 * claim has not been counted yet.
 *
 * With versions of the real width all of this is compiled to nothing.
 */
#ifndef STRESS_WRAP_H
#define STRESS_WRAP_H

#include "shmcache/cache.h"

#include <stdbool.h>
#include <stdint.h>

#define WRAP_BITS_MAX 8u
#define WRAP_IS_NEAR (SHMCACHE_VERSION_BITS <= WRAP_BITS_MAX)

/* Slots of the largest table that a run with narrow versions may have. */
#define WRAP_SLOTS_MAX (WRAP_IS_NEAR ? 1u << 12 : 1u)

/* An operation begins: remember the claims of all slots. */
void wrap_begin(void);

/* Whether some slot was claimed an exact multiple of times since then. */
bool wrap_happened(void);

/* The handle through whose mapping this thread writes, by which claims are
 * recognised among other changes; NULL when it is closed. */
void wrap_watch(unsigned which, const struct shmcache *cache);

#endif
