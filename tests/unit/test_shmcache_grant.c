/* SPDX-License-Identifier: ISC */
#include "tests/unit/cache_fixture.h"

TestSuite(grant, .init = fixture_setup, .fini = fixture_teardown);

Test(grant, an_empty_table_has_no_grant)
{
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
}

Test(grant, a_login_grants_the_user_and_his_address)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), 0));
}

Test(grant, others_are_not_granted)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, lookup("192.0.2.2", NULL), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", "ann"), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.2", "joe"), SHMCACHE_NO_GRANT));
}

Test(grant, age_and_rest_add_up_to_the_window)
{
	struct shmcache_grant got;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += 100;
	cr_assert(eq(int, lookup_in(cache, "192.0.2.1", NULL, &got), 0));
	cr_assert(eq(u32, got.age_s, 100));
	cr_assert(eq(u32, got.left_s, FIXTURE_WINDOW_S - 100));
}

Test(grant, it_ends_with_the_window_without_a_sweep)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += FIXTURE_WINDOW_S - 1;
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
	fixture_now_s++;
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
}

Test(grant, another_login_begins_the_window_anew)
{
	struct shmcache_status status;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += FIXTURE_WINDOW_S - 1;
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += FIXTURE_WINDOW_S - 1;
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u64, status.n_live, 2));
	cr_assert(eq(u64, status.grants, 1));
	cr_assert(eq(u64, status.refreshes, 1));
}

Test(grant, the_clock_may_wrap)
{
	fixture_now_s = UINT32_MAX - 10;
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += 100;
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
	fixture_now_s += FIXTURE_WINDOW_S;
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
}

Test(grant, a_clock_behind_the_heartbeat_is_foreign)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, shmcache_sweep(cache, NULL), 0));
	fixture_now_s -= 1;
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_FOREIGN_CLOCK));
	cr_assert(eq(int, grant("192.0.2.2", "joe"), SHMCACHE_FOREIGN_CLOCK));
	cr_assert(eq(int, shmcache_sweep(cache, NULL), SHMCACHE_FOREIGN_CLOCK));
}

Test(grant, mapped_and_plain_addresses_are_one_client)
{
	cr_assert(eq(int, grant("::ffff:192.0.2.1", "joe"), 0));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
}

Test(grant, a_bad_name_grants_nothing)
{
	cr_assert(eq(int, grant("192.0.2.1", ""), SHMCACHE_BAD_USER));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
}

Test(grant, a_reader_cannot_grant)
{
	struct shmcache *reader = fixture_open(SHMCACHE_READ);
	const struct addr addr = address("192.0.2.1");

	cr_assert(eq(int, shmcache_grant(reader, &addr, "joe"), -EBADF));
	shmcache_close(reader);
}

Test(grant, hundreds_of_users_share_one_address)
{
	char user[16];

	for (unsigned i = 0; i < 256; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		cr_assert(eq(int, grant("192.0.2.1", user), 0));
	}
	for (unsigned i = 0; i < 256; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		cr_assert(eq(int, lookup("192.0.2.1", user), 0));
	}
}

Test(grant, a_full_table_lets_the_oldest_go_and_counts_it)
{
	struct shmcache_status status;
	char text[32];

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "198.51.%u.%u", i / 250, i % 250);
		cr_assert(eq(int, grant(text, "joe"), 0));
		cr_assert(eq(int, lookup(text, NULL), 0), "%s", text);
		fixture_now_s += i % 2;
	}
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(gt(u64, status.forced, 0));
	cr_assert(le(u64, status.n_live, status.n_slots));
	cr_assert(ge(u64, status.n_live + status.forced, 2000));
}

Test(grant, up_to_half_load_no_grant_makes_room)
{
	struct shmcache_status status;
	char text[32];

	for (unsigned i = 0; i < 256; i++) { /* 512 keys in 1024 slots */
		snprintf(text, sizeof(text), "198.51.100.%u", i);
		cr_assert(eq(int, grant(text, "joe"), 0));
	}
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u64, status.forced, 0));
	cr_assert(eq(u64, status.n_live, 512));
}

/* ---- lines about refused logins ------------------------------------------ */

static bool
is_due(const char *text)
{
	const struct addr addr = address(text);

	return shmcache_refusal_is_due(cache, &addr);
}

Test(grant, a_refused_login_is_due_for_a_line_once_in_an_hour)
{
	cr_assert(is_due("127.0.0.1"));
	cr_assert(not(is_due("127.0.0.1")));
	fixture_now_s += 3599;
	cr_assert(not(is_due("127.0.0.1")));
	fixture_now_s += 1;
	cr_assert(is_due("127.0.0.1"));
}

Test(grant, another_address_has_its_own_line_within_a_minute)
{
	unsigned n = 0;

	cr_assert(is_due("127.0.0.1"));
	/* It may share the place of the first. */
	for (unsigned i = 2; i < 10; i++) {
		char text[ADDR_TEXT_BYTES];

		snprintf(text, sizeof(text), "127.0.0.%u", i);
		fixture_now_s += 60;
		cr_assert(is_due(text));
	}
	/* At the same moment, of a whole network only as many as fit. */
	fixture_now_s += 60;
	for (unsigned i = 0; i < 256; i++) {
		char text[ADDR_TEXT_BYTES];

		snprintf(text, sizeof(text), "127.0.1.%u", i);
		n += is_due(text);
	}
	cr_assert(le(uint, n, LAYOUT_REPORTED));
}
