/* SPDX-License-Identifier: ISC */
/*
 * Growth, in place and without migration: grants die of age, so nothing ever
 * has to move.  The table is a row of segments, each as large as all before it
 * together; a key's home at level L is its hash modulo the buckets up to L.
 *
 *   geometry word  { floor:8 | cur:8 | 0:16 | since:32 }
 *
 *   step      who              what                     killed right after
 *   allocate  popauthd         fallocate the next       unused pages, found
 *                              segment: zeros are FREE  again by the next try
 *   announce  popauthd         allocated = L + 1        writers can switch
 *   switch    popauthd, or a   cur = L + 1,             OPEN: old places are
 *             writer that met  since = OPEN             always searched: slow,
 *             crowded buckets                           never wrong
 *   date      any writer that  since = clock, read
 *             sees OPEN        after OPEN was seen
 *   end       nobody           the window passes; readers search cur alone
 *   tidy      popauthd         floor = cur
 *
 * A login that finds its key in an old place inserts it anew at home, in a
 * later segment, and merges upwards (record.c); what nobody renews stays where
 * it is until it is over, and readers search the old levels until then.
 *
 * Why nothing is lost.  A writer reads its clock before the geometry.  If it
 * then sleeps and inserts at level L after a switch to L + 1, its stamp is
 * older than the switch's date, which was read after the switch.  So its grant
 * is over before readers stop to search level L.
 *
 * The file is never made smaller, no hole is punched, no segment is reused.
 */
#include "shmcache/grow.h"

#include "shmcache/word.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Load, in parts of a hundred, from which the next level is kept ready. */
#define READY_PERCENT 30u

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
	word_add(word, 1);
	(void)syscall(
	    SYS_futex, futex_of(word), FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* One call at a time: at its limit, a table must not cost a system call and a
 * sweep for each login. */
static void
call_for_room(struct layout_header *header)
{
	if (word_load(&header->wanted) == word_load(&header->served))
		bump_and_wake(&header->wanted);
}

bool
grow_switch(
    struct shmcache *cache, const struct cache_now *now, struct geometry from)
{
	struct layout_header *header = cache->header;
	const uint64_t seen = word_load_acquire(&header->geometry);
	struct geometry next = geometry_unpack(seen);

	if (next.cur != from.cur)
		return true; /* somebody did */
	if (word_load_acquire(&header->allocated) <= next.cur) {
		call_for_room(header);
		return false;
	}
	next.floor = geometry_lowest(next, now->now_s, now->window_s);
	next.cur++;
	next.since = GEOMETRY_OPEN;
	(void)word_cas(&header->geometry, seen, geometry_pack(next)); /* [W5] */
	grow_date(cache);
	return true;
}

void
grow_date(struct shmcache *cache)
{
	uint64_t *word = &cache->header->geometry;
	const uint64_t seen = word_load_acquire(word);
	struct geometry g = geometry_unpack(seen);

	if (g.since != GEOMETRY_OPEN)
		return;
	g.since = cache->clock_s(); /* now, not before OPEN was seen */
	(void)word_cas(word, seen, geometry_pack(g));
}

/* ---- popauthd ------------------------------------------------------------ */

void
grow_tidy(struct shmcache *cache, const struct cache_now *now)
{
	uint64_t *word = &cache->header->geometry;
	const uint64_t seen = word_load_acquire(word);
	struct geometry g = geometry_unpack(seen);
	const unsigned lowest = geometry_lowest(g, now->now_s, now->window_s);

	if (lowest == g.floor)
		return;
	g.floor = lowest;
	(void)word_cas(word, seen, geometry_pack(g));
}

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

static int
allocate(struct shmcache *cache, unsigned level)
{
	const uint64_t have = layout_file_bytes(cache->buckets_log2, level - 1);
	const uint64_t want = layout_file_bytes(cache->buckets_log2, level);

	if (!has_room(cache->fd, want - have))
		return -ENOSPC;
	/* Every page, now: ENOSPC is an answer, SIGBUS is not. */
	return -posix_fallocate(cache->fd, (off_t)have, (off_t)(want - have));
}

int
shmcache_grow(struct shmcache *cache, const struct shmcache_sweep *sweep,
    uint64_t n_slots_max, bool *grown_out)
{
	struct layout_header *header = cache->header;
	const uint64_t allocated = word_load_acquire(&header->allocated);
	struct geometry geometry;
	int error;

	*grown_out = false;
	if (cache->access != SHMCACHE_WRITE)
		return -EBADF;
	if ((error = cache_geometry(cache, &geometry)) != 0)
		return error;
	const uint64_t n_slots =
	    layout_n_buckets(cache->buckets_log2, geometry.cur) * LAYOUT_SLOTS;

	if (allocated > geometry.cur) /* ready already */
		return 0;
	if (!sweep->called && sweep->n_used * 100 < n_slots * READY_PERCENT)
		return 0;
	if (n_slots * 2 > n_slots_max ||
	    cache->buckets_log2 + geometry.cur + 1 > LAYOUT_BUCKETS_LOG2_MAX)
		return 0;
	error = allocate(cache, geometry.cur + 1);
	if (error != 0) {
		word_add(&header->ungrown, 1);
		return error;
	}
	*grown_out = word_cas(&header->allocated, allocated, geometry.cur + 1u);
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

	if ((uint32_t)word_load_acquire(word) == seen)
		(void)syscall(SYS_futex, futex_of(word), FUTEX_WAIT, seen,
		    &timeout, NULL, 0);
	const uint64_t now = word_load_acquire(word);
	const bool woken = (uint32_t)now != seen;

	cache->woken = now;
	return woken;
}

void
shmcache_wake(struct shmcache *cache)
{
	bump_and_wake(&cache->header->wanted);
}
