/* SPDX-License-Identifier: ISC */
#include "shmcache/room.h"
#include "tests/unit/cache_fixture.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(room, .init = fixture_setup, .fini = fixture_teardown);

static uint64_t
allocated(void)
{
	return cache->header->allocated;
}

static unsigned
allocated_next(void)
{
	return (unsigned)allocated() + 1;
}

static uint64_t
file_bytes(void)
{
	struct stat st;

	cr_assert(eq(int, fstat(cache->fd, &st), 0));
	return (uint64_t)st.st_size;
}

Test(room, a_level_more_is_in_the_file_before_it_is_announced)
{
	cr_assert(eq(int, room_add(cache, allocated_next(), fixture_now_s), 0));
	cr_assert(eq(u64, allocated(), 1));
	cr_assert(
	    eq(u64, file_bytes(), layout_file_bytes(cache->buckets_log2, 1)));
	cr_assert(eq(int, room_error(cache), 0));
}

Test(room, a_segment_that_another_process_allocated_keeps_its_grants)
{
	const uint64_t bucket = layout_n_buckets(cache->buckets_log2, 1) - 1;

	cr_assert(eq(int, room_add(cache, allocated_next(), fixture_now_s), 0));
	cache_controls(cache, bucket)[7] = 42;
	cache->header->allocated = 0; /* as the slower process saw it */
	cr_assert(
	    eq(int, room_try_add(cache, allocated_next(), fixture_now_s), 0));
	cr_assert(eq(u64, allocated(), 1));
	cr_assert(eq(u64, cache_controls(cache, bucket)[7], 42));
}

Test(room, the_limit_is_an_answer_and_is_kept)
{
	cache->header->slots_max = 1024;
	cr_assert(not(room_is_allowed(cache)));
	cr_assert(eq(int, room_add(cache, allocated_next(), fixture_now_s),
	    SHMCACHE_LIMIT));
	cr_assert(eq(int, room_error(cache), SHMCACHE_LIMIT));
	cr_assert(eq(u64, allocated(), 0));
	cache->header->slots_max = 2048;
	cr_assert(room_is_allowed(cache));
	cr_assert(
	    eq(int, room_try_add(cache, allocated_next(), fixture_now_s), 0));
}

/* The writer read the geometry before. */
Test(room, the_limit_is_no_answer_when_another_process_has_made_the_room)
{
	cache->header->slots_max = 2048;
	cr_assert(eq(int, room_add(cache, 1, fixture_now_s), 0));
	cr_assert(eq(int, room_try_add(cache, 1, fixture_now_s), 0));
	cr_assert(eq(int, room_error(cache), 0));
	cr_assert(eq(u64, allocated(), 1));
}

Test(room, no_table_is_larger_than_its_layout_allows)
{
	cache->header->slots_max = UINT64_MAX;
	cache->header->allocated =
	    LAYOUT_BUCKETS_LOG2_MAX - cache->buckets_log2;
	cr_assert(eq(int, room_add(cache, allocated_next(), fixture_now_s),
	    SHMCACHE_LIMIT));
	cache->header->allocated = UINT64_MAX;
	cr_assert(eq(int, room_add(cache, 1, fixture_now_s), 0));
}

Test(room, a_limit_of_the_pop_server_is_an_answer_and_no_signal)
{
	const struct rlimit limit = {file_bytes(), RLIM_INFINITY};

	signal(SIGXFSZ, SIG_DFL);
	cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
	cr_assert(eq(
	    int, room_try_add(cache, allocated_next(), fixture_now_s), -EFBIG));
	cr_assert(eq(int, room_error(cache), -EFBIG));
	cr_assert(eq(u64, cache->header->ungrown, 1));
}

Test(room, a_writer_tries_once_a_second_and_popauthd_always)
{
	const struct rlimit none = {0, RLIM_INFINITY};
	const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};

	cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &none), 0));
	cr_assert(eq(
	    int, room_try_add(cache, allocated_next(), fixture_now_s), -EFBIG));
	cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &any), 0));
	cr_assert(eq(
	    int, room_try_add(cache, allocated_next(), fixture_now_s), -EFBIG));
	cr_assert(eq(u64, cache->header->ungrown, 1));
	cr_assert(eq(
	    int, room_try_add(cache, allocated_next(), fixture_now_s + 1), 0));
	cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &none), 0));
	cr_assert(eq(
	    int, room_add(cache, allocated_next(), fixture_now_s + 2), -EFBIG));
	cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &any), 0));
	cr_assert(
	    eq(int, room_add(cache, allocated_next(), fixture_now_s + 2), 0));
	cr_assert(eq(u64, allocated(), 2));
}
