/* SPDX-License-Identifier: ISC */
/*
 * Joe and Ann share an address.  Joe is revoked while both log in:
 * revoke_user(), count_users() and lower_address() of revoke.c, record_key() of
 * an address.
 *
 * The address has two homes, 0 and 1; at first it has no copy, one, or two
 * whose writers were killed before they merged.  Ann may move while users are
 * counted: from an old place to a new segment, past the end of the pass.
 *
 * Asserted, at every moment
 *   when a login of Ann's has returned, the address is granted until its window
 *   is over: no process revokes it or shortens it;
 *   when the revocation has returned, the address is granted no longer than by
 *   a login that is not revoked and has written its user's key.
 * Until the revocation has returned, Joe's stamp may still count.
 *
 * Bounds: one revocation, one more login of either, and Ann may have read her
 * clock before; two seconds, inside the window; a place is claimed twice.
 *
 * Left out: how a user's key and its tombstone are written and freed; they are
 * one step each (revoke.pml).  The two homes do not grow (grow.pml), and no
 * other key needs their slots.  A scan is one step, except a merge's; a choice
 * and its claim are one step.
 *
 * MUTANT_NO_MARK: users counted without a mark
 * MUTANT_NO_RECOUNT: users counted once, though the table grew
 * MUTANT_LOWER_ONE: one copy of the address lowered, the highest
 * MUTANT_MERGE_BLIND: a merge that does not look at the lower copy again
 * MUTANT_LOWER_DOWNWARDS: copies lowered from the highest to the lowest
 * MUTANT_KEEP_CLAIMS: claims for the address not freed
 * MUTANT_NO_LOOK: a login that does not scan for tombstones after its claim
 * MUTANT_NO_GUARD: a login that does not scan for tombstones of its user
 * MUTANT_ADDRESS_FIRST: a login that writes the address before its user
 * MUTANT_STORE_LOWERED: the address lowered by a plain store
 *
 * short: 3 million states, 4 s; long: 10 million, 16 s.
 */
#define WINDOW 4
#define TICKS 2
#define VERSION_MAX 2
#include "words.pml"

#define JOE 0
#define ANN 1

short slot[2];       /* the address */
byte joe_s;          /* stamp of his user's key, 0: none */
byte ann_old, ann_new;
bool grown;
bool late;           /* Ann may have read her clock at 1 */
byte tomb_s;         /* of Joe */
bool is_done;        /* ghost: the revocation has returned */
byte ann_s;          /* ghost: the youngest login of hers that has returned */
byte real_s;         /* ghost: the youngest login that is not revoked */

#define IS_COPY(p, t)                                                          \
	(STATE(slot[p]) == LIVE && !IS_EXPIRED(STAMP(slot[p]), t))

inline scan()
{
	d_step {
		of_top = 0;
		top = 0;
		n = 0;
		if
		:: IS_COPY(0, t) -> of_top = slot[0]; n++
		:: else
		fi;
		if
		:: IS_COPY(1, t) -> top = 1; of_top = slot[1]; n++
		:: else
		fi
	}
}

/* settle(), merge(): its scan takes a step a place */
inline settle()
{
	do
	:: atomic {
			of_low = (IS_COPY(0, t) -> slot[0] : 0);
			n = (of_low != 0 -> 1 : 0)
		};
		atomic {
			of_top = (IS_COPY(1, t) -> slot[1] : 0);
			n = n + (of_top != 0 -> 1 : 0)
		};
		if
		:: n == 2 ->
#ifdef MUTANT_MERGE_BLIND
			done = true;
#else
			done = (slot[0] == of_low);
#endif
			if
			:: done && STAMP(of_low) > STAMP(of_top) ->
				cas(slot[1], of_top,
				    RESTAMPED(of_top, STAMP(of_low)), done)
			:: else
			fi;
			if
			:: done -> cas(slot[0], of_low, FREED(of_low), done)
			:: else
			fi
		:: else -> done = (n == 1); break
		fi
	od
}

