/* SPDX-License-Identifier: ISC */
/*
 * reaper: the real thread beside logins at full speed.  Whether it comes in
 * time is the scheduler's affair, so the logins wait, without sleeping, where
 * they outrun it; test_shmcache_grow.c says how late it may be.
 */
#include "common/clock.h"
#include "popauthd/reaper.h"
#include "tests/unit/cache_fixture.h"

#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <urcu.h>

#define PATIENCE_MS 20000

static struct conf conf;
static struct reaper *reaper;

static void
setup(void)
{
	fixture_setup();
	cache->clock_s = clock_boot_s;
	conf.table.path = fixture_path;
	conf.table.max_logins = 100000;
	conf.popauthd.sweep_every_s = 3600;
	rcu_register_thread();
	cr_assert(eq(int, reaper_start(cache, &conf, &reaper), 0));
}

static void
teardown(void)
{
	cr_assert(not(reaper_stop(reaper)));
	rcu_unregister_thread();
	fixture_teardown();
}

TestSuite(reaper, .init = setup, .fini = teardown);

static bool
all_calls_are_answered(void)
{
	return uatomic_read(&cache->header->wanted) ==
	       uatomic_read(&cache->header->served);
}

static uint64_t heartbeat_before;

static bool
heart_beats(void)
{
	return uatomic_read(&cache->header->heartbeat) != heartbeat_before;
}

/* Whether it is before our patience ends. */
static bool
comes_true(bool (*condition)(void))
{
	const int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	while (!condition()) {
		if (clock_mono_ms() > end_ms)
			return false;
		sched_yield();
	}
	return true;
}

static void
log_in(unsigned i)
{
	const struct addr addr = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
	    198, (uint8_t)(18 + (i >> 16)), (uint8_t)(i >> 8), (uint8_t)i}};

	cr_assert(eq(int, shmcache_grant(cache, &addr, "joe"), 0));
}

Test(reaper, calls_for_room_are_answered_between_two_sweeps_an_hour_apart)
{
	struct shmcache_status status;

	for (unsigned i = 0; i < 50000; i++) {
		log_in(i);
		cr_assert(comes_true(all_calls_are_answered), "%u", i);
	}
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u64, status.forced, 0));
	cr_assert(eq(u64, status.n_live, 100000));
}

Test(reaper, another_configuration_holds_at_once)
{
	struct conf other = conf;

	conf.table.max_logins = 64;
	other.popauthd.sweep_every_s = 1;
	cr_assert(comes_true(heart_beats));
	heartbeat_before = uatomic_read(&cache->header->heartbeat);
	reaper_reconfigure(reaper, &other);
	cr_assert(comes_true(heart_beats));
}

static bool
reaper_is_late_now(void)
{
	return reaper_is_late(reaper);
}

static bool
reaper_is_in_time_again(void)
{
	return !reaper_is_late(reaper);
}

static _Atomic bool clock_hangs;

static uint32_t
ask_a_clock_that_may_hang(void)
{
	while (clock_hangs)
		sched_yield();
	return clock_boot_s();
}

Test(reaper, it_is_late_when_a_turn_hangs_and_not_when_it_waits_for_an_hour)
{
	cr_assert(comes_true(heart_beats));
	cr_assert(not(reaper_is_late(reaper)));

	clock_hangs = true;
	cache->clock_s = ask_a_clock_that_may_hang;
	reaper_reconfigure(reaper, &conf);
	cr_assert(comes_true(reaper_is_late_now));
	clock_hangs = false;
	cr_assert(comes_true(reaper_is_in_time_again));
}

static volatile sig_atomic_t n_terms;

static void
count_term(int signal_number)
{
	(void)signal_number;
	n_terms++;
}

static bool
table_is_lost(void)
{
	return n_terms > 0;
}

/* Reapers that end by themselves. */
static void
setup_lost(void)
{
	fixture_setup();
	cache->clock_s = clock_boot_s;
	conf.table.path = fixture_path;
	conf.table.max_logins = 100000;
	conf.popauthd.sweep_every_s = 1;
	signal(SIGTERM, count_term);
	rcu_register_thread();
	cr_assert(eq(int, reaper_start(cache, &conf, &reaper), 0));
	cr_assert(comes_true(heart_beats));
}

static void
teardown_lost(void)
{
	rcu_unregister_thread();
	fixture_teardown();
}

TestSuite(reaper_lost, .init = setup_lost, .fini = teardown_lost);

static void
assert_it_ends(void)
{
	cr_assert(comes_true(table_is_lost));
	cr_assert(reaper_stop(reaper));
}

Test(reaper_lost, a_table_cut_to_nothing_while_it_waits_ends_it_without_a_crash)
{
	cr_assert(eq(int, truncate(fixture_path, 0), 0));
	assert_it_ends();
}

Test(reaper_lost, a_table_that_every_user_may_write_ends_it)
{
	cr_assert(eq(int, chmod(fixture_path, 0666), 0));
	assert_it_ends();
}

Test(reaper_lost, a_zeroed_header_ends_it)
{
	memset(cache->header, 0, LAYOUT_HEADER_BYTES);
	assert_it_ends();
}

Test(reaper_lost, a_removed_table_ends_it)
{
	cr_assert(eq(int, unlink(fixture_path), 0));
	assert_it_ends();
}
