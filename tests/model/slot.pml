/* SPDX-License-Identifier: ISC */
/*
 * The arrows of one slot, with its payload (slot.c, read_slot() of lookup.c,
 * shmcache_sweep()).
 *
 * Two writers, two keys with the same tag, one slot with two payload words of
 * { version | data }, a sweep, a reader by mapping and one by pread.  Versions
 * have two bits and start so that they wrap; the slot is claimed three times
 * at most, fewer than it takes to come back to a version.
 *
 * Asserted
 *  - a hit is of the key that the slot had when its control word was loaded,
 *    never of a mixture;
 *  - a slot that stood LIVE with the key under the whole look-up is a hit;
 *  - the sweep frees nothing that is inside the window;
 *  - a grant that was published is not spoilt by a writer that slept.
 */
#define VERSION_MAX 3
#define TICKS 4
#define CLAIMS 3
#include "words.pml"

short control = WORD(1, 0, FREE, 0);
byte payload[2]; /* version << 2 | data */
byte key_of[VERSION_MAX + 1]; /* ghost: whose claim this version was */
byte n_claims;

#define PAYLOAD(version, data) ((version) << 2 | (data))
#define PAYLOAD_VERSION(word) ((word) >> 2)

/* slot_fill(): one word of the payload */
inline fill(I_)
{
	do
	:: d_step { word = payload[I_] }; /* word_load_acquire */
#if defined MUTANT_HALF_RANGE
		/* the age of versions instead of the claim */
		if
		:: ((VERSION(claim) - PAYLOAD_VERSION(word)) & VERSION_MAX) > 1
			-> word = 0; done = false; break
		:: else
		fi;
#elif !defined MUTANT_NO_LOOK_AT_CLAIM
		if /* [W1] */
		:: control != claim -> word = 0; done = false; break
		:: else
		fi;
#endif
#ifdef MUTANT_STORE_PAYLOAD
		store(payload[I_], PAYLOAD(VERSION(claim), key), done);
#else
		cas(payload[I_], word, PAYLOAD(VERSION(claim), key), done); /* [W2] */
#endif
		if
		:: done -> word = 0; break
		:: else
		fi
	od
}

proctype Writer(byte n)
{
	short seen, claim;
	byte t, key, word;
	bool done;

	do
	:: n > 0 ->
		n--;
		if
		:: key = 1
		:: key = 2
		fi;
		t = now; /* cache_now() */
		seen = control;
		if
		:: IS_USABLE(seen, t) && n_claims < CLAIMS ->
			atomic { /* slot_claim() */
				if
				:: control == seen && n_claims < CLAIMS ->
					claim = CLAIM_OF(seen, t);
					control = claim;
					key_of[VERSION(claim)] = key;
					n_claims++;
					done = true
				:: else -> done = false
				fi
			};
			if
			:: done ->
				fill(0);
				if
				:: done -> fill(1)
				:: else
				fi
			:: else
			fi;
			if
			:: done ->
#ifdef MUTANT_STORE_PUBLISH
				store(control, PUBLISHED(claim, LIVE, t), done)
#else
				cas(control, claim, PUBLISHED(claim, LIVE, t),
				    done) /* slot_publish() [W3] */
#endif
			:: else
			fi
		:: STATE(seen) == LIVE && t > STAMP(seen) ->
			cas(control, seen, RESTAMPED(seen, t), done) /* refresh */
		:: STATE(seen) == LIVE ->
			cas(control, seen, FREED(seen), done) /* merge, revoke */
		:: else
		fi;
		d_step { seen = 0; claim = 0; key = 0; t = 0; done = false }
	:: else -> break
	od
}

/* shmcache_sweep(), twice over the slot */
proctype Sweep()
{
	short seen;
	byte t, n = 2;

	do
	:: n > 0 ->
		n--;
		t = now;
		seen = control;
		if
		:: (STATE(seen) == LIVE && IS_EXPIRED(STAMP(seen), t)) ||
		    (STATE(seen) == CLAIMED &&
			AGE(STAMP(seen), t) >= CLAIM_TIMEOUT) ->
			atomic {
				if
				:: control == seen ->
					assert(STATE(seen) != LIVE ||
					    !LIVES(STAMP(seen)));
					control = FREED(seen)
				:: else
				fi
			}
		:: else
		fi
	:: else -> break
	od
}

proctype Reader(bool by_pread)
{
	short c1, c2;
	byte w[2], key, real, t;
	bool stands;

	if
	:: key = 1
	:: key = 2
	fi;
#ifdef MUTANT_READER_CLOCK_FIRST
	t = now;
#endif
	atomic { /* [L1] */
		c1 = control;
		real = key_of[VERSION(c1)]
	};
	if
	:: STATE(c1) == LIVE ->
		if /* [L2]; a pread copies words in any order */
		:: w[0] = payload[0]; w[1] = payload[1]
		:: by_pread -> w[1] = payload[1]; w[0] = payload[0]
		fi;
		c2 = c1;
		if
		:: by_pread -> c2 = control
		:: else
		fi;
#ifndef MUTANT_READER_CLOCK_FIRST
		t = now;
#endif
		d_step {
			stands = (control == c1);
			if
			:: c1 == c2 &&
#ifdef MUTANT_NO_VERSION_MATCH
			    (w[0] & 3) == key && (w[1] & 3) == key &&
#else
			    w[0] == PAYLOAD(VERSION(c1), key) &&
			    w[1] == PAYLOAD(VERSION(c1), key) &&
#endif
			    t >= STAMP(c1) && t - STAMP(c1) < WINDOW ->
				assert(real == key)
			:: else ->
				/* it stood, and lives even now */
				assert(!(stands && real == key &&
				    LIVES(STAMP(c1))))
			fi
		}
	:: else
	fi
}

init
{
	atomic {
		run Writer(1);
		run Writer(3);
		run Sweep();
		run Reader(false);
		run Reader(true)
	}
}
