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

static int
add(const char *text)
{
	const struct addr addr = address(text);

	return nevergrant_add(&list, &addr);
}

/* Append a network until only so many places are left. */
static void
fill_up_to(size_t n_left)
{
	struct cidr network;

	cr_assert(eq(int, cidr_parse("198.18.0.0/15", &network), 0));
	while (list.n < SHMCACHE_NEVER_MAX - n_left)
		cr_assert(
		    eq(int, nevergrant_add_networks(&list, &network, 1), 0));
}

Test(nevergrant, an_address_is_added_once)
{
	cr_expect(eq(int, add("192.0.2.1"), 0));
	cr_expect(eq(int, add("192.0.2.1"), 0));
	cr_expect(eq(sz, list.n, 1));
}

Test(nevergrant, an_address_of_a_listed_network_is_not_added)
{
	struct cidr network;

	cr_assert(eq(int, cidr_parse("192.0.2.0/24", &network), 0));
	cr_assert(eq(int, nevergrant_add_networks(&list, &network, 1), 0));
	cr_expect(eq(int, add("192.0.2.1"), 0));
	cr_expect(eq(sz, list.n, 1));
}

Test(nevergrant, an_address_that_no_table_grants_is_not_added)
{
	cr_expect(eq(int, add("127.0.0.1"), 0));
	cr_expect(eq(int, add("fe80::1"), 0));
	cr_expect(eq(sz, list.n, 0));
}

Test(nevergrant, a_full_list_takes_no_address)
{
	fill_up_to(0);
	cr_expect(eq(int, add("192.0.2.1"), -E2BIG));
	cr_expect(eq(sz, list.n, SHMCACHE_NEVER_MAX));
}

Test(nevergrant, networks_that_do_not_fit_change_nothing)
{
	const struct cidr two[2] = {{.prefix_len = 128}, {.prefix_len = 128}};

	fill_up_to(1);
	cr_expect(eq(int, nevergrant_add_networks(&list, two, 2), -E2BIG));
	cr_expect(eq(sz, list.n, SHMCACHE_NEVER_MAX - 1));
	cr_expect(eq(int, nevergrant_add_networks(&list, two, 1), 0));
}

Test(nevergrant, no_networks_are_nothing)
{
	cr_expect(eq(int, nevergrant_add_networks(&list, NULL, 0), 0));
	cr_expect(eq(sz, list.n, 0));
}

Test(nevergrant, lists_differ_by_any_network)
{
	struct nevergrant other;

	add("192.0.2.1");
	add("192.0.2.2");
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
