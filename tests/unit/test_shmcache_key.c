/* SPDX-License-Identifier: ISC */
#include "shmcache/key.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const uint64_t hash_key[2] = {1, 2};
static const struct key_rules rules = {hash_key, {.ipv6_prefix = 64}};

static struct addr
address(const char *text)
{
	struct addr addr;

	cr_assert(eq(int, addr_parse(text, &addr), 0));
	return addr;
}

static bool
same_key(const struct key *a, const struct key *b)
{
	return a->hash == b->hash && a->tag == b->tag &&
	       memcmp(a->data, b->data, sizeof(a->data)) == 0;
}

static struct key
key_at(const char *addr_text)
{
	const struct addr addr = address(addr_text);
	struct key key;

	key_of_address(&key, &rules, &addr);
	return key;
}

static struct key
key_for(const char *user)
{
	const struct addr addr = address("192.0.2.1");
	struct key key;

	cr_assert(eq(int, key_of_user(&key, &rules, &addr, user), 0));
	return key;
}

static void
assert_same(const char *a, const char *b, bool want)
{
	const struct key one = key_at(a), other = key_at(b);

	cr_assert(eq(int, same_key(&one, &other), want), "%s and %s", a, b);
}

Test(key, ipv6_clients_of_one_prefix_are_one_client)
{
	assert_same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true);
	assert_same("2001:db8:1:2::1", "2001:db8:1:3::1", false);
}

Test(key, ipv4_addresses_are_never_joined)
{
	assert_same("192.0.2.1", "192.0.2.2", false);
	assert_same("192.0.2.1", "::ffff:192.0.2.1", true);
}

Test(key, networks_that_embed_ipv4_are_kept_by_address)
{
	assert_same("64:ff9b::192.0.2.1", "64:ff9b::192.0.2.2", false);
	assert_same("64:ff9b:1::192.0.2.1", "64:ff9b:1::192.0.2.2", false);
	assert_same("2001:0:cb00:7101::1", "2001:0:cb00:7101::2", false);
}

Test(key, names_compare_without_ascii_case)
{
	const struct key lower = key_for("joe"), upper = key_for("JOE");

	cr_assert(same_key(&lower, &upper));
}

Test(key, an_address_is_no_user)
{
	const struct addr addr = address("192.0.2.1");
	const struct key alone = key_at("192.0.2.1");
	struct key nameless;

	cr_assert(eq(int, key_of_user(&nameless, &rules, &addr, NULL), 0));
	cr_assert(not(same_key(&alone, &nameless)));
	cr_assert(eq(int, key_kind(alone.data), KIND_ADDRESS));
	cr_assert(eq(int, key_kind(nameless.data), KIND_USER));
}

Test(key, a_name_of_31_bytes_is_stored_as_it_is)
{
	char name[32] = "", text[SHMCACHE_USER_BYTES];

	memset(name, 'x', 31);
	const struct key key = key_for(name);

	key_user(key.data, text);
	cr_assert_str_eq(text, name);
}

Test(key, longer_names_differ_by_all_their_bytes)
{
	char one[64] = "", other[64] = "", text[SHMCACHE_USER_BYTES];

	memset(one, 'x', 63);
	memset(other, 'x', 62);
	other[62] = 'y';
	const struct key a = key_for(one), b = key_for(other);

	cr_assert(not(same_key(&a, &b)));
	key_user(a.data, text);
	cr_assert(eq(sz, strlen(text), SHMCACHE_USER_BYTES - 1));
	cr_assert(eq(int, strncmp(text, "xxxxxxxxxxxxxxx~", 16), 0));
}

Test(key, a_short_name_that_looks_like_a_hash_is_another_key)
{
	char longer[64] = "", text[SHMCACHE_USER_BYTES];

	memset(longer, 'x', 63);
	const struct key of_long = key_for(longer);

	key_user(of_long.data, text);
	const struct key of_text = key_for(text);

	cr_assert(not(same_key(&of_long, &of_text)));
}

Test(key, empty_and_endless_names_are_refused)
{
	const struct addr addr = address("192.0.2.1");
	char endless[300];
	struct key key;

	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	cr_assert(
	    eq(int, key_of_user(&key, &rules, &addr, ""), SHMCACHE_BAD_USER));
	cr_assert(eq(
	    int, key_of_user(&key, &rules, &addr, endless), SHMCACHE_BAD_USER));
	endless[255] = '\0';
	cr_assert(eq(int, key_of_user(&key, &rules, &addr, endless), 0));
}

Test(key, the_address_can_be_read_back)
{
	const struct addr addr = address("2001:db8:1:2::1");
	struct addr masked = address("2001:db8:1:2::"), read_back;
	struct key key;

	cr_assert(eq(int, key_of_user(&key, &rules, &addr, "joe"), 0));
	key_address(key.data, &read_back);
	cr_assert(addr_equal(&read_back, &masked));
}
