/* SPDX-License-Identifier: ISC */
/*
 * word - the few atomic operations that all sharing is made of.
 *
 * CONCEPT.  Every word that several processes may touch at once is a naturally
 * aligned uint64_t, and is touched through these functions alone.  They are
 * liburcu's uatomic and cmm_smp_* primitives (header-only, so that a module
 * that is unloaded after each login drags in no library), or, for
 * ThreadSanitizer, which does not model fences, the compiler's.
 *
 *   word_load           relaxed: one load, nothing is ordered by it
 *   word_load_acquire   nothing after it in program order is read before it
 *   word_cas            full barrier when it succeeds, relaxed when it fails
 *   word_add            relaxed: counters
 *
 * Each line that calls one has a label beside it or above it, and a few words
 * that say why there.  Here is what the label stands for: the operation, and so
 * the order, and what all the lines with it have in common.
 *
 *   [L1]   word_load_acquire  control: before the clock, its payload, and the
 *                             places above it
 *   [L2]   word_load          payload: behind L1; its version says whose it is
 *   [L3]   word_load_acquire  geometry: before the buckets that it names
 *   [L4]   word_load_acquire  heartbeat, params: before the clock
 *   [L5]   word_load_acquire  payload: before control is read again; HINT
 *                             before MIXED (who.h)
 *   [L6]   word_load_acquire  allocated: behind the geometry, before the segment
 *   [L7]   word_load_acquire  never_gen, its bank: the bank lies between two
 *                             readings of never_gen
 *   [L8]   word_load_acquire  wanted: before what the call was for is looked at
 *   [L9]   word_load_acquire  forced_at, heartbeat: not older than what was read
 *                             before
 *   [R1]   word_load          control: only to choose; the claim compares it
 *   [R2]   word_load          counters: nothing depends on them
 *   [R3]   word_load          level_max: the handle's own, never too high
 *   [R4]   word_load          params, never_gen, its bank: for their one writer
 *   [R5]   word_load          wanted, served: a call that is missed comes again
 *   [R6]   word_load          never_gen: behind its bank's L7
 *   [W1]   word_load          control: behind the payload's L5: what was read
 *                             there no later claim had written
 *   [W2]   word_cas           payload: behind W1; before the publishing W3
 *   [W3]   word_cas           control, publish: the payload is there
 *   [W4]   word_cas           control, restamp: before what is looked at next
 *   [W5]   word_cas           geometry: OPEN is there before it is dated
 *   [W6]   word_cas           control, claim: before what is looked at next
 *   [W7]   word_cas           control, mark and touch: HINT is there; before
 *                             the users are counted
 *   [W8]   word_cas           control, free: nothing follows
 *   [W9]   word_cas           HINT, MIXED: MIXED before HINT (who.h)
 *   [W10]  word_cas           allocated: fallocate(2) is done
 *   [W11]  word_cas           other words of the header: what they tell of is
 *                             there, the bank before never_gen
 *   [W12]  word_cas           level_max: the file was looked at
 *   [C1]   word_add           counters: nothing depends on them
 *   [C2]   word_add           wanted: futex(2) orders what follows
 *
 * tests/atomics looks that each line keeps to this.
 *
 * A stress test may stop or kill its process between any two of them: with
 * WORD_STEP defined, word_step() is called before each.  With WORD_WATCH,
 * word_changed() is called after each CAS that succeeded.
 *
 * There is no store: a plain store by a process that slept would undo what
 * others did meanwhile.  64-bit machines only.
 */
#ifndef POPAUTH_SHMCACHE_WORD_H
#define POPAUTH_SHMCACHE_WORD_H

#include <stdbool.h>
#include <stdint.h>

_Static_assert(sizeof(void *) == 8, "the table needs a 64-bit machine");

#ifdef WORD_STEP
void word_step(void);
#else
static inline void
word_step(void)
{
}
#endif

#ifdef WORD_WATCH
void word_changed(const uint64_t *word, uint64_t value);
#else
static inline void
word_changed(const uint64_t *word, uint64_t value)
{
	(void)word;
	(void)value;
}
#endif

#ifdef __SANITIZE_THREAD__
#define WORD_COMPILER_ATOMICS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WORD_COMPILER_ATOMICS 1
#endif
#endif

#ifdef WORD_COMPILER_ATOMICS

static inline uint64_t
word_load(const uint64_t *word)
{
	word_step();
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline uint64_t
word_load_acquire(const uint64_t *word)
{
	word_step();
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline bool
word_cas(uint64_t *word, uint64_t seen, uint64_t want)
{
	word_step();

	const bool done = __atomic_compare_exchange_n(
	    word, &seen, want, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);

	if (done)
		word_changed(word, want);
	return done;
}

static inline void
word_add(uint64_t *word, uint64_t n)
{
	word_step();
	__atomic_fetch_add(word, n, __ATOMIC_RELAXED);
}

#else

#include <urcu/uatomic.h>

static inline uint64_t
word_load(const uint64_t *word)
{
	word_step();
	return uatomic_read(word);
}

static inline uint64_t
word_load_acquire(const uint64_t *word)
{
	word_step();

	const uint64_t value = uatomic_read(word);

	cmm_smp_rmb(); /* a compiler barrier on x86, dmb ishld on arm64 */
	return value;
}

static inline bool
word_cas(uint64_t *word, uint64_t seen, uint64_t want)
{
	word_step();

	const bool done = uatomic_cmpxchg(word, seen, want) == seen;

	if (done)
		word_changed(word, want);
	return done;
}

static inline void
word_add(uint64_t *word, uint64_t n)
{
	word_step();
	uatomic_add(word, n);
}

#endif

#endif
