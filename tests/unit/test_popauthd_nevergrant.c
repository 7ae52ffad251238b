/* SPDX-License-Identifier: ISC */
#include "popauthd/nevergrant.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

static struct nevergrant list;

static struct addr
address(const char *text)
{
	struct addr addr;

	cr_assert(eq(int, addr_parse(text, &addr), 0));
	return addr;
}

static struct cidr
network(const char *text)
{
	struct cidr cidr;

	cr_assert(eq(int, cidr_parse(text, &cidr), 0));
	return cidr;
}

static void
add_listed(const char *text)
{
	const struct cidr cidr = network(text);

	cr_assert(eq(int, nevergrant_add_listed(&list, &cidr, 1), 0));
}

static void
add_own(const char *text)
{
	struct addresses own = {0};
	const struct addr addr = address(text);

	cr_assert(eq(int, addresses_add(&own, &addr), 0));
	nevergrant_add_own(&list, &own);
	addresses_free(&own);
}

static bool
has(const char *text)
{
	const struct addr addr = address(text);

	return cidr_list_contains(list.items, list.n, &addr);
}

/* List networks until only so many places are left. */
static void
fill_up_to(size_t n_left)
{
	const struct cidr cidr = network("198.18.0.0/15");

	while (list.n < SHMCACHE_NEVER_MAX - n_left)
		cr_assert(eq(int, nevergrant_add_listed(&list, &cidr, 1), 0));
}

Test(nevergrant, an_own_address_of_a_listed_network_takes_no_room)
{
	add_listed("192.0.2.0/24");
	add_own("192.0.2.1");
	cr_expect(eq(sz, list.n, 1));
	add_own("198.51.100.1");
	cr_expect(eq(sz, list.n, 2));
	cr_expect(eq(sz, list.n_listed, 1));
}

Test(nevergrant, an_own_address_that_no_table_grants_takes_no_room)
{
	add_own("127.0.0.1");
	add_own("fe80::1");
	cr_expect(eq(sz, list.n, 0));
}

Test(nevergrant, there_is_room_for_own_addresses_of_both_families_at_least)
{
	const struct cidr two[2] = {network("203.0.113.1"), network("::9")};
	struct addresses own = {0};

	fill_up_to(3);
	cr_expect(eq(int, nevergrant_add_listed(&list, two, 2), -E2BIG));
	cr_expect(eq(sz, list.n, SHMCACHE_NEVER_MAX - 3));
	cr_expect(eq(int, nevergrant_add_listed(&list, two, 1), 0));
	for (unsigned i = 0; i < 4; i++) {
		static const char *const texts[] = {
		    "192.0.2.1", "192.0.2.9", "2001:db8::1", "2001:db8:9::1"};
		const struct addr addr = address(texts[i]);

		cr_assert(eq(int, addresses_add(&own, &addr), 0));
	}
	nevergrant_add_own(&list, &own);
	addresses_free(&own);
	cr_expect(eq(sz, list.n, SHMCACHE_NEVER_MAX));
	cr_expect(has("192.0.2.1") && has("192.0.2.9"));
	cr_expect(has("2001:db8::1") && has("2001:db8:9::1"));
	cr_expect(ne(int, list.widened.prefix_len, 0));
	cr_expect(not(has("198.51.100.1")));
}

Test(nevergrant, no_networks_are_nothing)
{
	cr_expect(eq(int, nevergrant_add_listed(&list, NULL, 0), 0));
	cr_expect(eq(sz, list.n, 0));
}

Test(nevergrant, own_addresses_that_were_never_known_deny_all)
{
	struct nevergrant known = {0};

	add_listed("192.0.2.0/24");
	nevergrant_keep_own(&list, &known, -EPERM);
	cr_expect(has("203.0.113.1"));
	cr_expect(has("2001:db8::1"));
	cr_expect(eq(int, list.own_error, -EPERM));
}

Test(nevergrant, own_addresses_that_are_known_stay)
{
	struct nevergrant known;

	add_listed("192.0.2.0/24");
	add_own("198.51.100.1");
	known = list;
	list = (struct nevergrant){0};
	add_listed("192.0.2.0/25");
	nevergrant_keep_own(&list, &known, -EPERM);
	cr_expect(has("198.51.100.1"));
	cr_expect(has("192.0.2.1"));
	cr_expect(not(has("192.0.2.129")));
	cr_expect(eq(sz, list.n, 2));
}

Test(nevergrant, lists_differ_by_any_network)
{
	struct nevergrant other;

	add_listed("192.0.2.1");
	add_listed("192.0.2.2");
	other = list;
	cr_expect(nevergrant_is_same(&list, &other));
	other.items[1].prefix_len = 127;
	cr_expect(not(nevergrant_is_same(&list, &other)));
	other = list;
	other.items[1].net = address("192.0.2.3");
	cr_expect(not(nevergrant_is_same(&list, &other)));
	other = list;
	other.n = 1;
	cr_expect(not(nevergrant_is_same(&list, &other)));
}
