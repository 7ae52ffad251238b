/* SPDX-License-Identifier: ISC */
/*
 * One key while the table doubles: record.c, grow.c and geometry.c.
 *
 * Two logins of one key run at once.  Another process switches to the next
 * level, dates the switch, and drops the old level a window later.  A look-up
 * runs at every moment.  At first the key has no copy, one, or two whose
 * writers were killed before they merged.
 *
 * Places have the order that all processes share.  0 and 1 are the homes of
 * level 0; at level 1 either, both or none of them has moved, to 2 and to 3.
 * Two slots of one bucket behave as two homes that move together.
 *
 * Asserted: a login that has returned is found until its window is over.
 *
 * Bounds: one doubling, four clock readings with a window of two, so that a
 * login can sleep for longer than the window; a round of a login is tried once.
 *
 * Left out: other keys, payload (slot.pml), tombstones, and further rounds.
 * The check that a copy is at home after the write is left out too: to read the
 * clock before the geometry is enough.  Grow dates a switch as a writer does,
 * and may be as late.  A pass over the places is one step; pass.pml has a
 * look-up step by step, without time.  A claim that is lost when it is made is
 * a login that gave up.
 *
 * MUTANT_CLOCK_AFTER_GEOMETRY: a login that reads its clock after the geometry
 * MUTANT_DATE_BEFORE_SWITCH: a switch dated by a clock read before it
 * MUTANT_NO_MERGE_STAMP: a merge that does not keep the later stamp
 * MUTANT_MERGE_INTO_OLD: a merge into a place of an old level
 * MUTANT_MERGE_INTO_NEXT: a merge into the next copy, not into the highest
 * MUTANT_MERGE_BLIND: a merge that does not check whether the level changed
 * MUTANT_ORDER_BY_LEVEL: an order of places that depends on the level
 * MUTANT_WINDOW_LATE: old levels dropped a second too soon
 *
 * short: 3 million states, 4 s; long: 28 million, 50 s.
 */
#define WINDOW 2
#define VERSION_MAX 3
#ifndef TICKS
#define TICKS 4
#endif
#include "words.pml"

#define N 4
#define OPEN 7  /* since: switched, not yet dated */
#define GEOMETRY(floor, cur, since) ((floor) << 4 | (cur) << 3 | (since))
#define FLOOR(g) ((g) >> 4)
#define CUR(g) (((g) >> 3) & 1)
#define SINCE(g) ((g) & 7)

short slot[N];
byte geometry = GEOMETRY(0, 0, 0);
byte home0, home1; /* of level 1 */
bool has_begun;    /* a login has read its clock */
byte done_s;       /* ghost: the youngest login that has returned */

#define IS_HOME(p, level)                                                      \
	((level) == 0 -> (p) < 2 : ((p) == home0 || (p) == home1))
/* places_of() */
#define IS_PLACE(p, floor, cur)                                                \
	(((floor) == 0 && (p) < 2) ||                                          \
	    ((cur) == 1 && ((p) == home0 || (p) == home1)))
/* geometry_lowest() */
#ifdef MUTANT_WINDOW_LATE
#define OVER(g, t) ((t) - SINCE(g) >= WINDOW - 1)
#else
#define OVER(g, t) ((t) - SINCE(g) > WINDOW)
#endif
#define LOWEST(g, t)                                                           \
	((SINCE(g) == OPEN || !OVER(g, t)) -> FLOOR(g) : CUR(g))
/* The i-th place in the order. */
#ifdef MUTANT_ORDER_BY_LEVEL
#define PLACE(i, floor)                                                        \
	((home0 == 2 && home1 == 1 && (floor) == 1 && (i) > 0 && (i) < 3)      \
		-> 3 - (i)                                                     \
		: (i))
#else
#define PLACE(i, floor) (i)
#endif

/* scan(): how many copies, the lowest, the one above it, the highest */
inline pass(GEO_)
{
	i = 0;
	n = 0;
	do
	:: i < N && IS_PLACE(PLACE(i, FLOOR(GEO_)), FLOOR(GEO_), CUR(GEO_)) ->
		d_step {
			p = PLACE(i, FLOOR(GEO_));
			if
			:: STATE(slot[p]) == LIVE &&
			    !IS_EXPIRED(STAMP(slot[p]), t) ->
				if
				:: n == 0 -> low = p; of_low = slot[p]
#ifdef MUTANT_MERGE_INTO_NEXT
				:: n == 1 -> next = p; of_next = slot[p]
#endif
				:: else
				fi;
				top = p;
				of_top = slot[p];
				n++
			:: else
			fi;
			p = 0;
			i++
		}
	:: i < N && !IS_PLACE(PLACE(i, FLOOR(GEO_)), FLOOR(GEO_), CUR(GEO_)) ->
		i++
	:: i == N -> break
	od;
	atomic {
		i = 0;
		low = (n == 0 -> 0 : low);
		of_low = (n == 0 -> 0 : of_low);
		top = (n == 0 -> 0 : top);
		of_top = (n == 0 -> 0 : of_top)
	}
}

#define scan(g) atomic { pass(g) }

