/* SPDX-License-Identifier: ISC */
/*
 * Allocation of the next segment, by popauthd or by any writer.
 *
 *   step      what                          killed right after
 *   allocate  fallocate the segment: zeros  unused pages; the next process
 *             are FREE                      finds them
 *   announce  CAS allocated, L to L + 1     writers can switch
 *
 * Two processes that allocate the same segment do the same twice: fallocate(2)
 * leaves pages alone that are there, and the second CAS fails.  `allocated`
 * only rises, so a process that slept cannot announce a level again.  A process
 * that is interrupted in its fallocate(2) may take back unused pages that
 * another one has just allocated.  It tries again.  If it was killed instead,
 * the kernel allocates such a page at its first use; a quarter of the file
 * system is kept free.
 *
 * A login runs in a POP server, with that server's limits.  A file that is
 * larger than RLIMIT_FSIZE would mean SIGXFSZ, so the limit is checked first.
 * glibc's posix_fallocate(3) writes zeros where a file system has no
 * fallocate(2), which would destroy grants of faster writers.  So a writer
 * leaves such a file system to popauthd, which comes before all writers: until
 * it announces the level no process writes there.
 *
 *   full word  { valid:1 | 0:15 | error:16 | stamp:32 }
 */
#include "shmcache/room.h"

#include "common/word.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#define FULL_VALID ((uint64_t)1 << 63)

/* Signals that may interrupt one allocation. */
#define TRIES 8

/* ---- why it failed ------------------------------------------------------- */

static uint64_t
full_pack(int error, uint32_t now_s)
{
	return FULL_VALID | (uint64_t)(uint16_t)error << 32 | now_s;
}

static int
full_error(uint64_t full)
{
	return (full & FULL_VALID) == 0 ? 0 : (int16_t)(full >> 32 & 0xffffu);
}

static void
keep_error(struct shmcache *cache, int error, uint32_t now_s)
{
	struct layout_header *header = cache->header;
	/* [R3] the CAS compares it */
	const uint64_t seen = word_load(&header->full);
	const uint64_t full = full_pack(error, now_s);

	if (error < 0)
		word_add(&header->ungrown, 1); /* [N1] a counter */
	if (seen != full)
		/* [C10] it refers to nothing */
		(void)word_cas(&header->full, seen, full);
}

int
room_error(const struct shmcache *cache)
{
	/* [R3] a reason */
	return full_error(word_load(&cache->header->full));
}

/* ---- allocation ---------------------------------------------------------- */

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

static bool
may_be_so_large(uint64_t bytes)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	       (limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur);
}

/* Every page, now: ENOSPC is an answer, SIGBUS is not. */
static int
allocate(int fd, uint64_t have, uint64_t want, bool is_writer)
{
	const off_t start = (off_t)have, len = (off_t)(want - have);
	int error = EINTR;

	if (!may_be_so_large(want))
		return -EFBIG;
	if (!has_room(fd, want - have))
		return -ENOSPC;
	for (unsigned i = 0; i < TRIES && error == EINTR; i++) {
		error = fallocate(fd, 0, start, len) == 0 ? 0 : errno;
		if (error == EOPNOTSUPP && !is_writer)
			error = posix_fallocate(fd, start, len);
	}
	return -error;
}

/* Whether the limit allows one level more than this one. */
static bool
is_allowed(const struct shmcache *cache, uint64_t level)
{
	const unsigned k = cache->buckets_log2;

	return level < LAYOUT_BUCKETS_LOG2_MAX - k &&
	       layout_n_buckets(k, (unsigned)level + 1) * LAYOUT_SLOTS <=
		   /* [R3] a limit */
		   word_load(&cache->header->slots_max);
}

bool
room_is_allowed(struct shmcache *cache)
{
	/* [A5] a hint */
	return is_allowed(cache, word_load_acquire(&cache->header->allocated));
}

static int
add(struct shmcache *cache, unsigned level, uint32_t now_s, bool is_writer)
{
	const unsigned k = cache->buckets_log2;
	uint64_t *word = &cache->header->allocated;
	/* [A5] the CAS compares it */
	const uint64_t seen = word_load_acquire(word);
	int error = SHMCACHE_LIMIT;

	if (seen >= level)
		return 0; /* by another process, perhaps the last one */
	if (is_allowed(cache, seen))
		error =
		    allocate(cache->fd, layout_file_bytes(k, (unsigned)seen),
			layout_file_bytes(k, (unsigned)seen + 1), is_writer);
	if (error != 0) {
		keep_error(cache, error, now_s);
		return error;
	}
	/* [C9] after the segment is there; if it fails, another process was
	 * faster */
	(void)word_cas(word, seen, seen + 1);
	return 0;
}

int
room_add(struct shmcache *cache, unsigned level, uint32_t now_s)
{
	return add(cache, level, now_s, false);
}

int
room_try_add(struct shmcache *cache, unsigned level, uint32_t now_s)
{
	/* [R3] a reason */
	const uint64_t full = word_load(&cache->header->full);

	if (full_error(full) < 0 && (uint32_t)full == now_s)
		return full_error(full);
	return add(cache, level, now_s, true);
}
