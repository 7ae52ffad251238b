/* SPDX-License-Identifier: ISC */
/*
 * Allocation of segments: room.c, and the switch of grow.c.
 *
 * Two writers and popauthd allocate, announce and switch at once.  Each of them
 * may be killed after any step.  A level is one bit of `file`.
 *
 * Asserted: a level that is announced is in the file; a level that is in use is
 * announced; levels only rise; a writer that needs a level below the limit
 * and is not killed gets it.
 *
 * Bounds: three levels, two of them allocated here; one round of popauthd, two
 * of each writer.
 *
 * Left out: errors of the file system, and the date of a switch (grow.pml).
 *
 * MUTANT_ANNOUNCE_FIRST: a level that is announced before it is allocated
 * MUTANT_STORE: an announcement by a store and not by a CAS
 * MUTANT_BLIND_SWITCH: a switch that does not compare the level in use
 * MUTANT_STALE_NEED: a limit that counts though another process made room
 * MUTANT_WAIT: a writer that leaves the allocation to popauthd
 *
 * short and long: the same states.
 */
#define LIMIT 2
#define BIT(level) (1 << (level))

byte file = 1;      /* the levels that are in the file */
byte allocated = 0; /* the highest level that is announced */
byte cur = 0;       /* the level in use */
byte highest = 0;   /* ghost: the highest cur so far */

#ifdef MUTANT_STALE_NEED
#define IS_NEEDED true
#else
#define IS_NEEDED (seen <= geometry)
#endif

/* add(): allocate, then the CAS [C9]; for the level after `geometry` */
inline add()
{
	seen = allocated;
	if
#ifndef MUTANT_STALE_NEED
	:: seen > geometry /* another process was faster */
#endif
	:: IS_NEEDED && seen < LIMIT ->
#ifdef MUTANT_ANNOUNCE_FIRST
		atomic {
			if
			:: allocated == seen -> allocated = seen + 1
			:: else
			fi
		};
		file = file | BIT(seen + 1)
#else
		file = file | BIT(seen + 1); /* fallocate(2) */
#ifdef MUTANT_STORE
		allocated = seen + 1
#else
		atomic {
			if
			:: allocated == seen -> allocated = seen + 1
			:: else
			fi
		}
#endif
#endif
	:: else
	fi
}

/* One that may be killed after each step is one that may end there. */
proctype Writer()
{
	byte seen, from, geometry, rounds;
	bool is_kept;

	do
	:: rounds < 2 ->
		rounds++;
		from = cur; /* its sixteen slots are taken there */
		/* grow_switch() */
		geometry = cur;
		is_kept = false;
		if
		:: geometry == from && allocated <= geometry ->
#ifdef MUTANT_WAIT
			is_kept = true
#else
			add();
			is_kept = (seen >= LIMIT && IS_NEEDED)
#endif
		:: else
		fi;
		if
		:: geometry == from && !is_kept ->
			atomic {
#ifdef MUTANT_BLIND_SWITCH
				cur = geometry + 1
#else
				if
				:: cur == geometry -> cur = geometry + 1
				:: else
				fi
#endif
				;
				assert(cur >= highest); /* levels only rise */
				highest = cur
			}
		:: else
		fi;
		/* A living grant makes room at the limit only. */
		assert(cur > from || from == LIMIT)
	:: rounds < 2 -> break /* killed */
	:: rounds == 2 -> break
	od
}

proctype Popauthd()
{
	byte seen, geometry;

	geometry = cur;
	if
	:: allocated <= geometry -> add()
	:: true /* killed, or stopped */
	fi
}

/* At every moment. */
active proctype Watch()
{
end:	atomic {
		(file & BIT(allocated)) == 0 || cur > allocated ->
		assert(false) /* a segment that is not there is used */
	}
}

init
{
	atomic {
		run Writer();
		run Writer();
		run Popauthd()
	}
}
