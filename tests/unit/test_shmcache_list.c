/* SPDX-License-Identifier: ISC */
#include "shmcache/scan.h"
#include "shmcache/slot.h"
#include "tests/unit/cache_fixture.h"

TestSuite(list, .init = fixture_setup, .fini = fixture_teardown);

static int
count(const struct shmcache_entry *entry, void *arg)
{
	unsigned *n = arg;

	cr_assert(eq(u32, entry->age_s + entry->left_s, FIXTURE_WINDOW_S));
	n[entry->has_user]++;
	return 0;
}

Test(list, it_has_each_living_grant_once)
{
	unsigned n[2] = {0, 0};

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	cr_assert(eq(int, grant("2001:db8::1", "joe"), 0));
	cr_assert(eq(int, shmcache_list(cache, count, n), 0));
	cr_assert(eq(uint, n[0], 2));
	cr_assert(eq(uint, n[1], 3));
}

static int
keep_user(const struct shmcache_entry *entry, void *arg)
{
	if (entry->has_user)
		*(struct shmcache_entry *)arg = *entry;
	return 0;
}

Test(list, an_entry_has_address_user_and_age)
{
	struct shmcache_entry entry = {0};
	char text[ADDR_TEXT_BYTES];

	cr_assert(eq(int, grant("2001:db8::1", "Joe"), 0));
	fixture_now_s += 5;
	cr_assert(eq(int, shmcache_list(cache, keep_user, &entry), 0));
	cr_expect_str_eq(addr_format(&entry.addr, text), "2001:db8::");
	cr_expect_str_eq(entry.user, "joe");
	cr_expect(eq(u32, entry.age_s, 5));
}

Test(list, it_leaves_out_what_is_over)
{
	unsigned n[2] = {0, 0};

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += FIXTURE_WINDOW_S;
	cr_assert(eq(int, shmcache_list(cache, count, n), 0));
	cr_expect(eq(uint, n[0] + n[1], 0));
}

static int
stop_at_once(const struct shmcache_entry *entry, void *arg)
{
	(void)entry;
	++*(unsigned *)arg;
	return 42;
}

Test(list, a_visit_can_end_the_walk)
{
	unsigned n = 0;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_expect(eq(int, shmcache_list(cache, stop_at_once, &n), 42));
	cr_expect(eq(uint, n, 1));
}

Test(list, without_a_mapping_there_is_none)
{
	struct shmcache *by_pread = fixture_open(SHMCACHE_PREAD);
	struct shmcache_status status;
	unsigned n[2];

	cr_expect(eq(int, shmcache_list(by_pread, count, n), -EBADF));
	cr_expect(eq(int, shmcache_status(by_pread, &status), -EBADF));
	shmcache_close(by_pread);
}

Test(list, a_foreign_clock_lists_nothing)
{
	struct shmcache_status status;
	unsigned n[2] = {0, 0};

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, shmcache_sweep(cache, NULL), 0));
	fixture_now_s -= 1;
	cr_expect(
	    eq(int, shmcache_list(cache, count, n), SHMCACHE_FOREIGN_CLOCK));
	cr_expect(
	    eq(int, shmcache_status(cache, &status), SHMCACHE_FOREIGN_CLOCK));
	cr_expect(eq(uint, n[0] + n[1], 0));
}

Test(list, a_status_counts_what_lives_ends_and_is_claimed)
{
	uint64_t *control = slot_control(cache, 0);
	struct shmcache_status status;
	uint64_t claim;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += FIXTURE_WINDOW_S - 1;
	cr_assert(eq(int, grant("192.0.2.2", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.2", "ann"), 0));
	fixture_now_s += 1;
	cr_assert(slot_claim(control, *control, fixture_now_s, &claim));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_expect(eq(u64, status.n_live, 3));
	cr_expect(eq(u64, status.n_live_addrs, 1));
	cr_expect(eq(u64, status.n_expired, 2));
	cr_expect(eq(u64, status.n_claimed, 1));
	cr_expect(eq(u64, status.n_slots, 1024));
	cr_expect(eq(u64, status.grants, 3));
	cr_expect(eq(u32, status.window_s, FIXTURE_WINDOW_S));
	cr_expect(eq(u32, status.ipv6_prefix, 64));
}
