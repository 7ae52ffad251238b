/* SPDX-License-Identifier: ISC */
/*
 * Growth, in place and without migration: grants expire, so nothing ever has
 * to move.  The table is a row of segments, each as large as all before it
 * together; a key's home at level L is its hash modulo the buckets up to L.
 *
 *   step      who              what                     killed right after
 *   call      writer that saw  wanted++, a futex        popauthd estimates the
 *             a quarter in use                          load: served = wanted
 *   allocate  popauthd, or a   fallocate the next       unused pages; the next
 *             writer that has    segment: zeros are FREE  try finds them
 *   announce  to switch        allocated = L + 1        writers can switch
 *   switch    writer that met  cur = L + 1,             OPEN: old places are
 *             crowded buckets  since = OPEN             always searched: slow,
 *             in a full table                           never wrong
 *   date      any writer that  since = clock, read
 *             sees OPEN        after OPEN was seen
 *   end       (time)           the window passes; readers search cur alone
 *   tidy      popauthd         floor = cur
 *
 * A login that finds its key in an old place inserts it again at home, in a
 * later segment, and merges upwards (record.c).  A key that no login renews
 * stays in its old place until it expires; readers search old levels so long.
 *
 * When to double.  Crowded buckets alone are no reason: just after a doubling
 * the old half is as crowded as before, and the table would double again at
 * once.  So a writer that meets crowded buckets reads a sample of all buckets,
 * and switches when 38 % of the slots are used.  In a simulation 500 tables
 * grew to a million slots without any renewal.  They doubled at loads of 0.33
 * to 0.38, and no key found its sixteen slots taken.  (At 42 % one key in ten
 * million did, at 50 % one in ten thousand.)  A writer that finds them taken
 * switches.
 *
 * Who allocates.  popauthd does, before the level is needed, because a login
 * should not wait for pages.  A writer that has to switch and does not find the
 * level allocates it itself (room.c).  So no living grant makes room for another
 * one below the limit, even if popauthd is dead, stopped or late.  Crowded
 * buckets alone let one writer in 64 try, so that a table without room costs
 * few system calls; a writer that finds all sixteen slots taken always tries.
 *
 * When to call.  One insert in 64 checks whether to call for room, long before
 * the table doubles: popauthd has the time in which the load rises from 25 to
 * 38 %.  A small table fills in a millisecond, so it asks for room at 1 % load
 * and for two levels at once; an empty table has no level preallocated.  There
 * is one open call at a time.  A call that popauthd cannot answer (the table's
 * limit, a full file system) stays open until the next sweep.
 *
 * Why nothing is lost.  A writer reads its clock before the geometry.  Suppose
 * it then sleeps and inserts at level L after a switch to L + 1.  Its stamp is
 * older than the switch's date, which was read after the switch.  So its grant
 * expires before readers stop searching level L.
 *
 * The file is never made smaller, no hole is punched, no segment is reused.
 */
#include "shmcache/grow.h"

#include "common/word.h"
#include "shmcache/room.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Loads from which the next level is kept allocated (small table, any other
 * table), and at which the table doubles. */
#define READY_EARLY_PERCENT 1u
#define READY_PERCENT 25u
#define SWITCH_PERCENT 38u

/* Buckets of a sample: 512 slots, an error of 2 %. */
#define SAMPLE_BUCKETS 64u

/* Up to this size of the file two levels are kept ready. */
#define SMALL_BYTES ((uint64_t)16 << 20)

/* ---- load ----------------------------------------------------- */

/* Whether at least this part of the slots is used (live or claimed), by a
 * sample. */
static bool
is_loaded(struct shmcache *cache, const struct cache_now *now,
    struct geometry geometry, unsigned percent)
{
	const uint64_t n_buckets =
	    layout_n_buckets(cache->buckets_log2, geometry.cur);
	unsigned n_used = 0;

	/* Spread evenly over old and new segments. */
	for (unsigned i = 0; i < SAMPLE_BUCKETS; i++) {
		uint64_t controls[LAYOUT_SLOTS];

		if (cache_peek_controls(
			cache, i * (n_buckets / SAMPLE_BUCKETS), controls) != 0)
			continue;
		for (unsigned slot = 0; slot < LAYOUT_SLOTS; slot++)
			n_used += control_state(controls[slot]) != SLOT_FREE &&
				  !is_expired(control_stamp(controls[slot]),
				      now->now_s, now->window_s);
	}
	return n_used * 100 >= percent * SAMPLE_BUCKETS * LAYOUT_SLOTS;
}

static bool
is_small(const struct shmcache *cache, unsigned level)
{
	return layout_file_bytes(cache->buckets_log2, level + 2) <= SMALL_BYTES;
}

/* The level that should be allocated while this one is in use, from a load of
 * ready_percent() on. */
static unsigned
level_ahead(const struct shmcache *cache, unsigned level)
{
	const unsigned highest = LAYOUT_BUCKETS_LOG2_MAX - cache->buckets_log2;
	const unsigned ahead = level + (is_small(cache, level) ? 2 : 1);

	return ahead < highest ? ahead : highest;
}

static unsigned
ready_percent(const struct shmcache *cache, unsigned level)
{
	return is_small(cache, level) ? READY_EARLY_PERCENT : READY_PERCENT;
}

/* ---- writers ------------------------------------------------------------- */

