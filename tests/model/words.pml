/* SPDX-License-Identifier: ISC */
/*
 * The parts that all models share: the control word and the clock.
 *
 * A control word is { version:3 | key:2 | mark:3 | state:2 | stamp:3 } in one
 * number, so that an exact CAS is a comparison of two numbers, as in layout.h.
 * Where a model says so, the key is part of the word, and both are read in one
 * step: (slot, version) has one key, which slot.pml shows.
 *
 * One step of a model is one operation of word.h and the local work that
 * follows it, or one reading of the clock.  No step waits for another process.
 * A process that is never scheduled again was killed there; one that is
 * scheduled after the clock went on was stopped.  A search of all schedules has
 * them all.  Look-ups that run at any moment assert what must hold.
 *
 * spin is sequentially consistent.  So is the table: all its stores are
 * successful CASes, which are full barriers, and its loads keep their order
 * (word.h).  A pread(2) does not, so it is modelled by loads in any order.
 */
#define FREE 0
#define CLAIMED 1
#define LIVE 2
#define REVOKED 3

#define WORD(version, key, mark, state, stamp)                                 \
	((version) << 10 | (key) << 8 | (mark) << 5 | (state) << 3 | (stamp))
#define VERSION(w) ((w) >> 10)
#define KEY(w) (((w) >> 8) & 3)
#define MARK(w) (((w) >> 5) & 7)
#define STATE(w) (((w) >> 3) & 3)
#define STAMP(w) ((w) & 7)

#ifndef VERSION_MAX
#define VERSION_MAX 7
#endif
/* slot_claim(): 0 is no version */
#define NEXT_VERSION(w) (VERSION(w) % VERSION_MAX + 1)
#define CLAIM_OF(w, t) WORD(NEXT_VERSION(w), 0, 0, CLAIMED, t)
/* slot_publish() */
#define PUBLISHED(w, key, state, s) WORD(VERSION(w), key, 0, state, s)
/* slot_mark(), slot_restamp(), slot_free() */
#define IS_MARKED(w) ((MARK(w) & 1) == 1)
#define MARKED(w) (IS_MARKED(w) -> (w) : (w) + (1 << 5))
#define RESTAMPED(w, s)                                                        \
	WORD(VERSION(w), KEY(w), (MARK(w) + (MARK(w) & 1)) & 7, STATE(w), s)
#define FREED(w) WORD(VERSION(w), 0, 0, FREE, 0)

#define CLAIM_TIMEOUT 1 /* less than WINDOW, as in the table */

/* is_expired(); a mutant forgets the sign */
#ifdef MUTANT_UNSIGNED_AGE
#define AGE(s, t) (((t) - (s)) & 255)
#else
#define AGE(s, t) ((t) - (s))
#endif
#define IS_EXPIRED(s, t) (AGE(s, t) >= WINDOW)
/* the age of a stamp by the true clock */
#define LIVES(s) (now - (s) < WINDOW)

/* use_of() */
#define HAS_KEY(w) (STATE(w) >= LIVE)
#define IS_USE_FREE(w, t)                                                      \
	(STATE(w) == FREE || (HAS_KEY(w) && IS_EXPIRED(STAMP(w), t)) ||        \
	    (STATE(w) == CLAIMED && AGE(STAMP(w), t) >= CLAIM_TIMEOUT))

byte now = 1;

/* word_cas() */
inline cas(WORD_, SEEN_, WANT_, DONE_)
{
	d_step {
		if
		:: WORD_ == (SEEN_) -> WORD_ = WANT_; DONE_ = true
		:: else -> DONE_ = false
		fi
	}
}

/* used by mutants instead */
inline store(WORD_, WANT_, DONE_)
{
	d_step {
		WORD_ = WANT_;
		DONE_ = true
	}
}

/* The clock of a model, to its last second. */
active proctype Clock()
{
	do
	:: d_step { now < TICKS -> now++ }
	:: now == TICKS -> break
	od
}