/* settle(), or scan_is_alone() before it: true when one copy is left */
inline settle()
{
	do
	::
#ifdef MUTANT_MERGE_BLIND
		g2 = geometry;
#endif
		atomic {
#ifdef MUTANT_MERGE_BLIND
			pass(g2);
			done = true
#else
			g2 = geometry;
			pass(g2);
			/* Were all stamps read before a switch? */
			done = (CUR(geometry) == CUR(g2))
#endif
		};
		if
		:: n <= 1 -> done = (n == 1); break
#ifndef MUTANT_MERGE_INTO_OLD
		:: n > 1 && done && !IS_HOME(top, CUR(g2)) ->
			done = false;
			break
		:: n > 1 && done && IS_HOME(top, CUR(g2)) ->
#else
		:: n > 1 && done ->
#endif
#ifdef MUTANT_MERGE_INTO_NEXT
			d_step { top = next; of_top = of_next };
#endif
#ifndef MUTANT_NO_MERGE_STAMP
			if
			:: STAMP(of_low) > STAMP(of_top) ->
				cas(slot[top], of_top,
				    RESTAMPED(of_top, STAMP(of_low)), done)
			:: else
			fi;
#endif
			if
			:: done -> cas(slot[low], of_low, FREED(of_low), done)
			:: else
			fi
		:: n > 1 && !done
		fi
	od
}

/* home_copy(): the highest copy, if it is at home */
#define HAS_HOME (n > 0 && IS_HOME(top, CUR(g)))

proctype Writer(bool is_second)
{
	short seen, of_low, of_top;
	byte t, g, g2, i, n, p, low, top, before, mine;
#ifdef MUTANT_MERGE_INTO_NEXT
	short of_next;
	byte next;
#endif
	bool done;

	/* cache_now() */
	!is_second || has_begun; /* they are twins: one is the first */
#ifdef MUTANT_CLOCK_AFTER_GEOMETRY
	d_step { g = geometry; has_begun = true };
	t = now;
#else
	d_step { t = now; has_begun = true };
	g = geometry;
#endif
	do /* record_key() */
	:: scan(g);
		if
		:: HAS_HOME -> /* refresh() */
			done = true;
			if
			:: t > STAMP(of_top) ->
				cas(slot[top], of_top, RESTAMPED(of_top, t),
				    done)
			:: else
			fi;
			if
			:: done -> settle()
			:: else
			fi
		:: else -> /* insert(), above the copies that are there */
			if
			:: IS_HOME(0, CUR(g)) && n == 0 -> p = 0
			:: IS_HOME(1, CUR(g)) && (n == 0 || 1 > top) -> p = 1
			:: IS_HOME(2, CUR(g)) -> p = 2
			:: IS_HOME(3, CUR(g)) -> p = 3
			fi;
			d_step { /* a claim that is lost is lost later, too */
				before = n;
				done = IS_USE_FREE(slot[p], t);
				if
				:: done ->
					seen = CLAIM_OF(slot[p], t);
					slot[p] = seen
				:: else
				fi
			};
			if
			:: done ->
				atomic {
					g2 = geometry;
					mine = p;
					pass(g2);
					p = mine;
					mine = 0
				};
				if
				:: n != before || CUR(g2) != CUR(g) ->
					cas(slot[p], seen, FREED(seen), done);
					done = false
				:: else ->
					cas(slot[p], seen,
					    PUBLISHED(seen, 0, LIVE, t), done)
				fi;
				d_step { p = 0; seen = 0; before = 0 };
				if
				:: done -> settle()
				:: else
				fi
			:: else
			fi
		fi;
		atomic {
			seen = 0; p = 0; low = 0; of_low = 0; top = 0;
			of_top = 0; n = 0; before = 0; g2 = 0
		};
		break /* done, or this round is lost */
	od;
	atomic {
		if
		:: done && t > done_s -> done_s = t
		:: else
		fi;
		done = false; t = 0; g = 0
	}
}

/* popauthd, or a writer that met crowded buckets */
#ifndef STEPS
proctype Grow()
{
	byte t;

#ifdef MUTANT_DATE_BEFORE_SWITCH
	t = now;
	geometry = GEOMETRY(0, 1, t);
#else
	geometry = GEOMETRY(0, 1, OPEN); /* geometry_switch() [C4] */
	t = now; /* geometry_date() */
	geometry = GEOMETRY(0, 1, t);
#endif
	t = 0;
end:	atomic { /* geometry_tidy(), when there is something to do for it */
		LOWEST(geometry, now) == 1 ->
		geometry = GEOMETRY(1, 1, SINCE(geometry))
	}
}

/* A look-up in one step, at every moment */
#define IS_FOUND_AT(p)                                                         \
	(IS_PLACE(p, LOWEST(geometry, now), CUR(geometry)) &&                  \
	    STATE(slot[p]) == LIVE && LIVES(STAMP(slot[p])))
active proctype Watch()
{
end:	atomic {
		LIVES(done_s) && done_s > 0 && !IS_FOUND_AT(0) &&
		    !IS_FOUND_AT(1) && !IS_FOUND_AT(2) && !IS_FOUND_AT(3) ->
		assert(false) /* a live grant is lost */
	}
}
#endif

init
{
	atomic {
		if
		:: home0 = 0; home1 = 3
		:: home0 = 2; home1 = 1
#if !defined SHORT && !defined STEPS
		:: home0 = 2; home1 = 3
		:: home0 = 0; home1 = 1
#endif
		fi;
		if
		:: slot[0] = WORD(1, 0, 0, LIVE, 1);
			slot[1] = WORD(1, 0, 0, LIVE, 1)
#ifndef SHORT
		:: slot[0] = WORD(1, 0, 0, LIVE, 1)
		:: slot[1] = WORD(1, 0, 0, LIVE, 1)
#endif
#ifndef SHORT
		:: skip
#endif
		fi;
		if
		:: slot[0] != 0 || slot[1] != 0 -> done_s = 1
		:: else
		fi;
		run Writer(false);
		run Writer(true);
		run Grow();
#ifdef STEPS
		if
		:: run Reader(false)
		:: run Reader(true)
		fi
#endif
	}
}
