/* SPDX-License-Identifier: ISC */
#include "popauthd/own.h"
#include "tests/unit/network_fixture.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

TestSuite(own, .init = network_setup);

Test(own, the_addresses_of_all_interfaces_are_its_own)
{
	cr_assert(eq(int, own_addresses(&list), 0));
	cr_assert(has("192.0.2.25"));
	cr_assert(has("2001:db8::25"));
	cr_assert(not(has("192.0.2.26")));
}

Test(own, the_gateways_of_both_families_are_added)
{
	ip("route add default via 192.0.2.1");
	ip("-6 route add default via 2001:db8::1");
	cr_assert(eq(int, own_addresses(&list), 0));
	cr_assert(has("192.0.2.1"));
	cr_assert(has("2001:db8::1"));
}

Test(own, a_kernel_that_does_not_answer_is_an_error)
{
	const struct rlimit none = {0, 1024}, some = {1024, 1024};
	int error;

	setrlimit(RLIMIT_NOFILE, &none);
	error = own_addresses(&list);
	setrlimit(RLIMIT_NOFILE, &some);
	cr_assert(eq(int, error, -EMFILE));
}

/*
 * On lo, where the kernel reports everything before ip(8) returns.  For a veth
 * it reports the carrier and the link-local address later.
 */
static void
setup_watch(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		cr_skip_test("no network namespace without root");
	ip("link set lo up");
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
	ip(command);
	poll(&one, 1, 5000);
	changed = own_changed(fd);
	close(fd);
	return changed;
}

Test(own_watch, reports_a_new_address)
{
	cr_assert(changes_after("address add 192.0.2.26/24 dev lo"));
}

Test(own_watch, reports_a_new_ipv6_address)
{
	cr_assert(changes_after("address add 2001:db8::26/64 dev lo nodad"));
}

Test(own_watch, reports_a_new_route)
{
	cr_assert(changes_after("route add default dev lo"));
}

Test(own_watch, reports_a_new_ipv6_route)
{
	cr_assert(changes_after("-6 route add default dev lo"));
}

Test(own_watch, reports_a_change_once)
{
	const int fd = own_watch();
	struct pollfd one = {.fd = fd, .events = POLLIN};

	ip("route add default dev lo");
	poll(&one, 1, 5000);
	cr_assert(own_changed(fd));
	cr_assert(not(own_changed(fd)));
	close(fd);
}

/* Without IPv6, which makes addresses and routes of its own later. */
static void
setup_object(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		cr_skip_test("no network namespace without root");
	ip("link add eth0 type veth peer name eth1");
	ip("link set eth0 addrgenmode none");
	ip("link set eth1 addrgenmode none");
	ip("address add 192.0.2.25/24 dev eth0");
	ip("link set eth0 up");
	ip("link set eth1 up");
	if (system("ip nexthop add id 1 via 192.0.2.1 dev eth0") != 0)
		cr_skip_test("this kernel has no next hop objects");
}

TestSuite(own_watch_object, .init = setup_object);

Test(own_watch_object, reports_another_gateway_of_a_next_hop_object)
{
	cr_assert(changes_after("nexthop replace id 1 via 192.0.2.9 dev eth0"));
}
