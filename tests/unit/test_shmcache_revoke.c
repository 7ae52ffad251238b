/* SPDX-License-Identifier: ISC */
#include "shmcache/scan.h"
#include "shmcache/slot.h"
#include "tests/unit/cache_fixture.h"

TestSuite(revoke, .init = fixture_setup, .fini = fixture_teardown);

static size_t n_others;

static int
take_back(const char *addr_text, const char *user)
{
	const struct addr addr = address(addr_text);

	return shmcache_revoke(cache, &addr, user, &n_others);
}

Test(revoke, an_address_goes_with_all_its_users)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	cr_assert(eq(int, take_back("192.0.2.1", NULL), 0));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", "ann"), SHMCACHE_NO_GRANT));
}

Test(revoke, other_addresses_stay)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.2", "joe"), 0));
	cr_assert(eq(int, take_back("192.0.2.1", NULL), 0));
	cr_assert(eq(int, lookup("192.0.2.2", NULL), 0));
	cr_assert(eq(int, lookup("192.0.2.2", "joe"), 0));
}

Test(revoke, the_last_user_takes_the_address_along)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, take_back("192.0.2.1", "joe"), 0));
	cr_assert(eq(sz, n_others, 0));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
}

Test(revoke, other_users_keep_the_address_open_and_are_counted)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "eve"), 0));
	cr_assert(eq(int, take_back("192.0.2.1", "joe"), 0));
	cr_assert(eq(sz, n_others, 2));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", "ann"), 0));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
}

Test(revoke, the_address_falls_back_to_the_youngest_other_user)
{
	struct shmcache_grant got;

	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	fixture_now_s += 100;
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	fixture_now_s += 10;
	cr_assert(eq(int, take_back("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, lookup_in(cache, "192.0.2.1", NULL, &got), 0));
	cr_assert(eq(u32, got.age_s, 110));
}

Test(revoke, what_is_not_there_is_said_so)
{
	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	cr_assert(eq(int, take_back("192.0.2.2", NULL), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, take_back("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
}

Test(revoke, a_login_of_the_same_second_is_refused)
{
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, take_back("192.0.2.1", NULL), 0));
	cr_assert(eq(int, grant("192.0.2.1", "joe"), SHMCACHE_REVOKED));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
}

Test(revoke, a_login_of_the_next_second_grants_anew)
{
	struct shmcache_grant got;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, take_back("192.0.2.1", NULL), 0));
	fixture_now_s++;
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, lookup_in(cache, "192.0.2.1", NULL, &got), 0));
	cr_assert(eq(u32, got.age_s, 0));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), 0));
}

Test(revoke, a_login_under_way_learns_of_it)
{
	/* It read its clock before the revocation. */
	fixture_now_s += 5;
	cr_assert(eq(int, take_back("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
	fixture_now_s -= 3;
	cr_assert(eq(int, grant("192.0.2.1", "joe"), SHMCACHE_REVOKED));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), SHMCACHE_NO_GRANT));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
}

Test(revoke, a_tombstone_is_over_after_the_window)
{
	struct shmcache_status status;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, take_back("192.0.2.1", NULL), 0));
	fixture_now_s += FIXTURE_WINDOW_S;
	cr_assert(eq(int, shmcache_sweep(cache, NULL), 0));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u64, status.n_live, 0));
	for (uint64_t b = 0; b < cache_n_buckets(cache); b++) {
		for (unsigned i = 0; i < LAYOUT_SLOTS; i++)
			cr_assert(
			    eq(int, control_state(cache_controls(cache, b)[i]),
				SLOT_FREE));
	}
}

Test(revoke, a_revoked_user_who_returns_is_named_again)
{
	struct shmcache_grant got;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, take_back("192.0.2.1", "joe"), 0));
	fixture_now_s++;
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, lookup_in(cache, "192.0.2.1", NULL, &got), 0));
	if (got.who == SHMCACHE_WHO_ONE)
		cr_assert_str_eq(got.user, "joe");
}

/* Another key's grant, of now, in each free slot of the bucket. */
static void
fill_bucket(const struct key *other, uint64_t bucket)
{
	for (unsigned i = 0; i < LAYOUT_SLOTS; i++) {
		uint64_t *control = &cache_controls(cache, bucket)[i];
		uint64_t claim, now;

		if (control_state(*control) != SLOT_FREE)
			continue;
		cr_assert(slot_claim(control, *control, fixture_now_s, &claim));
		cr_assert(slot_fill(control, claim,
		    cache_payload(cache, bucket * LAYOUT_SLOTS + i),
		    other->data, LAYOUT_LINE_WORDS));
		cr_assert(slot_publish(control, claim, SLOT_LIVE, other->tag,
		    fixture_now_s, &now));
	}
}

Test(revoke, a_tombstone_is_not_forced_out)
{
	const struct addr addr = address("192.0.2.1");
	struct key key, other;
	struct cache_now before;
	struct geometry geometry;

	cr_assert(eq(int, cache_now(cache, &before), 0));
	key_of_address(&key, &before.rules, &addr);
	key_of_address(&other, &before.rules, &(struct addr){0});
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, take_back("192.0.2.1", NULL), 0));
	fixture_now_s += 100;
	for (unsigned chain = 0; chain < 2; chain++)
		fill_bucket(
		    &other, key_bucket(&key, chain, cache->buckets_log2, 0));
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, cache_geometry(cache, &geometry), 0));
	cr_expect(scan_forbids(cache, &key, geometry, &before));
}
