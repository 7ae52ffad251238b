/* SPDX-License-Identifier: ISC */
/*
 * tags - which slots of a bucket may hold a key, by their control words.
 *
 * CONCEPT.  The eight words of one line are compared without a branch.  A miss
 * reads only two lines, and a hit is not slowed down by its neighbours.  The
 * answer is a filter: bit i means that control word i was equal in the bits of
 * the mask.  The caller loads that word again before it uses it.
 *
 * A zero bit counts as a miss, so the words have to be read in ascending order,
 * each as by word_load_acquire() (cache.h: copies of a key only move upwards).
 * The portable form does exactly that.  The SSE2 form loads pairs of words.  A
 * compiler barrier and x86's load order keep the pairs in order, and an aligned
 * load of 16 bytes is a single access (guaranteed by Intel and AMD for all
 * processors with AVX).
 */
#ifndef POPAUTH_SHMCACHE_TAGS_H
#define POPAUTH_SHMCACHE_TAGS_H

#include "common/word.h"
#include "shmcache/layout.h"

/* mask and wanted: only bits of a control word's upper half. */
static inline unsigned
tags_match_portable(
    const uint64_t controls[LAYOUT_SLOTS], uint64_t mask, uint64_t wanted)
{
	unsigned found = 0;

	for (unsigned i = 0; i < LAYOUT_SLOTS; i++)
		/* [A1] upwards, as copies move */
		found |= (unsigned)((word_load_acquire(&controls[i]) & mask) ==
				    wanted)
			 << i;
	return found;
}

#if defined(__SSE2__) && !defined(WORD_COMPILER_ATOMICS) &&                    \
    !defined(SHMCACHE_PORTABLE)
#include <emmintrin.h>

/* The upper halves of four control words. */
static inline __m128i
tags_load(const uint64_t *controls)
{
	const float *p = (const float *)(const void *)controls;

	word_step();
	const __m128 low = _mm_load_ps(p); /* [A1] upwards, as copies move */

	cmm_barrier();
	word_step();
	const __m128 high = _mm_load_ps(p + 4); /* [A1] after the lower ones */

	cmm_barrier();
	return _mm_castps_si128(
	    _mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
}

static inline unsigned
tags_match(
    const uint64_t controls[LAYOUT_SLOTS], uint64_t mask, uint64_t wanted)
{
	const __m128i m = _mm_set1_epi32((int)(mask >> 32));
	const __m128i w = _mm_set1_epi32((int)(wanted >> 32));
	const __m128i first = tags_load(controls);
	const __m128i second = tags_load(controls + 4);
	const __m128i both =
	    _mm_packs_epi32(_mm_cmpeq_epi32(_mm_and_si128(first, m), w),
		_mm_cmpeq_epi32(_mm_and_si128(second, m), w));

	return (unsigned)_mm_movemask_epi8(
	    _mm_packs_epi16(both, _mm_setzero_si128()));
}

#else

static inline unsigned
tags_match(
    const uint64_t controls[LAYOUT_SLOTS], uint64_t mask, uint64_t wanted)
{
	return tags_match_portable(controls, mask, wanted);
}

#endif

#endif
