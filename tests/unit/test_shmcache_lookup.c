/* SPDX-License-Identifier: ISC */
/*
 * Both look-ups: in a mapping (lookup.c) and by pread(2) (lookup_pread.c).
 */
#include "shmcache/scan.h"
#include "shmcache/slot.h"
#include "tests/unit/cache_fixture.h"

#define CLIENT "192.0.2.1"

static struct shmcache *mapped, *by_pread;
static struct key key;

/* A client whose homes are other ones at the next level. */
static void
setup(void)
{
	const struct addr addr = address(CLIENT);
	const unsigned k = 7; /* of the fixture */
	struct cache_now now;

	fixture_setup();
	mapped = fixture_open(SHMCACHE_READ);
	by_pread = fixture_open(SHMCACHE_PREAD);
	do {
		mapped->hash_key[0] = by_pread->hash_key[0] =
		    ++cache->hash_key[0];
		cr_assert(eq(int, cache_now(cache, &now), 0));
		key_of_address(&key, &now.rules, &addr);
	} while (key_bucket(&key, 0, k, 0) == key_bucket(&key, 0, k, 1) ||
		 key_bucket(&key, 1, k, 0) == key_bucket(&key, 1, k, 1) ||
		 key_bucket(&key, 0, k, 0) == key_bucket(&key, 1, k, 0));
}

static void
teardown(void)
{
	shmcache_close(mapped);
	shmcache_close(by_pread);
	fixture_teardown();
}

TestSuite(lookup, .init = setup, .fini = teardown);

static void
expect_both(const char *addr_text, const char *user, int wanted)
{
	struct shmcache_grant got;

	cr_expect(eq(int, lookup_in(mapped, addr_text, user, &got), wanted));
	cr_expect(eq(int, lookup_in(by_pread, addr_text, user, &got), wanted));
}

/* Put the client's key into a slot of a home, as a writer leaves it. */
static uint64_t
put(unsigned chain, unsigned in_bucket, enum slot_state state)
{
	const uint64_t slot =
	    key_bucket(&key, chain, cache->buckets_log2, 0) * LAYOUT_SLOTS +
	    in_bucket;
	uint64_t *control = slot_control(cache, slot);
	uint64_t claim, seen;

	cr_assert(slot_claim(control, *control, fixture_now_s, &claim));
	cr_assert(slot_fill(control, claim, cache_payload(cache, slot),
	    key.data, KEY_WORDS_ADDRESS));
	cr_assert(
	    slot_publish(control, claim, state, key.tag, fixture_now_s, &seen));
	return slot;
}

/* Let the file have a second segment, and the table use it since then. */
static void
grow_at(uint32_t since)
{
	cr_assert(eq(int,
	    truncate(
		fixture_path, (off_t)layout_file_bytes(cache->buckets_log2, 1)),
	    0));
	cache->header->allocated = 1;
	cache->header->geometry =
	    geometry_pack((struct geometry){.cur = 1, .since = since});
}

Test(lookup, a_key_is_found_in_every_slot_of_its_homes)
{
	for (unsigned i = 0; i < 2 * LAYOUT_SLOTS; i++) {
		const uint64_t slot =
		    put(i / LAYOUT_SLOTS, i % LAYOUT_SLOTS, SLOT_LIVE);
		uint64_t *control = slot_control(cache, slot);

		expect_both(CLIENT, NULL, 0);
		cr_assert(slot_free(control, *control));
		expect_both(CLIENT, NULL, SHMCACHE_NO_GRANT);
	}
}

Test(lookup, a_tombstone_is_no_grant)
{
	put(0, 0, SLOT_REVOKED);
	expect_both(CLIENT, NULL, SHMCACHE_NO_GRANT);
}

Test(lookup, a_claim_is_no_grant)
{
	const uint64_t slot = put(0, 0, SLOT_LIVE);
	uint64_t *control = slot_control(cache, slot);
	uint64_t claim;

	cr_assert(slot_claim(control, *control, fixture_now_s, &claim));
	expect_both(CLIENT, NULL, SHMCACHE_NO_GRANT);
}

Test(lookup, a_word_of_another_version_is_no_grant)
{
	const uint64_t slot = put(0, 0, SLOT_LIVE);

	for (unsigned i = 0; i < KEY_WORDS_CLIENT; i++) {
		uint64_t *word = &cache_payload(cache, slot)[i];
		const uint64_t whole = *word;

		*word = payload_make((whole >> 48) + 1, whole);
		expect_both(CLIENT, NULL, SHMCACHE_NO_GRANT);
		*word = whole;
	}
	expect_both(CLIENT, NULL, 0);
}

Test(lookup, a_grant_ends_with_the_window)
{
	put(0, 0, SLOT_LIVE);
	fixture_now_s += FIXTURE_WINDOW_S - 1;
	expect_both(CLIENT, NULL, 0);
	fixture_now_s++;
	expect_both(CLIENT, NULL, SHMCACHE_NO_GRANT);
}

Test(lookup, a_stamp_of_the_future_is_dead)
{
	put(0, 0, SLOT_LIVE);
	fixture_now_s -= 10;
	expect_both(CLIENT, NULL, SHMCACHE_NO_GRANT);
}

Test(lookup, a_foreign_clock_matters_only_to_what_is_found)
{
	put(0, 0, SLOT_LIVE);
	cr_assert(eq(int, shmcache_sweep(cache, NULL), 0));
	fixture_now_s -= 1;
	expect_both(CLIENT, NULL, SHMCACHE_FOREIGN_CLOCK);
	expect_both("192.0.2.2", NULL, SHMCACHE_NO_GRANT);
}

Test(lookup, an_old_level_is_searched_until_its_grants_are_over)
{
	put(0, 0, SLOT_LIVE);
	grow_at(fixture_now_s);
	expect_both(CLIENT, NULL, 0);
	fixture_now_s += FIXTURE_WINDOW_S - 1;
	expect_both(CLIENT, NULL, 0);
	fixture_now_s += 2;
	expect_both(CLIENT, NULL, SHMCACHE_NO_GRANT);
}

Test(lookup, an_undated_old_level_is_searched)
{
	put(0, 0, SLOT_LIVE);
	grow_at(GEOMETRY_OPEN);
	expect_both(CLIENT, NULL, 0);
}

Test(lookup, a_bad_name_is_an_error)
{
	expect_both(CLIENT, "", SHMCACHE_BAD_USER);
}

Test(lookup, a_user_is_asked_for_by_name)
{
	struct shmcache_grant got;

	cr_assert(eq(int, grant(CLIENT, "joe"), 0));
	expect_both(CLIENT, "JOE", 0);
	expect_both(CLIENT, "ann", SHMCACHE_NO_GRANT);
	cr_assert(eq(int, lookup_in(by_pread, CLIENT, "JOE", &got), 0));
	cr_expect_str_eq(got.user, "joe");
	cr_expect(eq(int, got.who, SHMCACHE_WHO_ONE));
}

Test(lookup, both_ways_give_the_same_grant)
{
	struct shmcache_grant a, b;

	cr_assert(eq(int, grant("2001:db8::1", "joe"), 0));
	fixture_now_s += 7;
	cr_assert(eq(int, lookup_in(mapped, "2001:db8::1", NULL, &a), 0));
	cr_assert(eq(int, lookup_in(by_pread, "2001:db8::1", NULL, &b), 0));
	cr_expect(eq(u32, a.age_s, 7));
	cr_expect(eq(u32, b.age_s, 7));
	cr_expect(eq(u32, b.left_s, a.left_s));
	cr_expect_str_eq(a.user, "joe");
	cr_expect_str_eq(b.user, "joe");
}
