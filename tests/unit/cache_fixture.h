/* SPDX-License-Identifier: ISC */
/*
 * A table in a temporary file, and a clock that the test sets.
 */
#ifndef POPAUTH_TESTS_CACHE_FIXTURE_H
#define POPAUTH_TESTS_CACHE_FIXTURE_H

#include "shmcache/cache.h"
#include "shmcache/shmcache.h"
#include "tests/unit/owner_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FIXTURE_WINDOW_S 900u
#define FIXTURE_START_S 1000u
#define FIXTURE_ROOM_BYTES ((size_t)1 << 30)

static uint32_t fixture_now_s = FIXTURE_START_S;
static const char *fixture_directory; /* NULL: one with room to grow */
static uint64_t fixture_slots_max = (uint64_t)1 << 24;
static char fixture_path[64];
static struct shmcache *cache;

static uint32_t
fixture_clock(void)
{
	return fixture_now_s;
}

static inline struct addr
address(const char *text)
{
	struct addr addr;

	cr_assert(eq(int, addr_parse(text, &addr), 0), "%s", text);
	return addr;
}

/* A table does not grow on a file system that is nearly full; most machines
 * have room in memory.  tests/unit/run names a directory of its own. */
static inline const char *
directory_with_room(void)
{
	const char *of_this_run = getenv("POPAUTH_TEST_DIR");
	struct statvfs shm;

	if (of_this_run != NULL)
		return of_this_run;
	return statvfs("/dev/shm", &shm) == 0 &&
		       shm.f_bavail * shm.f_frsize >= FIXTURE_ROOM_BYTES
		   ? "/dev/shm"
		   : "/tmp";
}

static inline void
fixture_create(unsigned capacity_log2, const struct cidr *never, size_t n_never)
{
	const struct shmcache_params params = {
	    .window_s = FIXTURE_WINDOW_S,
	    .ipv6_prefix = 64,
	    .n_slots_max = fixture_slots_max,
	    .never = never,
	    .n_never = n_never,
	};

	snprintf(fixture_path, sizeof(fixture_path), "%s/popauth-test.%d",
	    fixture_directory != NULL ? fixture_directory
				      : directory_with_room(),
	    (int)getpid());
	cr_assert(eq(int,
	    shmcache_create(fixture_path, &params, capacity_log2, geteuid(),
		getegid(), 0600),
	    0));
}

static inline struct shmcache *
fixture_open(enum shmcache_access access)
{
	struct shmcache *opened = NULL;

	cr_assert(eq(int, shmcache_open(fixture_path, access, &opened), 0));
	opened->clock_s = fixture_clock;
	return opened;
}

static inline void
fixture_setup(void)
{
	fixture_create(10, NULL, 0);
	cache = fixture_open(SHMCACHE_WRITE);
}

static inline void
fixture_teardown(void)
{
	shmcache_close(cache);
	unlink(fixture_path);
}

static inline int
grant(const char *addr_text, const char *user)
{
	const struct addr addr = address(addr_text);

	return shmcache_grant(cache, &addr, user);
}

static inline int
lookup_in(struct shmcache *in, const char *addr_text, const char *user,
    struct shmcache_grant *grant_out)
{
	const struct addr addr = address(addr_text);

	return shmcache_lookup(in, &addr, user, grant_out);
}

static inline int
lookup(const char *addr_text, const char *user)
{
	struct shmcache_grant ignored;

	return lookup_in(cache, addr_text, user, &ignored);
}

#endif
