/* SPDX-License-Identifier: ISC */
/*
 * The table's file: create, map, close.
 *
 * A table gets its name only when it is complete, so a process never opens an
 * unfinished one.  The file is never made smaller; shmcache_open() checks that
 * it is as long as its header says.
 */
#include "common/clock.h"
#include "common/word.h"
#include "shmcache/board.h"
#include "shmcache/cache.h"
#include "shmcache/check.h"
#include "shmcache/never.h"
#include "shmcache/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- create ------------------------------------------------------------ */

/* Window and prefix length; the rest of params is whole.c's. */
#define PARAMS_VALUES (((uint64_t)1 << 40) - 1)

static uint64_t
params_pack(const struct shmcache_params *params)
{
	return (uint64_t)params->ipv6_prefix << 32 | params->window_s;
}

static int
params_check(const struct shmcache_params *params)
{
	if (params->n_never > SHMCACHE_NEVER_MAX ||
	    params->n_whole > CLIENT_WHOLE_MAX ||
	    params->n_rules > SHMCACHE_RULES_BYTES)
		return SHMCACHE_TOO_MANY;
	return params_are_sane(params_pack(params)) ? 0 : -EINVAL;
}

static int
write_header(
    int fd, const struct shmcache_params *params, unsigned buckets_log2)
{
	struct layout_header header = {
	    .magic = LAYOUT_MAGIC,
	    .version = LAYOUT_VERSION,
	    .buckets_log2 = buckets_log2,
	    .slots_max = params->n_slots_max,
	};
	ssize_t n;
	int error;

	if ((error = check_boot_id(header.boot_id)) != 0)
		return error;
	if (getrandom(header.hash_key, sizeof(header.hash_key), 0) !=
	    (ssize_t)sizeof(header.hash_key))
		return -EIO;
	never_replace(&header, params->never, params->n_never);
	header.params = params_pack(params) |
			whole_prepare(&header, params->whole, params->n_whole);
	error = board_create(
	    fd, header.hash_key, params->rules, params->n_rules, &header.rules);
	if (error != 0)
		return error;
	n = pwrite(fd, &header, sizeof(header), 0);
	if (n == -1)
		return -errno;
	return (size_t)n == sizeof(header) ? 0 : -EIO;
}

int
shmcache_create(const char *path, const struct shmcache_params *params,
    unsigned capacity_log2, uid_t owner, gid_t group, mode_t mode)
{
	const unsigned buckets_log2 = capacity_log2 - 3;
	char *temporary = NULL;
	int fd = -1;
	int error;

	if (capacity_log2 < 10 || capacity_log2 > 24)
		return -EINVAL;
	if ((error = params_check(params)) != 0)
		return error;
	if (asprintf(&temporary, "%s.new", path) == -1)
		return -ENOMEM;

	/* A killed creation leaves one; only popauthd creates. */
	if (unlink(temporary) == -1 && errno != ENOENT)
		goto failed;
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd == -1)
		goto failed;
	/* Every page, now: ENOSPC is an answer, SIGBUS is not. */
	error =
	    -posix_fallocate(fd, 0, (off_t)layout_file_bytes(buckets_log2, 0));
	if (error == 0)
		error = write_header(fd, params, buckets_log2);
	if (error != 0)
		goto out;
	if (fchown(fd, owner, group) == -1 || fchmod(fd, mode) == -1 ||
	    rename(temporary, path) == -1)
		goto failed;
	goto out;
failed:
	error = -errno;
out:
	if (fd != -1)
		close(fd);
	if (error != 0)
		unlink(temporary);
	free(temporary);
	return error;
}

/* ---- open -------------------------------------------------------------- */

/* Up to this size a login maps the whole file, in one system call; of a larger
 * file it maps the header, and single pages of the rest. */
#define WHOLE_BYTES ((uint64_t)16 << 20)

static uint64_t
bytes_today(const struct shmcache *cache)
{
	return layout_file_bytes(
	    cache->buckets_log2, (unsigned)cache->level_max);
}

static size_t
bytes_to_map(const struct shmcache *cache)
{
	const unsigned k = cache->buckets_log2;

	if (cache->access != SHMCACHE_LOGIN)
		return layout_file_bytes(k, LAYOUT_BUCKETS_LOG2_MAX - k);
	return bytes_today(cache) <= WHOLE_BYTES ? bytes_today(cache)
						 : LAYOUT_HEADER_BYTES;
}

