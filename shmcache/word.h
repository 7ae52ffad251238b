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
 * Which word is read and written in which order, and why:
 *
 *   word               read              written, all by CAS but the counters
 *   control            acquire [L1]      claim; publish [W3], restamp [W4]: the
 *                                        payload, the claim, the tombstone come
 *                                        before what is looked at next
 *   payload            acquire [L2]      [W2], under a claim seen again [W1]
 *                                        behind the word itself
 *   HINT, MIXED        acquire [L2]      MIXED before HINT (who.h)
 *   geometry           acquire [L3]      [W5]; segments' zeros are in the file
 *                                        before `allocated` says so
 *   allocated          acquire, behind   popauthd, behind fallocate(2)
 *                      the geometry
 *   heartbeat, params  acquire [L4]:     sweep; configure
 *                      before the clock
 *   never_gen, bank    acquire; relaxed  the bank, then never_gen
 *                      behind the bank
 *   wanted, served     relaxed: a call   futex(2) orders what follows
 *                      that is missed comes again
 *   counters           relaxed           word_add: nothing depends on them
 *   level_max          relaxed: the handle's own, checked against the file
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
