/* SPDX-License-Identifier: ISC */
#include "popauthd/gateway.h"
#include "tests/unit/network_fixture.h"

TestSuite(gateway, .init = network_setup);

Test(gateway, a_gateway_of_another_family_is_added)
{
	ip("route add default via inet6 2001:db8::2");
	cr_assert(eq(int, gateway_addresses(&list), 0));
	cr_assert(has("2001:db8::2"));
	cr_assert(eq(sz, list.n, 1));
}

Test(gateway, all_next_hops_of_a_route_are_added)
{
	ip("route add default nexthop via 192.0.2.1 nexthop via 192.0.2.2");
	ip("-6 route add default nexthop via 2001:db8::1 "
	   "nexthop via 2001:db8::2");
	cr_assert(eq(int, gateway_addresses(&list), 0));
	cr_assert(has("192.0.2.1"));
	cr_assert(has("192.0.2.2"));
	cr_assert(has("2001:db8::1"));
	cr_assert(has("2001:db8::2"));
	cr_assert(eq(sz, list.n, 4));
}

Test(gateway, default_routes_of_other_tables_are_added)
{
	ip("route add default via 192.0.2.3 table 100");
	cr_assert(eq(int, gateway_addresses(&list), 0));
	cr_assert(has("192.0.2.3"));
}

Test(gateway, other_routes_have_no_gateway_that_counts)
{
	ip("route add 198.51.100.0/24 via 192.0.2.4");
	ip("route add blackhole 203.0.113.0/24");
	ip("route add default dev eth0 metric 5");
	cr_assert(eq(int, gateway_addresses(&list), 0));
	cr_assert(eq(sz, list.n, 0));
}

/* More than one reply of the kernel. */
Test(gateway, a_thousand_routes_hide_no_gateway)
{
	ip("route add default via 192.0.2.1");
	cr_assert(eq(int,
	    system("i=0; while [ $i -lt 1000 ]; do echo route add "
		   "198.18.$((i / 250)).$((i % 250))/32 via 192.0.2.9; "
		   "i=$((i + 1)); done | ip -batch -"),
	    0));
	ip("route add default via 192.0.2.2 metric 9");
	cr_assert(eq(int, gateway_addresses(&list), 0));
	cr_assert(has("192.0.2.1"));
	cr_assert(has("192.0.2.2"));
	cr_assert(eq(sz, list.n, 2));
}

/* Routes that name next hop objects by their numbers alone. */
static void
use_objects_alone(void)
{
	if (system("echo 0 >/proc/sys/net/ipv4/nexthop_compat_mode") != 0)
		cr_skip_test("this kernel has no next hop objects");
}

Test(gateway, the_gateway_of_an_object_is_added)
{
	use_objects_alone();
	ip("nexthop add id 1 via 192.0.2.1 dev eth0");
	ip("nexthop add id 2 via 2001:db8::1 dev eth0");
	ip("nexthop add id 3 via 192.0.2.4 dev eth0");
	ip("route add default nhid 1");
	ip("-6 route add default nhid 2");
	ip("route add 198.51.100.0/24 nhid 3");
	cr_assert(eq(int, gateway_addresses(&list), 0));
	cr_assert(has("192.0.2.1"));
	cr_assert(has("2001:db8::1"));
	cr_assert(eq(sz, list.n, 2));
}

Test(gateway, all_gateways_of_a_group_are_added)
{
	use_objects_alone();
	ip("nexthop add id 1 via 192.0.2.1 dev eth0");
	ip("nexthop add id 2 via 2001:db8::2 dev eth0");
	ip("nexthop add id 3 via 192.0.2.3 dev eth0");
	ip("nexthop add id 10 group 1/2,9/3,2");
	ip("route add default nhid 10 table 100");
	cr_assert(eq(int, gateway_addresses(&list), 0));
	cr_assert(has("192.0.2.1"));
	cr_assert(has("2001:db8::2"));
	cr_assert(has("192.0.2.3"));
	cr_assert(eq(sz, list.n, 3));
}

Test(gateway, an_object_without_a_gateway_adds_nothing)
{
	use_objects_alone();
	ip("nexthop add id 1 dev eth0");
	ip("route add default nhid 1");
	cr_assert(eq(int, gateway_addresses(&list), 0));
	cr_assert(eq(sz, list.n, 0));
}
