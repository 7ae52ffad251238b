/* SPDX-License-Identifier: ISC */
/*
 * grow.pml without time, and a look-up, by mapping or by pread, that takes one
 * step a place while the file grows and copies move:
 * shmcache_lookup(), cache_geometry() and cache_find_level_max().
 *
 * Asserted
 *   a login that has returned before a look-up begins is found by it;
 *   a look-up never reads beyond the end of the file.
 *
 * MUTANT_NO_SECOND_GEOMETRY: a miss accepted although the level changed
 * MUTANT_READ_DOWNWARDS: a look-up from the last place to the first
 *
 * short: 2 million states, 2 s; long: 16 million, 25 s.
 */
#define TICKS 1
#define STEPS
#include "grow.pml"

byte file;      /* levels that the file has room for */
byte allocated; /* the header's word */

proctype Grow()
{
	file = 1;      /* allocate() */
	allocated = 1; /* announced */
	geometry = GEOMETRY(0, 1, OPEN); /* geometry_switch() [C4] */
	geometry = GEOMETRY(0, 1, 1)     /* geometry_date() */
}

/* cache_geometry(): the two words by pread in any order, then fstat */
inline load_geometry()
{
	if
	:: g = geometry; a = allocated
	:: by_pread -> a = allocated; g = geometry
	fi;
	d_step {
		if
		:: a > file -> a = file
		:: else
		fi;
		if
		:: CUR(g) > a -> g = GEOMETRY(0, 0, SINCE(g))
		:: else
		fi;
		a = 0
	}
}

#ifdef MUTANT_READ_DOWNWARDS
#define HERE (N - 1 - i)
#else
#define HERE PLACE(i, FLOOR(g))
#endif

proctype Reader(bool by_pread)
{
	byte g, last, a, i;
	bool wanted, found;

	wanted = (done_s > 0);
	load_geometry();
	do
	:: i < N && IS_PLACE(HERE, FLOOR(g), CUR(g)) ->
		d_step {
			assert(HERE < 2 || file == 1);
			found = (STATE(slot[HERE]) == LIVE);
			i++
		};
		if
		:: found -> break
		:: else
		fi
	:: i < N && !IS_PLACE(HERE, FLOOR(g), CUR(g)) -> i++
	:: i == N ->
#ifdef MUTANT_NO_SECOND_GEOMETRY
		break
#else
		last = g;
		load_geometry();
		if
		:: CUR(g) > CUR(last) -> i = 0
		:: else -> break
		fi
#endif
	od;
	assert(found || !wanted)
}
