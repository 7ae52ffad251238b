/* SPDX-License-Identifier: ISC */
/*
 * One slot: the transitions of slot.c, with the payload's words one by one.
 *
 * Two writers, one of them twice, insert key 1 and key 2 or renew the key in
 * the slot.  A sweep frees expired keys, and frees claims at any moment as
 * revocation and merging do.  A look-up asks for key 1, in a mapping or by
 * pread.
 *
 * Asserted
 *   a yes has seen key 1 published, and no mixture of keys or claims;
 *   key 1, if it is in the slot and lives during the whole look-up, gives a yes;
 *   nothing is freed, and nothing claimed as expired, inside its window.
 *
 * Bounds: three claims.  Versions have two bits and wrap around, but no version
 * is used twice; the table has 18 bits for that.
 *
 * Left out: six of the eight payload words.  They are written and compared one
 * by one, so two show a mixture, and one shows a lost hit.  Tags: both keys
 * have the same.  A writer may make room by force at any time.
 *
 * MUTANT_STORE_PAYLOAD: a plain store of payload words
 * MUTANT_STORE_PUBLISH: a plain store that publishes
 * MUTANT_HALF_RANGE: versions compared for which is older, not the claim
 * MUTANT_NO_RECHECK: the claim not loaded again between reading and writing
 * MUTANT_NO_VERSION_MATCH: look-ups that compare data without versions
 * MUTANT_NO_SECOND_CONTROL: a pread that does not read control again
 * MUTANT_READER_CLOCK_FIRST: a look-up that reads the clock before control
 * MUTANT_UNSIGNED_AGE: an age without a sign
 *
 * short: 5 million states, 3 s; long: 24 million, 20 s.
 */
#ifdef SHORT
#define TICKS 2
#define WINDOW 1
#else
#define TICKS 3
#define WINDOW 2
#endif
#define VERSION_MAX 3
#define CLAIMS 3
#define PREAD_TRIES 2
#include "words.pml"

short control = WORD(1, 0, 0, FREE, 0);
byte payload[2];               /* version << 2 | data */
byte key_of[VERSION_MAX + 1];  /* ghost: whose claim this version is */
byte n_claims;

#define PAYLOAD(version, data) ((version) << 2 | (data))
#define PAYLOAD_VERSION(word) ((word) >> 2)
#define VERSION_PART(word) ((word) & ~3)
#define DATA(word) ((word) & 3)

/* slot_fill(): the word I_ of the payload */
inline fill(I_)
{
	do
	:: word = payload[I_]; /* word_load_acquire */
#if defined MUTANT_HALF_RANGE
		/* which of two versions is older, instead of the claim */
		done = ((VERSION(claim) - PAYLOAD_VERSION(word)) & 3) < 2;
#elif !defined MUTANT_NO_RECHECK
		done = (control == claim); /* [R8] */
#else
		done = true;
#endif
		if
		:: !done -> break
		:: else
		fi;
#ifdef MUTANT_STORE_PAYLOAD
		store(payload[I_], PAYLOAD(VERSION(claim), key), done);
#else
		cas(payload[I_], word, PAYLOAD(VERSION(claim), key),
		    done); /* [C1] */
#endif
		if
		:: done -> break
		:: else
		fi
	od;
	word = 0
}

proctype Writer(byte n, key)
{
	short seen, claim;
	byte t, word;
	bool done;

	do
	:: n > 0 ->
		d_step { n--; t = now }; /* cache_now() */
		seen = control;
		if
		:: n_claims < CLAIMS &&
		    (IS_USE_FREE(seen, t) || STATE(seen) == LIVE) ->
			d_step { /* slot_claim(): free, or to make room */
				done = false;
				if
				:: control == seen && n_claims < CLAIMS ->
					claim = CLAIM_OF(seen, t);
					control = claim;
					key_of[VERSION(claim)] = key;
					n_claims++;
					done = true;
					assert(STATE(seen) != LIVE ||
					    !LIVES(STAMP(seen)) ||
					    !IS_USE_FREE(seen, t))
				:: else
				fi
			};
			if
			:: done -> fill(0)
			:: else
			fi;
			if
			:: done -> fill(1)
			:: else
			fi;
			if
			:: done ->
#ifdef MUTANT_STORE_PUBLISH
				store(control, PUBLISHED(claim, 0, LIVE, t),
				    done)
#else
				cas(control, claim,
				    PUBLISHED(claim, 0, LIVE, t),
				    done) /* [C2] */
#endif
			:: else
			fi
		:: STATE(seen) == LIVE && t > STAMP(seen) ->
			cas(control, seen, RESTAMPED(seen, t), done)
		:: else
		fi;
		d_step { seen = 0; claim = 0; t = 0; done = false; key = 3 - key }
	:: else -> break
	od
}