/* The half of the word that a CAS of small numbers changes. */
static uint32_t *
futex_of(uint64_t *word)
{
	uint32_t *half = (uint32_t *)(void *)word;

	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? half : half + 1;
}

static void
bump_and_wake(uint64_t *word)
{
	word_add(word, 1); /* [N2] before futex(2) */
	(void)syscall(
	    SYS_futex, futex_of(word), FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static bool
is_called(const struct layout_header *header)
{
	/* [R6] a missed call is made again */
	return word_load(&header->wanted) != word_load(&header->served);
}

static void
call_for_room(struct layout_header *header)
{
	if (!is_called(header))
		bump_and_wake(&header->wanted);
}

bool
grow_switch(
    struct shmcache *cache, const struct cache_now *now, struct geometry from)
{
	struct layout_header *header = cache->header;
	/* [A2] before `allocated` */
	const uint64_t seen = word_load_acquire(&header->geometry);
	const unsigned cur = geometry_unpack(seen).cur;

	if (cur != from.cur)
		return true; /* another writer switched */
	/* [A5] before its segment */
	if (word_load_acquire(&header->allocated) <= cur) {
		call_for_room(header);
		if (room_try_add(cache, cur + 1, now->now_s) != 0)
			return false;
	}
	geometry_switch(&header->geometry, seen, now->now_s, now->window_s);
	geometry_date(&header->geometry, cache->clock_s);
	return true;
}

bool
grow_on_insert(struct shmcache *cache, const struct cache_now *now,
    struct geometry from, const struct key *key, enum grow_sight sight)
{
	struct layout_header *header = cache->header;
	/* [A5] before its segment */
	const uint64_t allocated = word_load_acquire(&header->allocated);

	if (sight == GROW_SIGHT_FULL)
		return grow_switch(cache, now, from);
	if (sight == GROW_SIGHT_CROWDED &&
	    (allocated > from.cur ||
		(key_is_sample(key) && room_is_allowed(cache))) &&
	    is_loaded(cache, now, from, SWITCH_PERCENT))
		return grow_switch(cache, now, from);
	if (key_is_sample(key) && allocated < level_ahead(cache, from.cur) &&
	    !is_called(header) &&
	    is_loaded(cache, now, from, ready_percent(cache, from.cur)))
		call_for_room(header);
	return false;
}

/* ---- popauthd ------------------------------------------------------------ */

/* Whether the next level should be allocated by now. */
static bool
needs_room(struct shmcache *cache, const struct cache_now *now,
    const struct shmcache_sweep *sweep)
{
	const unsigned level = now->geometry.cur;
	const unsigned percent = ready_percent(cache, level);

	if (sweep == NULL)
		return is_loaded(cache, now, now->geometry, percent);
	return sweep->n_used * 100 >=
	       layout_n_buckets(cache->buckets_log2, level) * LAYOUT_SLOTS *
		   percent;
}

/* Close the call; writers may call again. */
static void
answer(struct layout_header *header, uint64_t heard)
{
	/* [R6] popauthd alone writes it */
	const uint64_t served = word_load(&header->served);

	if (served != heard)
		/* [C10] after the room was allocated */
		(void)word_cas(&header->served, served, heard);
}

int
shmcache_grow(
    struct shmcache *cache, const struct shmcache_sweep *sweep, bool *grown_out)
{
	struct layout_header *header = cache->header;
	struct cache_now now;
	uint64_t heard;
	int error;

	*grown_out = false;
	if (cache->access != SHMCACHE_WRITE)
		return -EBADF;
	/* Before anything is read: see shmcache_sweep(). */
	if (!cache_is_whole(cache))
		return SHMCACHE_BAD_SIZE;
	/* [A7] before the load is estimated */
	heard = word_load_acquire(&header->wanted);
	if ((error = cache_now(cache, &now)) != 0)
		return error;
	const unsigned level = now.geometry.cur;

	if (needs_room(cache, &now, sweep)) {
		/* [A5] the loop adds what is missing */
		while (word_load_acquire(&header->allocated) <
		       level_ahead(cache, level)) {
			if (!room_is_allowed(cache))
				return 0; /* the call stays open */
			if ((error = room_add(cache, level_ahead(cache, level),
				 now.now_s)) != 0)
				return error;
			*grown_out = true;
		}
	}
	answer(header, heard);
	return 0;
}

bool
shmcache_wait(struct shmcache *cache, unsigned timeout_ms)
{
	const struct timespec timeout = {
	    .tv_sec = timeout_ms / 1000,
	    .tv_nsec = (long)(timeout_ms % 1000) * 1000000,
	};
	uint64_t *word = &cache->header->wanted;
	const uint32_t seen = (uint32_t)cache->woken;

	/* [A7] futex(2) compares it again */
	if ((uint32_t)word_load_acquire(word) == seen)
		(void)syscall(SYS_futex, futex_of(word), FUTEX_WAIT, seen,
		    &timeout, NULL, 0);
	/* Cut short while it slept: the next call reports that. */
	if (!cache_is_whole(cache))
		return true;
	/* [A7] before the load is estimated */
	const uint64_t now = word_load_acquire(word);
	const bool woken = (uint32_t)now != seen;

	cache->woken = now;
	return woken;
}

void
shmcache_wake(struct shmcache *cache)
{
	if (cache_is_whole(cache))
		bump_and_wake(&cache->header->wanted);
}
