/* SPDX-License-Identifier: ISC */
#include "shmcache/slot.h"
#include "tests/unit/cache_fixture.h"

TestSuite(sweep, .init = fixture_setup, .fini = fixture_teardown);

Test(sweep, evicts_what_is_past_the_window_and_nothing_else)
{
	struct shmcache_sweep swept;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += FIXTURE_WINDOW_S / 2;
	cr_assert(eq(int, grant("192.0.2.2", "ann"), 0));
	cr_assert(eq(int, shmcache_sweep(cache, &swept), 0));
	cr_assert(eq(u64, swept.n_evicted, 0));
	fixture_now_s += FIXTURE_WINDOW_S / 2;
	cr_assert(eq(int, shmcache_sweep(cache, &swept), 0));
	cr_assert(eq(u64, swept.n_evicted, 2));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.2", NULL), 0));
}

Test(sweep, an_old_clock_reading_evicts_no_young_grant)
{
	struct shmcache_sweep swept;

	/* The sweep read its clock, slept, and goes on among younger stamps. */
	fixture_now_s += 5;
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s -= 5;
	cr_assert(eq(int, shmcache_sweep(cache, &swept), 0));
	cr_assert(eq(u64, swept.n_evicted, 0));
	fixture_now_s += 5;
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
}

Test(sweep, reclaims_a_claim_that_was_abandoned)
{
	struct shmcache_status status;
	uint64_t *control = cache_controls(cache, 3);
	uint64_t claim;

	cr_assert(slot_claim(control, *control, fixture_now_s, &claim));
	cr_assert(eq(int, shmcache_sweep(cache, NULL), 0));
	cr_assert(eq(u64, *control, claim));
	fixture_now_s += SLOT_CLAIM_TIMEOUT_S;
	cr_assert(eq(int, shmcache_sweep(cache, NULL), 0));
	cr_assert(eq(int, control_state(*control), SLOT_FREE));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u64, status.reclaimed, 1));
}

Test(sweep, beats_forwards_only)
{
	struct shmcache_status status;

	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(not(status.has_heartbeat));
	cr_assert(eq(int, shmcache_sweep(cache, NULL), 0));
	fixture_now_s += 7;
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(status.has_heartbeat);
	cr_assert(eq(u64, status.heartbeat_age_s, 7));
}

Test(sweep, a_table_that_was_cut_to_nothing_is_an_answer_and_no_signal)
{
	const struct shmcache_params params = {
	    .window_s = FIXTURE_WINDOW_S,
	    .ipv6_prefix = 64,
	};
	struct shmcache_sweep swept = {0};
	bool grown;

	cr_assert(eq(int, truncate(fixture_path, 0), 0));
	cr_assert(eq(int, shmcache_sweep(cache, &swept), SHMCACHE_BAD_SIZE));
	cr_assert(
	    eq(int, shmcache_grow(cache, NULL, &grown), SHMCACHE_BAD_SIZE));
	cr_assert(
	    eq(int, shmcache_configure(cache, &params), SHMCACHE_BAD_SIZE));
	shmcache_wake(cache);
}
