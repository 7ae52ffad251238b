/* SPDX-License-Identifier: ISC */
/*
 * Growth, in place and without migration: grants die of age, so nothing ever
 * has to move.  The table is a row of segments, each as large as all before it
 * together; a key's home at level L is its hash modulo the buckets up to L.
 *
 *   geometry word  { floor:8 | cur:8 | 0:16 | since:32 }
 *
 *   step      who              what                     killed right after
 *   call      writer that saw  wanted++, a futex        popauthd looks, and
 *             it a quarter full                         answers: served = wanted
 *   allocate  popauthd         fallocate the next       unused pages, found
 *                              segment: zeros are FREE  again by the next try
 *   announce  popauthd         allocated = L + 1        writers can switch
 *   switch    writer that met  cur = L + 1,             OPEN: old places are
 *             crowded buckets  since = OPEN             always searched: slow,
 *             in a full table                           never wrong
 *   date      any writer that  since = clock, read
 *             sees OPEN        after OPEN was seen
 *   end       nobody           the window passes; readers search cur alone
 *   tidy      popauthd         floor = cur
 *
 * A login that finds its key in an old place inserts it anew at home, in a
 * later segment, and merges upwards (record.c); what nobody renews stays where
 * it is until it is over, and readers search the old levels until then.
 *
 * When.  Crowded buckets alone say little: just after a doubling the old half
 * is as crowded as before, and a table that doubled on sight would double again
 * at once.  So a writer who meets them looks at a sample of all buckets, and
 * switches when 38 in a hundred slots are used.  Simulated with 500 tables that
 * grow to a million slots while nobody renews: doublings at loads of 0.33 to
 * 0.38, and no key that finds its sixteen slots taken.  (At 42: one in some ten
 * million does; at 50, one in some ten thousand.)  Should one find them so, that
 * is reason enough to switch.
 *
 * Room is called for long before, by one insert in 64, so that popauthd has the
 * time in which the table fills from a quarter to the half.  A small table fills
 * in a millisecond: it calls when it has hardly begun, and for two levels; an
 * empty one has none ahead.  One
 * call stands at a time; one that cannot be answered (the table's limit, a full
 * file system) stands until popauthd's next sweep, so that a table at its limit
 * costs no writer a system call.
 *
 * Why nothing is lost.  A writer reads its clock before the geometry.  If it
 * then sleeps and inserts at level L after a switch to L + 1, its stamp is
 * older than the switch's date, which was read after the switch.  So its grant
 * is over before readers stop to search level L.
 *
 * The file is never made smaller, no hole is punched, no segment is reused.
 */
#include "shmcache/grow.h"

#include "common/word.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Loads, in parts of a hundred: from which on room is kept ready (for a small
 * table, for any other), and at which the table doubles. */
#define READY_EARLY_PERCENT 1u
#define READY_PERCENT 25u
#define SWITCH_PERCENT 38u

/* Buckets that are looked at to tell the load: 512 slots, 2 per cent off. */
#define SAMPLE_BUCKETS 64u

/* Up to this size of the file two levels are kept ready. */
#define SMALL_BYTES ((uint64_t)16 << 20)

/* ---- how full, how far ----------------------------------------------------- */

/* Whether so many of a hundred slots are used: live, or being claimed. */
static bool
is_loaded(struct shmcache *cache, const struct cache_now *now,
    struct geometry geometry, unsigned percent)
{
	const uint64_t n_buckets =
	    layout_n_buckets(cache->buckets_log2, geometry.cur);
	unsigned n_used = 0;

	/* Spread over old and new segments alike. */
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

/* The level that should be allocated while this one is in use, once the load
 * is that of ready_percent(). */
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
	/* [R6] who is mistaken calls again */
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
	if (sight == GROW_SIGHT_CROWDED && allocated > from.cur &&
	    is_loaded(cache, now, from, SWITCH_PERCENT))
		return grow_switch(cache, now, from);
	if (key_is_sample(key) && allocated < level_ahead(cache, from.cur) &&
	    !is_called(header) &&
	    is_loaded(cache, now, from, ready_percent(cache, from.cur)))
		call_for_room(header);
	return false;
}

/* ---- popauthd ------------------------------------------------------------ */

/* Whether the file system keeps a quarter free after this many bytes more. */
static bool
has_room(int fd, uint64_t bytes)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) == -1 || fs.f_bsize <= 0)
		return false;
	if (fs.f_blocks == 0)
		return true; /* a tmpfs without a limit */
	const uint64_t blocks = bytes / (uint64_t)fs.f_bsize + 1;

	return fs.f_bavail >= blocks && fs.f_bavail - blocks >= fs.f_blocks / 4;
}

/* Whether the limit allows the next level. */
static bool
may_allocate(const struct shmcache *cache, uint64_t n_slots_max)
{
	/* [A5] popauthd alone writes it */
	const uint64_t allocated = word_load_acquire(&cache->header->allocated);

	return layout_n_buckets(cache->buckets_log2, (unsigned)allocated + 1) *
		   LAYOUT_SLOTS <=
	       n_slots_max;
}

static int
allocate_next(struct shmcache *cache)
{
	uint64_t *word = &cache->header->allocated;
	/* [A5] the CAS compares it */
	const uint64_t seen = word_load_acquire(word);
	const uint64_t have =
	    layout_file_bytes(cache->buckets_log2, (unsigned)seen);
	const uint64_t want =
	    layout_file_bytes(cache->buckets_log2, (unsigned)seen + 1);
	int error;

	if (!has_room(cache->fd, want - have))
		return -ENOSPC;
	/* Every page, now: ENOSPC is an answer, SIGBUS is not. */
	error = posix_fallocate(cache->fd, (off_t)have, (off_t)(want - have));
	if (error != 0)
		return -error;
	/* [C9] behind the segment */
	return word_cas(word, seen, seen + 1) ? 0 : -EAGAIN;
}

/* Whether the next level should be there by now. */
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

/* Writers may call again. */
static void
answer(struct layout_header *header, uint64_t heard)
{
	/* [R6] popauthd alone writes it */
	const uint64_t served = word_load(&header->served);

	if (served != heard)
		/* [C10] behind the new room */
		(void)word_cas(&header->served, served, heard);
}

int
shmcache_grow(struct shmcache *cache, const struct shmcache_sweep *sweep,
    uint64_t n_slots_max, bool *grown_out)
{
	struct layout_header *header = cache->header;
	struct cache_now now;
	uint64_t heard;
	int error;

	*grown_out = false;
	if (cache->access != SHMCACHE_WRITE)
		return -EBADF;
	/* Before anything in it is touched: see shmcache_sweep(). */
	if (!cache_is_whole(cache))
		return SHMCACHE_BAD_SIZE;
	/* [A7] before what it calls for is looked at */
	heard = word_load_acquire(&header->wanted);
	if ((error = cache_now(cache, &now)) != 0)
		return error;
	const unsigned level = now.geometry.cur;

	if (needs_room(cache, &now, sweep)) {
		/* [A5] popauthd alone writes it */
		while (word_load_acquire(&header->allocated) <
		       level_ahead(cache, level)) {
			if (!may_allocate(cache, n_slots_max))
				return 0; /* the call stands */
			if ((error = allocate_next(cache)) != 0) {
				/* [N1] a counter */
				word_add(&header->ungrown, 1);
				return error;
			}
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
	/* Cut short meanwhile: who looks at the table is told. */
	if (!cache_is_whole(cache))
		return true;
	/* [A7] before the table is looked at */
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
