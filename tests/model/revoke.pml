/* SPDX-License-Identifier: ISC */
/*
 * Joe, or his address with all its users, is revoked while he logs in and
 * another writer makes room by force: record.c, and bury(), end_key() and
 * end_users() of revoke.c.
 *
 * A stranger's key has the same homes as the tombstone.  At first Joe's keys
 * have no copy, one, or two whose writers were killed before they merged.
 *
 * Places 0 and 1 are the homes of his user's key, 2 and 3 of the address's;
 * each has one slot, so that a tombstone and a stranger fill both.
 *
 * Asserted: when the revocation has returned, a look-up finds nothing of a
 * login that read its clock no later than the tombstone's second.  So no such
 * login publishes, renews or merges.
 *
 * Bounds: one revocation, one login of Joe's, one of the stranger's; a place is
 * claimed three times at most, and a writer that then finds none gives up.
 *
 * Left out: growth (grow.pml), payload (slot.pml), and the lowering of an
 * address that others use (lower.pml).  A scan of a key's two homes is one
 * step: a tombstone does not move, and copies are merged by exact CAS.  A place
 * is chosen in the step that claims it, and may be any free one; any grant may
 * have to make room at any time.  end_at() repeats a lost CAS, so its last load
 * and its CAS are one step.
 *
 * MUTANT_SCAN_FIRST: a revocation that ends grants before its tombstone
 * MUTANT_NO_LOOK: a login that does not scan for tombstones after its claim
 * MUTANT_LOOK_FIRST: a login whose second scan comes before its claim
 * MUTANT_NO_GUARD: a login that does not scan for tombstones of its guard
 * MUTANT_KEEP_CLAIMS: a revocation that frees no claims
 * MUTANT_KEEP_OTHER_CLAIMS: claims for users left when an address is revoked
 * MUTANT_FORCED_TOMBSTONE: a tombstone that has to make room
 * MUTANT_STORE_REFRESH: a refresh by a plain store
 *
 * short: 4 million states, 4 s; long: 23 million, 40 s.
 */
#define WINDOW 2
#ifdef SHORT
#define TICKS 2
#else
#define TICKS 3
#endif
#define VERSION_MAX 3
#define STRANGERS 1
#include "words.pml"

#define N 4
/* keys; a stranger's has the homes of the tombstone */
#define USER 0
#define ADDRESS 1
#define STRANGER 2
#define NOBODY 3
#define HOME(key) ((key) * 2)

short slot[N];
byte revoked;    /* the key */
byte revoked_s;  /* ghost: the tombstone's second, when all is done */
byte n_strangers;

#define IS_COPY(p, key, state, t)                                              \
	(STATE(slot[p]) == (state) && KEY(slot[p]) == (key) &&                 \
	    !IS_EXPIRED(STAMP(slot[p]), t))
#define IS_TOMBSTONE(p, key, t)                                                \
	(IS_COPY(p, key, REVOKED, t) && STAMP(slot[p]) >= (t))
/* scan_forbids() */
#define FORBIDS(key, t)                                                        \
	(IS_TOMBSTONE(HOME(key), key, t) || IS_TOMBSTONE(HOME(key) + 1, key, t))

/* scan(): how many copies, and their words */
inline scan(STATE_)
{
	d_step {
		of_low = 0;
		of_top = 0;
		top = home;
		n = 0;
		if
		:: IS_COPY(home, key, STATE_, t) -> of_top = slot[home]; n++
		:: else
		fi;
		if
		:: IS_COPY(home + 1, key, STATE_, t) ->
			of_low = of_top;
			top = home + 1;
			of_top = slot[top];
			n++
		:: else
		fi
	}
}

/* is_forbidden(), of a login */
inline look()
{
	done = FORBIDS(key, t);
#ifndef MUTANT_NO_GUARD
	if
	:: !done -> done = FORBIDS(1 - key, t)
	:: else
	fi
#endif
}

/* settle(), merge(): all copies are at home */
inline settle(STATE_)
{
	do
	:: scan(STATE_);
		if
		:: n == 2 ->
			done = (slot[home] == of_low);
			if
			:: done && STAMP(of_low) > STAMP(of_top) ->
				cas(slot[top], of_top,
				    RESTAMPED(of_top, STAMP(of_low)), done)
			:: else
			fi;
			if
			:: done -> cas(slot[home], of_low, FREED(of_low), done)
			:: else
			fi
		:: else -> done = (n == 1); break
		fi
	od
}

/* choose() and slot_claim(): a free slot, or a grant makes room */
#ifdef MUTANT_FORCED_TOMBSTONE
#define MAKES_ROOM(w) HAS_KEY(w)
#else
#define MAKES_ROOM(w) (STATE(w) == LIVE)
#endif
#define IS_CLAIMABLE(p)                                                        \
	((IS_USE_FREE(slot[p], t) || MAKES_ROOM(slot[p])) &&                   \
	    VERSION(slot[p]) < VERSION_MAX)

inline claim()
{
	atomic {
		done = true;
		if
		:: IS_CLAIMABLE(home) -> mine = home
		:: IS_CLAIMABLE(home + 1) -> mine = home + 1
		:: !IS_CLAIMABLE(home) && !IS_CLAIMABLE(home + 1) -> done = false
		fi;
		if
		:: done ->
			seen = CLAIM_OF(slot[mine], t);
			slot[mine] = seen
		:: else
		fi
	}
}

inline forget()
{
	atomic { seen = 0; of_low = 0; of_top = 0; top = 0; mine = 0; n = 0 }
}

