/* SPDX-License-Identifier: ISC */
#include "tests/unit/cache_fixture.h"

TestSuite(grant, .init = fixture_setup, .fini = fixture_teardown);

Test(grant, nobody_is_granted_in_an_empty_table)
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

Test(grant, it_ends_with_the_window_though_nobody_sweeps)
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

Test(grant, a_stamp_of_the_future_is_dead)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s -= 10;
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

Test(grant, loopback_and_its_like_are_never_granted)
{
	static const char *const never[] = {"127.0.0.1", "127.9.9.9", "::1",
	    "::", "0.0.0.0", "169.254.1.1", "fe80::1", "224.0.0.1",
	    "255.255.255.255", "ff02::1", "::ffff:127.0.0.1"};
	struct shmcache_status status;

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		cr_assert(eq(int, grant(never[i], "joe"), SHMCACHE_NEVER), "%s",
		    never[i]);
		cr_assert(eq(int, lookup(never[i], NULL), SHMCACHE_NO_GRANT));
	}
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u64, status.refused, sizeof(never) / sizeof(never[0])));
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

Test(grant, every_kind_of_handle_finds_the_same)
{
	struct shmcache *mapped = fixture_open(SHMCACHE_READ);
	struct shmcache *by_pread = fixture_open(SHMCACHE_PREAD);
	struct shmcache_grant got;

	cr_assert(eq(int, grant("2001:db8::1", "joe"), 0));
	cr_assert(eq(int, lookup_in(mapped, "2001:db8::1", NULL, &got), 0));
	cr_assert_str_eq(got.user, "joe");
	cr_assert(eq(int, lookup_in(by_pread, "2001:db8::1", NULL, &got), 0));
	cr_assert_str_eq(got.user, "joe");
	cr_assert(eq(int, lookup_in(by_pread, "2001:db8:9::1", NULL, &got),
	    SHMCACHE_NO_GRANT));
	shmcache_close(mapped);
	shmcache_close(by_pread);
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

Test(grant, up_to_half_load_nobody_has_to_go)
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

/* ---- who --------------------------------------------------------------- */

static enum shmcache_who
who_at(const char *addr_text, char user_out[SHMCACHE_USER_BYTES])
{
	struct shmcache_grant got;

	cr_assert(eq(int, lookup_in(cache, addr_text, NULL, &got), 0));
	memcpy(user_out, got.user, sizeof(got.user));
	return got.who;
}

Test(grant, an_address_names_its_only_user)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", "Joe"), 0));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_ONE));
	cr_assert_str_eq(user, "joe");
}

Test(grant, an_address_of_several_users_names_none)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_MANY));
	cr_assert_str_eq(user, "");
}

Test(grant, who_remains_alone_is_named_two_windows_later)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	for (unsigned i = 0; i < 3; i++) {
		fixture_now_s += FIXTURE_WINDOW_S - 60;
		cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	}
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_ONE));
	cr_assert_str_eq(user, "ann");
}

Test(grant, an_address_granted_alone_names_nobody)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", NULL), 0));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_UNKNOWN));
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_MANY));
}
