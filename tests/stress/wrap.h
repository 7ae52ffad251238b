/* SPDX-License-Identifier: ISC */
/*
 * wrap - whether a worker has slept through an exact multiple of all versions.
 *
 * CONCEPT.  A version distinguishes the word that a sleeper read from later
 * ones; after exactly as many claims of the slot as there are versions, or a
 * multiple of that, it cannot.  That is the protocol's limit (slot.c has the
 * arithmetic for the real width), and with four bits it happens now and then.
 * A run with narrow versions shows that nothing else depends on their width:
 * no order, no distance, no wrap-around through zero.  So all claims of each
 * slot are counted, and an operation during which a slot was claimed an exact
 * multiple of times ends there as if its process were killed; its result is
 * not checked.
 *
 * A multiple is missed if it is completed within the few instructions between
 * this check and the atomic operation after it, or before a claimer has counted
 * its claim.
 *
 * With versions of the real width, all of this compiles to nothing.
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

/* A handle with the mapping that this thread writes to, so that claims can be
 * distinguished from other changes; NULL when it is closed. */
void wrap_watch(unsigned which, const struct shmcache *cache);

#endif