/* record_key() of a grant; done, or it gave up */
inline record()
{
	do
	:: scan(LIVE);
		look();
		if
		:: done -> done = false; break
		:: else
		fi;
		if
		:: n > 0 ->
			done = true;
			if
			:: t > STAMP(of_top) ->
#ifdef MUTANT_STORE_REFRESH
				store(slot[top],
				    PUBLISHED(of_top, key, LIVE, t), done)
#else
				cas(slot[top], of_top,
				    PUBLISHED(of_top, key, LIVE, t), done)
#endif
			:: else
			fi
		:: else ->
#ifdef MUTANT_LOOK_FIRST
			look();
			if
			:: done -> done = false; break
			:: else
			fi;
#endif
			claim();
			if
			:: !done -> break
			:: else
			fi;
			atomic {
				scan(LIVE);
				done = (n > 0);
				of_low = 0;
				of_top = 0;
				top = 0
			};
#if !defined MUTANT_NO_LOOK && !defined MUTANT_LOOK_FIRST
			if
			:: !done -> look()
			:: else
			fi;
#endif
			if
			:: done ->
				cas(slot[mine], seen, FREED(seen), done);
				done = false
			:: else ->
				cas(slot[mine], seen,
				    PUBLISHED(seen, key, LIVE, t),
				    done); /* [C2] */
				n = 1
			fi
		fi;
		if
		:: done && n > 0 -> settle(LIVE)
		:: else
		fi;
		forget();
		if
		:: done -> break
		:: else
		fi
	od;
	forget()
}

proctype Login()
{
	short seen, of_low, of_top;
	byte t, n, top, mine, key = USER, home = HOME(USER);
	bool done;

	t = now; /* cache_now() */
	do
	:: record();
		if
		:: done && key == USER && revoked == ADDRESS ->
			d_step { key = ADDRESS; home = HOME(ADDRESS) }
		:: else -> break
		fi
	od;
	atomic { done = false; t = 0; key = 0; home = 0 }
}

/* Another key, in the tombstone's homes: it claims and publishes. */
proctype Stranger()
{
	short seen;
	byte t, mine, home = HOME(revoked);
	bool done;

	do
	:: n_strangers < STRANGERS ->
		d_step { n_strangers++; t = now };
		claim();
		if
		:: done ->
			cas(slot[mine], seen, PUBLISHED(seen, STRANGER, LIVE, t),
			    done)
		:: else
		fi;
		atomic { done = false; seen = 0; mine = 0; t = 0 }
	:: else -> break
	od
}

/* end_at() */
inline end_at(P_, KEY_)
{
	d_step {
		if
#ifndef MUTANT_KEEP_CLAIMS
		:: STATE(slot[P_]) == CLAIMED -> slot[P_] = FREED(slot[P_])
#endif
		:: STATE(slot[P_]) == LIVE && KEY(slot[P_]) == (KEY_) &&
		    STAMP(slot[P_]) <= end_s ->
			slot[P_] = FREED(slot[P_])
		:: else
		fi
	}
}

inline end_key(KEY_)
{
	end_at(HOME(KEY_), KEY_);
	end_at(HOME(KEY_) + 1, KEY_)
}

/* end_users() and end_key(), or end_key() of the user */
inline end_all()
{
	if
	:: key == ADDRESS ->
#ifdef MUTANT_KEEP_OTHER_CLAIMS
		d_step {
			if
			:: IS_COPY(0, USER, LIVE, t) && STAMP(slot[0]) <= end_s ->
				slot[0] = FREED(slot[0])
			:: else
			fi
		};
		d_step {
			if
			:: IS_COPY(1, USER, LIVE, t) && STAMP(slot[1]) <= end_s ->
				slot[1] = FREED(slot[1])
			:: else
			fi
		};
#else
		end_key(USER);
#endif
		end_at(2, NOBODY); /* claims */
		end_at(3, NOBODY);
		end_key(ADDRESS)
	:: else -> end_key(USER)
	fi
}

proctype Revoker()
{
	short seen;
	byte t, mine, key = revoked, home = HOME(revoked), end_s;
	bool done;

	t = now; /* cache_now() */
#ifdef MUTANT_SCAN_FIRST
	end_s = t;
	end_all();
#endif
	do /* record_key() of the tombstone: there is no other */
	:: claim();
		if
		:: !done -> break
		:: else
		fi;
		cas(slot[mine], seen, PUBLISHED(seen, key, REVOKED, t), done);
		if
		:: done -> break
		:: else
		fi
	od;
	atomic { seen = 0; mine = 0; end_s = t };
	if
	:: done ->
#ifndef MUTANT_SCAN_FIRST
		end_all();
#endif
		revoked_s = end_s
	:: else
	fi;
	atomic { done = false; t = 0; key = 0; home = 0; end_s = 0 }
}

/* A look-up in one step, at every moment */
#define IS_FOUND(p)                                                            \
	(STATE(slot[p]) == LIVE && LIVES(STAMP(slot[p])) &&                    \
	    STAMP(slot[p]) <= revoked_s &&                                     \
	    (KEY(slot[p]) == USER || KEY(slot[p]) == revoked))
active proctype Watch()
{
end:	atomic {
		revoked_s > 0 &&
		    (IS_FOUND(0) || IS_FOUND(1) || IS_FOUND(2) || IS_FOUND(3)) ->
		assert(false) /* the revoked is found */
	}
}

init
{
	atomic {
		if
		:: revoked = USER
		:: revoked = ADDRESS
		fi;
		if
		:: skip
		:: slot[0] = WORD(1, USER, 0, LIVE, 1)
		:: slot[0] = WORD(1, USER, 0, LIVE, 1);
			slot[1] = WORD(1, USER, 0, LIVE, 1)
		fi;
		if
		:: revoked == ADDRESS -> slot[2] = WORD(1, ADDRESS, 0, LIVE, 1)
		:: true
		fi;
		run Login();
		run Stranger();
		run Revoker()
	}
}