static int
map(struct shmcache *cache, bool is_brief)
{
	const int protection =
	    cache_is_writable(cache) ? PROT_READ | PROT_WRITE : PROT_READ;
	size_t bytes = bytes_to_map(cache);
	void *p = mmap(NULL, bytes, protection, MAP_SHARED, cache->fd, 0);

	if (p == MAP_FAILED && errno == ENOMEM && is_brief) {
		bytes = bytes_today(cache);
		p = mmap(NULL, bytes, protection, MAP_SHARED, cache->fd, 0);
	}
	if (p == MAP_FAILED)
		return -errno;
	cache->map = p;
	cache->map_bytes = bytes;
	cache->header = p;
	return 0;
}

static int
open_table(const char *path, enum shmcache_access access, bool is_brief,
    struct shmcache **cache_out)
{
	struct shmcache *cache = calloc(1, sizeof(*cache));
	int error;

	if (cache == NULL)
		return -ENOMEM;
	cache->access = access;
	cache->clock_s = clock_boot_s;
	/* O_NONBLOCK: a fifo in its place must not block a login. */
	cache->fd =
	    open(path, (cache_is_writable(cache) ? O_RDWR : O_RDONLY) |
			   O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	error = cache->fd == -1 ? -errno : check_file(cache, path);
	if (error == 0 && access != SHMCACHE_PREAD)
		error = map(cache, is_brief);
	if (error != 0) {
		shmcache_close(cache);
		return error;
	}
	*cache_out = cache;
	return 0;
}

int
shmcache_open(
    const char *path, enum shmcache_access access, struct shmcache **cache_out)
{
	return open_table(path, access, false, cache_out);
}

int
shmcache_open_brief(
    const char *path, enum shmcache_access access, struct shmcache **cache_out)
{
	return open_table(path, access, true, cache_out);
}

void
shmcache_close(struct shmcache *cache)
{
	if (cache == NULL)
		return;
	if (cache->map != NULL)
		munmap(cache->map, cache->map_bytes);
	for (unsigned i = 0; i < cache->n_windows; i++)
		munmap(cache->windows[i].map, (size_t)sysconf(_SC_PAGESIZE));
	if (cache->fd != -1)
		close(cache->fd);
	free(cache);
}

int
shmcache_fd(const struct shmcache *cache)
{
	return cache->fd;
}

/* ---- configure --------------------------------------------------------- */

static bool
is_forbidden(struct shmcache *cache, const struct addr *addr)
{
	struct key_rules rules;

	cache_rules(cache, &rules);
	return never_contains(cache, &rules.client, addr);
}

/* End the grants that the new list forbids. */
static int
end_forbidden(const struct shmcache_entry *entry, void *arg)
{
	struct shmcache *cache = arg;
	size_t n_others;

	if (!entry->has_user && is_forbidden(cache, &entry->addr))
		shmcache_revoke(cache, &entry->addr, NULL, &n_others);
	return 0;
}

static void
set_word(uint64_t *word, uint64_t value)
{
	uint64_t seen;

	do {
		/* [R5] the CAS compares it */
		seen = word_load(word);
		/* [C10] after the lists of networks */
	} while (!word_cas(word, seen, value));
}

bool
shmcache_is_configured(
    struct shmcache *cache, const struct shmcache_params *params)
{
	const struct layout_header *header = cache->header;

	/* [R5] popauthd alone writes them */
	return (word_load(&header->params) & PARAMS_VALUES) ==
		   params_pack(params) &&
	       whole_is(header, params->whole, params->n_whole) &&
	       /* [R5] likewise */
	       word_load(&header->slots_max) == params->n_slots_max &&
	       never_is(header, params->never, params->n_never);
}

int
shmcache_configure(struct shmcache *cache, const struct shmcache_params *params)
{
	struct layout_header *header = cache->header;
	int error;

	if (cache->access != SHMCACHE_WRITE)
		return -EBADF;
	if ((error = params_check(params)) != 0)
		return error;
	if (!cache_is_whole(cache))
		return SHMCACHE_BAD_SIZE;
	never_replace(header, params->never, params->n_never);
	set_word(&header->slots_max, params->n_slots_max);
	set_word(&header->params,
	    params_pack(params) |
		whole_prepare(header, params->whole, params->n_whole));
	return shmcache_list(cache, end_forbidden, cache);
}
