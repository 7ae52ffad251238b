/* SPDX-License-Identifier: ISC */
/*
 * The machine's own addresses and gateways, of a machine that is made for the
 * test: a network namespace.
 */
#include "popauthd/gateway.h"
#include "popauthd/own.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX 16

static struct cidr list[MAX];
static size_t n;

static void
setup(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		cr_skip_test("no network namespace without root");
	cr_assert(eq(int,
	    system("ip link set lo up && "
		   "ip link add eth0 type veth peer name eth1 && "
		   "ip address add 192.0.2.25/24 dev eth0 && "
		   "ip address add 2001:db8::25/64 dev eth0 nodad && "
		   "ip link set eth0 up && ip link set eth1 up"),
	    0));
}

TestSuite(own, .init = setup);

static void
route(const char *command)
{
	char line[256];

	snprintf(line, sizeof(line), "ip %s", command);
	cr_assert(eq(int, system(line), 0), "%s", line);
}

static bool
has(const char *text)
{
	struct addr addr;

	cr_assert(eq(int, addr_parse(text, &addr), 0));
	return cidr_list_contains(list, n, &addr);
}

Test(own, the_addresses_of_all_interfaces_are_its_own)
{
	cr_assert(eq(int, own_addresses(list, &n, MAX), 0));
	cr_assert(has("192.0.2.25"));
	cr_assert(has("2001:db8::25"));
	cr_assert(not(has("192.0.2.26")));
}

/* Each container has one link-local address at its host. */
Test(own, what_is_never_granted_anyway_takes_no_room)
{
	cr_assert(eq(int, own_addresses(list, &n, MAX), 0));
	cr_assert(eq(sz, n, 2)); /* without lo, and fe80:: of both ends */
}

Test(own, the_gateways_of_both_families_are_added)
{
	route("route add default via 192.0.2.1");
	route("-6 route add default via 2001:db8::1");
	cr_assert(eq(int, own_addresses(list, &n, MAX), 0));
	cr_assert(has("192.0.2.1"));
	cr_assert(has("2001:db8::1"));
	cr_assert(eq(sz, n, 4));
}

Test(own, a_gateway_of_another_family_is_added)
{
	route("route add default via inet6 2001:db8::2");
	cr_assert(eq(int, gateway_addresses(list, &n, MAX), 0));
	cr_assert(has("2001:db8::2"));
	cr_assert(eq(sz, n, 1));
}

Test(own, all_next_hops_of_a_route_are_added)
{
	route("route add default nexthop via 192.0.2.1 nexthop via 192.0.2.2");
	route("-6 route add default nexthop via 2001:db8::1 "
	      "nexthop via 2001:db8::2");
	cr_assert(eq(int, gateway_addresses(list, &n, MAX), 0));
	cr_assert(has("192.0.2.1"));
	cr_assert(has("192.0.2.2"));
	cr_assert(has("2001:db8::1"));
	cr_assert(has("2001:db8::2"));
	cr_assert(eq(sz, n, 4));
}

Test(own, default_routes_of_other_tables_are_added)
{
	route("route add default via 192.0.2.3 table 100");
	cr_assert(eq(int, gateway_addresses(list, &n, MAX), 0));
	cr_assert(has("192.0.2.3"));
}

Test(own, other_routes_have_no_gateway_that_counts)
{
	route("route add 198.51.100.0/24 via 192.0.2.4");
	route("route add blackhole 203.0.113.0/24");
	route("route add default dev eth0 metric 5");
	cr_assert(eq(int, gateway_addresses(list, &n, MAX), 0));
	cr_assert(eq(sz, n, 0));
}

/* More than one reply of the kernel. */
Test(own, a_thousand_routes_hide_no_gateway)
{
	route("route add default via 192.0.2.1");
	cr_assert(eq(int,
	    system("i=0; while [ $i -lt 1000 ]; do echo route add "
		   "198.18.$((i / 250)).$((i % 250))/32 via 192.0.2.9; "
		   "i=$((i + 1)); done | ip -batch -"),
	    0));
	route("route add default via 192.0.2.2 metric 9");
	cr_assert(eq(int, gateway_addresses(list, &n, MAX), 0));
	cr_assert(has("192.0.2.1"));
	cr_assert(has("192.0.2.2"));
	cr_assert(eq(sz, n, 2));
}

Test(own, more_than_fit_is_an_error)
{
	cr_assert(eq(int, own_addresses(list, &n, 1), -E2BIG));
}

Test(own, what_the_administrator_listed_is_not_added_again)
{
	cr_assert(eq(int, cidr_parse("192.0.2.0/24", &list[0]), 0));
	n = 1;
	cr_assert(eq(int, own_addresses(list, &n, MAX), 0));
	cr_assert(eq(sz, n, 2));
}

/*
 * On lo, where the kernel has told all before ip(8) returns: of a veth it goes
 * on telling, of its carrier and its link-local address.
 */
static void
setup_watch(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		cr_skip_test("no network namespace without root");
	route("link set lo up");
}

TestSuite(own_watch, .init = setup_watch);

static bool
changes_after(const char *command)
{
	const int fd = own_watch();
	struct pollfd one = {.fd = fd, .events = POLLIN};
	bool changed;

	cr_assert(ge(int, fd, 0));
	cr_assert(not(own_changed(fd)));
	route(command);
	poll(&one, 1, 5000);
	changed = own_changed(fd);
	close(fd);
	return changed;
}

Test(own_watch, tells_a_new_address)
{
	cr_assert(changes_after("address add 192.0.2.26/24 dev lo"));
}

Test(own_watch, tells_a_new_ipv6_address)
{
	cr_assert(changes_after("address add 2001:db8::26/64 dev lo nodad"));
}

Test(own_watch, tells_a_new_route)
{
	cr_assert(changes_after("route add default dev lo"));
}

Test(own_watch, tells_a_new_ipv6_route)
{
	cr_assert(changes_after("-6 route add default dev lo"));
}

Test(own_watch, tells_a_change_once)
{
	const int fd = own_watch();
	struct pollfd one = {.fd = fd, .events = POLLIN};

	route("route add default dev lo");
	poll(&one, 1, 5000);
	cr_assert(own_changed(fd));
	cr_assert(not(own_changed(fd)));
	close(fd);
}
