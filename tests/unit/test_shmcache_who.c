/* SPDX-License-Identifier: ISC */
#include "shmcache/record.h"
#include "shmcache/slot.h"
#include "shmcache/who.h"
#include "tests/unit/cache_fixture.h"

TestSuite(who, .init = fixture_setup, .fini = fixture_teardown);

static enum shmcache_who
who_at(const char *addr_text, char user_out[SHMCACHE_USER_BYTES])
{
	struct shmcache_grant got;

	cr_assert(eq(int, lookup_in(cache, addr_text, NULL, &got), 0));
	memcpy(user_out, got.user, sizeof(got.user));
	return got.who;
}

Test(who, an_address_names_its_only_user)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", "Joe"), 0));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_ONE));
	cr_assert_str_eq(user, "joe");
}

Test(who, an_address_of_several_users_names_none)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_MANY));
	cr_assert_str_eq(user, "");
}

Test(who, the_last_user_is_named_two_windows_later)
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

Test(who, an_address_granted_alone_names_no_user)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", NULL), 0));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_UNKNOWN));
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_MANY));
}

/* The only copy of the address. */
static struct copy
find(const char *addr_text)
{
	const struct addr addr = address(addr_text);
	struct cache_now now;
	struct copies copies;
	struct key key;

	cr_assert(eq(int, cache_now(cache, &now), 0));
	key_of_address(&key, &now.rules, &addr);
	scan(cache, &key, SLOT_LIVE, now.geometry, &now, &copies);
	cr_assert(eq(uint, copies.n, 1));
	return copies.copy[0];
}

/* Let the address's hint name another slot and version. */
static void
set_hint(const char *addr_text, uint64_t data)
{
	uint64_t *hint = &cache_payload(cache, find(addr_text).slot)[WHO_HINT];

	cr_assert(slot_put_word(hint, *hint, data));
}

static uint64_t
hint_of(const char *addr_text)
{
	return cache_payload(cache, find(addr_text).slot)[WHO_HINT] &
	       LAYOUT_DATA_MASK;
}

Test(who, a_hint_at_another_clients_user_names_no_user)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.2", "ann"), 0));
	set_hint("192.0.2.1", hint_of("192.0.2.2"));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_UNKNOWN));
	cr_assert_str_eq(user, "");
}

Test(who, a_hint_of_another_version_names_no_user)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	set_hint("192.0.2.1", hint_of("192.0.2.1") + 1);
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_UNKNOWN));
}

Test(who, a_hint_beyond_the_table_names_no_user)
{
	char user[SHMCACHE_USER_BYTES];

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	set_hint("192.0.2.1", LAYOUT_DATA_MASK);
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_UNKNOWN));
}

Test(who, a_hint_at_an_address_names_no_user)
{
	char user[SHMCACHE_USER_BYTES];
	struct copy copy;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	copy = find("192.0.2.1");
	set_hint("192.0.2.1", copy.slot << 18 | control_version(copy.seen));
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_UNKNOWN));
}

Test(who, a_blurred_address_names_no_user_for_two_windows)
{
	char user[SHMCACHE_USER_BYTES];
	struct copy copy;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	copy = find("192.0.2.1");
	who_blur(cache, copy.slot, control_version(copy.seen));
	for (unsigned i = 0; i < 3; i++) {
		cr_assert(
		    eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_MANY));
		fixture_now_s += i < 2 ? FIXTURE_WINDOW_S - 1 : 2;
		cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	}
	cr_assert(eq(int, who_at("192.0.2.1", user), SHMCACHE_WHO_ONE));
}

Test(who, an_entry_that_went_takes_no_note)
{
	const struct addr addr = address("192.0.2.1");
	struct copy copy;
	struct cache_now now;
	struct key key;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	copy = find("192.0.2.1");
	cr_assert(slot_free(slot_control(cache, copy.slot), copy.seen));
	cr_assert(eq(int, cache_now(cache, &now), 0));
	cr_assert(eq(int, key_of_user(&key, &now.rules, &addr, "ann"), 0));
	cr_assert(not(who_note(cache, &copy, &copy, &key, true)));
}

Test(who, a_copy_takes_hint_and_mixed_along)
{
	uint64_t data[LAYOUT_LINE_WORDS] = {0};
	const uint64_t *payload;
	struct copy copy;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	copy = find("192.0.2.1");
	payload = cache_payload(cache, copy.slot);
	who_copy(cache, &copy, data, fixture_now_s + 5);
	cr_expect(
	    eq(u64, data[WHO_HINT], payload[WHO_HINT] & LAYOUT_DATA_MASK));
	cr_expect(
	    eq(u64, data[WHO_MIXED], payload[WHO_MIXED] & LAYOUT_DATA_MASK));
}

Test(who, a_copy_of_an_entry_that_went_names_no_user)
{
	uint64_t data[LAYOUT_LINE_WORDS] = {0};
	struct copy copy;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	copy = find("192.0.2.1");
	copy.seen = control_make(control_version(copy.seen) + 1, SLOT_LIVE,
	    control_tag(copy.seen), fixture_now_s);
	who_copy(cache, &copy, data, fixture_now_s);
	cr_expect(eq(u64, data[WHO_HINT], 0));
	cr_expect(ne(u64, data[WHO_MIXED], 0));
}
