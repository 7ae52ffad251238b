/* SPDX-License-Identifier: ISC */
/*
 * What all models share: the control word and the clock.
 *
 * A control word is { version:3 | mark:3 | state:2 | stamp:3 }, so that an
 * exact CAS is a comparison of two numbers, as in layout.h.  The key is not in
 * it: (slot, version) has one key, which slot.pml shows, so the other models
 * read word and key in one step.  Where places belong to one key each, the
 * place says whose it is.
 *
 * One step of a model is one operation of word.h, with the local work behind
 * it, or one reading of the clock.  A process may stop between any two steps
 * for ever, which is a kill, or while the clock runs, which is a stop: nothing
 * here waits for a process, and all properties are asserted by whoever looks,
 * at any moment.
 */
#define FREE 0
#define CLAIMED 1
#define LIVE 2
#define REVOKED 3

#define WORD(version, mark, state, stamp)                                      \
	((version) << 8 | (mark) << 5 | (state) << 3 | (stamp))
#define VERSION(w) ((w) >> 8)
#define MARK(w) (((w) >> 5) & 7)
#define STATE(w) (((w) >> 3) & 3)
#define STAMP(w) ((w)&7)
#define IS_MARKED(w) ((MARK(w) & 1) == 1)

#ifndef VERSION_MAX
#define VERSION_MAX 7
#endif
/* slot_claim(): 0 is no version */
#define NEXT_VERSION(w) (VERSION(w) % VERSION_MAX + 1)
#define CLAIM_OF(w, t) WORD(NEXT_VERSION(w), 0, CLAIMED, t)
/* slot_mark(), slot_restamp() and slot_free() */
#define MARKED(w)                                                              \
	(IS_MARKED(w) -> (w)                                                   \
		      : WORD(VERSION(w), (MARK(w) + 1) % 8, STATE(w), STAMP(w)))
#define RESTAMPED(w, s)                                                        \
	WORD(VERSION(w), (MARK(w) + (MARK(w) & 1)) % 8, STATE(w), s)
#define FREED(w) WORD(VERSION(w), 0, FREE, 0)
/* slot_publish() */
#define PUBLISHED(w, state, s) WORD(VERSION(w), 0, state, s)

#ifndef WINDOW
#define WINDOW 2
#endif
#define CLAIM_TIMEOUT 1

/* is_expired(); one mutant forgets the sign */
#ifdef MUTANT_UNSIGNED_AGE
#define AGE(s, t) (((t) - (s)) & 255)
#else
#define AGE(s, t) ((t) - (s))
#endif
#define IS_EXPIRED(s, t) (AGE(s, t) >= WINDOW)
/* what the one true clock says of a stamp */
#define LIVES(s) (now - (s) < WINDOW)

/* use_of() == USE_FREE */
#define IS_USABLE(w, t)                                                        \
	(STATE(w) == FREE || (STATE(w) >= LIVE && IS_EXPIRED(STAMP(w), t)) ||  \
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

/* what a mutant does instead */
inline store(WORD_, WANT_, DONE_)
{
	d_step {
		WORD_ = WANT_;
		DONE_ = true
	}
}

/* All the time that a model has. */
active proctype Clock()
{
	do
	:: atomic { now < TICKS -> now++ }
	:: atomic { now == TICKS -> break }
	od
}