/* is_forbidden(): Joe's tombstone is a guard, Ann has none */
#ifdef MUTANT_NO_GUARD
#define FORBIDDEN false
#else
#define FORBIDDEN (who == JOE && tomb_s >= t)
#endif

#define IS_CLAIMABLE(p)                                                        \
	(IS_USE_FREE(slot[p], t) && VERSION(slot[p]) < VERSION_MAX)

/* record_key() of the address */
inline open()
{
	do
	:: scan();
		done = FORBIDDEN;
		if
		:: done -> done = false; break
		:: else
		fi;
		if
		:: n > 0 ->
			done = true;
			if
			:: t > STAMP(of_top) || IS_MARKED(of_top) ->
				d_step {
					mine = (t > STAMP(of_top) -> t
						: STAMP(of_top));
					seen = RESTAMPED(of_top, mine);
					mine = 0
				};
				cas(slot[top], of_top, seen, done)
			:: else
			fi
		:: else ->
			atomic {
				done = true;
				if
				:: IS_CLAIMABLE(0) -> mine = 0
				:: IS_CLAIMABLE(1) -> mine = 1
				:: !IS_CLAIMABLE(0) && !IS_CLAIMABLE(1) ->
					done = false
				fi;
				if
				:: done ->
					seen = CLAIM_OF(slot[mine], t);
					slot[mine] = seen
				:: else
				fi
			};
			if
			:: !done -> break
			:: else
			fi;
			atomic {
				scan();
				done = (n > 0);
				of_top = 0;
				top = 0
			};
			if
#ifndef MUTANT_NO_LOOK
			:: !done -> done = FORBIDDEN
#endif
			:: else
			fi;
			if
			:: done ->
				cas(slot[mine], seen, FREED(seen), done);
				done = false
			:: else ->
				cas(slot[mine], seen,
				    PUBLISHED(seen, 0, LIVE, t), done);
				n = 1
			fi
		fi;
		if
		:: done && n > 0 -> settle()
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

inline forget()
{
	atomic { seen = 0; of_low = 0; of_top = 0; top = 0; mine = 0; n = 0 }
}

/* record_key() of the user, in one step except the old copy of one who moves */
inline name()
{
	d_step {
		if
		:: who == JOE && tomb_s >= t -> done = false
		:: who == JOE && tomb_s < t ->
			joe_s = (t > joe_s -> t : joe_s);
			done = true
		:: who == ANN && (!grown || ann_new > 0) ->
			done = true;
			if
			:: grown -> ann_new = (t > ann_new -> t : ann_new)
			:: else -> ann_old = (t > ann_old -> t : ann_old)
			fi
		:: who == ANN && grown && ann_new == 0 ->
			done = true;
			ann_new = t
		fi;
		if /* the login by which the address may be granted */
		:: done && (who == ANN || tomb_s == 0 || t > tomb_s) && t > real_s ->
			real_s = t
		:: else
		fi
	};
	if
	:: who == ANN && ann_new > 0 && ann_old > 0 -> /* merge() */
		d_step {
			ann_new = (ann_old > ann_new -> ann_old : ann_new);
			ann_old = 0
		}
	:: else
	fi
}

proctype Login(byte who)
{
	short seen, of_low, of_top;
	byte t, n, top, mine;
	bool done;

	if /* cache_now() */
	:: t = now
	:: late && who == ANN -> t = 1
	fi;
#ifdef MUTANT_ADDRESS_FIRST
	open();
	if
	:: done -> name()
	:: else
	fi;
#else
	name();
	if
	:: done -> open()
	:: else
	fi;
#endif
	atomic {
		if
		:: done && who == ANN && t > ann_s -> ann_s = t
		:: else
		fi;
		done = false;
		t = 0
	}
}

/* Ann's keys have new homes. */
proctype Grow()
{
	grown = true
}

/* count_users(): the youngest, and whether there is any.  Old places first. */
inline count()
{
	do
	:: d_step {
			had = grown;
			youngest = joe_s /* Joe's younger login, if he has one */
		};
		youngest = (ann_old > youngest -> ann_old : youngest);
		if
		:: had ->
			d_step {
				youngest = (ann_new > youngest -> ann_new : youngest)
			}
		:: else
		fi;
#ifdef MUTANT_NO_RECOUNT
		break
#else
		if
		:: had == grown -> break
		:: else
		fi
#endif
	od
}

/* lower_at(), lower_copy() */
inline lower_at(P_)
{
	do
	:: seen = slot[P_];
		if
		:: STATE(seen) != LIVE -> break
		:: else
		fi;
#ifdef MUTANT_NO_MARK
		d_step { done = (slot[P_] == seen); marked = seen };
#else
		marked = MARKED(seen);
		cas(slot[P_], seen, marked, done);
#endif
		if
		:: done ->
			count();
			if
			:: youngest == 0 ->
				cas(slot[P_], marked, FREED(marked), done)
			:: else ->
				d_step {
					youngest = (STAMP(seen) > youngest
						-> youngest : STAMP(seen));
					seen = RESTAMPED(marked, youngest)
				};
#ifdef MUTANT_STORE_LOWERED
				store(slot[P_], seen, done)
#else
				cas(slot[P_], marked, seen, done)
#endif
			fi
		:: else
		fi;
		if
		:: done -> break
		:: else
		fi
	od;
	atomic { seen = 0; marked = 0; youngest = 0; had = false }
}

inline end_claim(P_)
{
	d_step {
		if
		:: STATE(slot[P_]) == CLAIMED -> slot[P_] = FREED(slot[P_])
		:: else
		fi
	}
}

proctype Revoker()
{
	short seen, marked;
	byte t, youngest;
	bool had, done;

	t = now; /* cache_now() */
	d_step { /* bury() */
		tomb_s = t;
		/* his earlier logins account for nothing from here on */
		real_s = (ann_old > ann_new -> ann_old : ann_new);
		real_s = (joe_s > t && joe_s > real_s -> joe_s : real_s)
	};
	d_step { /* end_key() of the user */
		joe_s = (joe_s > t -> joe_s : 0);
		t = 0
	};
#ifndef MUTANT_KEEP_CLAIMS
	end_claim(0);
	end_claim(1);
#endif
#ifdef MUTANT_LOWER_ONE
	if
	:: STATE(slot[1]) == LIVE -> lower_at(1)
	:: else -> lower_at(0)
	fi;
#elif defined MUTANT_LOWER_DOWNWARDS
	lower_at(1);
	lower_at(0);
#else
	lower_at(0);
	lower_at(1);
#endif
	atomic { is_done = true; done = false }
}

#define IS_LATER(p) (STATE(slot[p]) == LIVE && STAMP(slot[p]) > real_s)
#define IS_OPEN(p) (STATE(slot[p]) == LIVE && STAMP(slot[p]) >= ann_s)
active proctype Watch()
{
end:	atomic {
		if
		:: is_done && (IS_LATER(0) || IS_LATER(1)) ->
			assert(false) /* granted for a revoked user */
		:: ann_s > 0 && !IS_OPEN(0) && !IS_OPEN(1) ->
			assert(false) /* not granted, or ends too soon */
		fi
	}
}

init
{
	atomic {
		if /* earlier logins, and writers killed before a merge */
		:: skip
		:: late = true;
			now = 2;
			ann_old = 1;
			ann_s = 1;
			joe_s = 2;
			real_s = 2;
			slot[0] = WORD(1, 0, 0, LIVE, 2);
			slot[1] = WORD(1, 0, 0, LIVE, 1)
#ifndef SHORT
		:: ann_old = 1; ann_s = 1; real_s = 1;
			slot[0] = WORD(1, 0, 0, LIVE, 1)
		:: joe_s = 1; real_s = 1;
			slot[1] = WORD(1, 0, 0, LIVE, 1)
#endif
		fi;
		run Login(JOE);
#ifdef SHORT
		if
		:: late -> run Login(ANN)
		:: else
		fi;
#else
		run Login(ANN);
#endif
		if
		:: ann_old > 0 -> run Grow()
		:: else
		fi;
		run Revoker()
	}
}
