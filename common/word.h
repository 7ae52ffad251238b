/* SPDX-License-Identifier: ISC */
/*
 * word - the atomic operations on words that several processes share.
 *
 * CONCEPT.  Every word that several processes may touch at once is a naturally
 * aligned uint64_t, and only these functions touch it.  They are liburcu's
 * uatomic_* and cmm_smp_* primitives (header-only, so a module that is unloaded
 * after each login loads no library), or the compiler's for ThreadSanitizer,
 * which does not model fences.
 *
 *   word_load           relaxed: one load, which orders nothing
 *   word_load_acquire   nothing after it in program order is read before it
 *   word_cas            full barrier when it succeeds, relaxed when it fails
 *   word_add            relaxed: for counters
 *
 * There is no store: a plain store by a process that slept would undo the
 * changes that others made meanwhile.
 *
 * TESTS.  With WORD_STEP defined, word_step() is called before each operation,
 * so that a test may stop or kill the process there.  With WORD_WATCH,
 * word_changed() is called after each word_cas() that succeeded.
 *
 * CAVEATS.  64-bit machines only.
 */
#ifndef POPAUTH_WORD_H
#define POPAUTH_WORD_H

#ifndef __LP64__
#error "popauth needs a 64-bit machine: the words of its table have 64 bits"
#endif

#include <stdbool.h>
#include <stdint.h>

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
#define WORD_LOAD(word) __atomic_load_n(word, __ATOMIC_RELAXED)
#define WORD_LOAD_ACQUIRE(word) __atomic_load_n(word, __ATOMIC_ACQUIRE)
#define WORD_CAS(word, seen, want)                                             \
	__atomic_compare_exchange_n(                                           \
	    word, &(seen), want, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)
#define WORD_ADD(word, n) (void)__atomic_fetch_add(word, n, __ATOMIC_RELAXED)
#define WORD_READ_BARRIER() ((void)0)
#else
#include <urcu/uatomic.h>
#define WORD_LOAD(word) uatomic_read(word)
#define WORD_LOAD_ACQUIRE(word) uatomic_read(word)
#define WORD_CAS(word, seen, want) (uatomic_cmpxchg(word, seen, want) == (seen))
#define WORD_ADD(word, n) uatomic_add(word, n)
/* a compiler barrier on x86, dmb ishld on arm64 */
#define WORD_READ_BARRIER() cmm_smp_rmb()
#endif

static inline uint64_t
word_load(const uint64_t *word)
{
	word_step();
	return WORD_LOAD(word);
}

static inline uint64_t
word_load_acquire(const uint64_t *word)
{
	word_step();

	const uint64_t value = WORD_LOAD_ACQUIRE(word);

	WORD_READ_BARRIER();
	return value;
}

static inline bool
word_cas(uint64_t *word, uint64_t seen, uint64_t want)
{
	word_step();

	const bool done = WORD_CAS(word, seen, want);

	if (done)
		word_changed(word, want);
	return done;
}

static inline void
word_add(uint64_t *word, uint64_t n)
{
	word_step();
	WORD_ADD(word, n);
}

#endif