proctype Sweep()
{
	short seen;
	byte t;

	t = now;
	seen = control;
	if
	:: (HAS_KEY(seen) && IS_EXPIRED(STAMP(seen), t)) ||
	    STATE(seen) == CLAIMED ->
		d_step {
			if
			:: control == seen ->
				assert(!HAS_KEY(seen) || !LIVES(STAMP(seen)));
				control = FREED(seen)
			:: else
			fi
		}
	:: else
	fi;
	d_step { seen = 0; t = 0 }
}

#define WANTED 1

/* By mapping: the versions decide.  By pread: the whole control word has to be
 * the same after the payload. */
proctype Reader(bool by_pread)
{
	short c1, c2;
	byte first, second, real, t, tries;

#ifdef MUTANT_READER_CLOCK_FIRST
	t = now;
#endif
	d_step { /* [A1] */
		c1 = control;
		real = key_of[VERSION(c1)]
	};
	do /* read_slot() */
	:: STATE(c1) == LIVE ->
		if /* [R1] */
		:: !by_pread ->
#ifndef MUTANT_READER_CLOCK_FIRST
			t = now;
#endif
			first = payload[0];
			second = payload[1]
		:: by_pread -> /* words and parts of words in any order */
			second = VERSION_PART(payload[1]);
			first = VERSION_PART(payload[0]);
			first = first + DATA(payload[0]);
			second = second + DATA(payload[1])
#ifndef SHORT
		:: by_pread ->
			second = DATA(payload[1]);
			first = DATA(payload[0]);
			first = first + VERSION_PART(payload[0]);
			second = second + VERSION_PART(payload[1])
#endif
		fi;
		c2 = c1;
#ifndef MUTANT_NO_SECOND_CONTROL
		if
		:: by_pread -> c2 = control
		:: else
		fi;
#endif
		if
		:: c1 == c2 -> break
		:: else
		fi;
		d_step {
			tries++;
			if
			:: VERSION(c1) == VERSION(c2) && tries < PREAD_TRIES ->
				c1 = c2
			:: else -> c1 = 0
			fi;
			first = 0;
			second = 0
		}
	:: else -> c1 = 0; break
	od;
	atomic { c2 = 0; tries = 0 };
	if
	:: c1 != 0 ->
#ifndef MUTANT_READER_CLOCK_FIRST
		if
		:: by_pread -> t = now
		:: else
		fi;
#endif
		d_step {
			if
#ifdef MUTANT_NO_VERSION_MATCH
			:: DATA(first) == WANTED && DATA(second) == WANTED &&
#else
			:: first == PAYLOAD(VERSION(c1), WANTED) &&
			    second == PAYLOAD(VERSION(c1), WANTED) &&
#endif
			    t >= STAMP(c1) && t - STAMP(c1) < WINDOW ->
				assert(real == WANTED)
			:: else ->
				/* Was it there all the time, and does it live
				 * now? */
				assert(control != c1 || real != WANTED ||
				    !LIVES(STAMP(c1)))
			fi
		}
	:: else
	fi;
	d_step { c1 = 0; first = 0; second = 0; real = 0; t = 0 }
}

init
{
	atomic {
		run Writer(1, 1);
		run Writer(2, 2);
		run Sweep();
		if
		:: run Reader(false)
		:: run Reader(true)
		fi
	}
}
