/* SPDX-License-Identifier: ISC */
#include "common/word.h"
#include "tests/stress/arena.h"

#include <string.h>

/* Zero is no version. */
#define N_VERSIONS ((uint32_t)LAYOUT_VERSION_MASK)

static _Thread_local const struct shmcache *watched[2];
static _Thread_local uint32_t claims_before[WRAP_SLOTS_MAX];
static _Thread_local uint64_t n_claims_before;

void
wrap_watch(unsigned which, const struct shmcache *cache)
{
	watched[which] = cache;
}

void
wrap_begin(void)
{
	if (!WRAP_IS_NEAR)
		return;
	n_claims_before = atomic_load(&arena->n_claims);
	for (unsigned i = 0; i < WRAP_SLOTS_MAX; i++)
		claims_before[i] = atomic_load_explicit(
		    &arena->claims[i], memory_order_relaxed);
}

bool
wrap_happened(void)
{
	if (!WRAP_IS_NEAR ||
	    atomic_load(&arena->n_claims) - n_claims_before < N_VERSIONS)
		return false;
	for (unsigned i = 0; i < WRAP_SLOTS_MAX; i++) {
		const uint32_t n =
		    atomic_load(&arena->claims[i]) - claims_before[i];

		if (n > 0 && n % N_VERSIONS == 0)
			return true;
	}
	return false;
}

#ifdef WORD_WATCH
/* The slot of a control word, wherever it is mapped; false for other words. */
static bool
slot_of(const uint64_t *word, uint64_t *slot_out)
{
	for (unsigned w = 0; w < 2; w++) {
		const struct shmcache *cache = watched[w];

		if (cache == NULL)
			continue;
		const uint64_t at = (uintptr_t)word - (uintptr_t)cache->map;

		for (uint64_t slot = 0; slot < WRAP_SLOTS_MAX; slot++) {
			const uint64_t control = layout_place(
			    cache->buckets_log2, slot / LAYOUT_SLOTS)
						     .control;

			if (at >= control && at - control < LAYOUT_LINE_BYTES) {
				*slot_out = slot + (at - control) / 8;
				return true;
			}
			slot += LAYOUT_SLOTS - 1;
		}
	}
	return false;
}

void
word_changed(const uint64_t *word, uint64_t value)
{
	uint64_t slot;

	if (control_state(value) != SLOT_CLAIMED || !slot_of(word, &slot))
		return;
	atomic_fetch_add(&arena->claims[slot], 1);
	atomic_fetch_add(&arena->n_claims, 1);
}
#endif
