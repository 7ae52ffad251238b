/* SPDX-License-Identifier: ISC */
/* addr: one form for all addresses, and nothing but addresses. */
#include "common/addr.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/un.h>

static void
assert_round_trip(const char *in, const char *expected)
{
	struct addr addr;
	char text[ADDR_TEXT_BYTES];

	cr_assert_eq(addr_parse(in, &addr), 0, "%s", in);
	cr_assert_str_eq(addr_format(&addr, text), expected);
}

Test(common_addr, every_spelling_is_written_in_one_form)
{
	assert_round_trip("192.0.2.1", "192.0.2.1");
	assert_round_trip("::ffff:192.0.2.1", "192.0.2.1");
	assert_round_trip("::FFFF:c000:0201", "192.0.2.1");
	assert_round_trip("0.0.0.0", "0.0.0.0");
	assert_round_trip("255.255.255.255", "255.255.255.255");
	assert_round_trip("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
	assert_round_trip("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	assert_round_trip("::1", "::1");
	assert_round_trip("::", "::");
	assert_round_trip("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

Test(common_addr, what_is_not_a_numeric_address_is_refused)
{
	static const char *const bad[] = {
	    "",
	    " ",
	    "192.0.2.1 ",
	    " 192.0.2.1",
	    "192.0.2.1\n",
	    "192.0.2",
	    "192.0.2.1.5",
	    "192.0.2.256",
	    "192.0.2.01",
	    "0300.0.2.1",
	    "0xc0.0.2.1",
	    "3221225985",
	    "192.0.2.1:25",
	    "192.0.2.-1",
	    "[2001:db8::1]",
	    "fe80::1%lo",
	    "fe80::1%1",
	    "2001:db8::1::2",
	    "2001:db8",
	    "12345::1",
	    "1:2:3:4:5:6:7:8:9",
	    "::ffff:192.0.2.01",
	    "2001:db8::/32",
	    "localhost",
	    "example.org",
	    ":::",
	};
	struct addr before, addr;
	size_t i;

	memset(&before, 0x5a, sizeof(before));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		addr = before;
		cr_expect_eq(
		    addr_parse(bad[i], &addr), -EINVAL, "'%s'", bad[i]);
		cr_expect(
		    addr_equal(&addr, &before), "'%s' was written", bad[i]);
	}
}

Test(common_addr, v4_over_either_socket_family_is_one_client)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct addr from_v4, from_v6;
	uint16_t port = 0;

	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr);
	in.sin_port = htons(2525);

	cr_assert_eq(addr_from_sockaddr((const struct sockaddr *)&in,
			 sizeof(in), &from_v4, &port),
	    0);
	cr_assert_eq(addr_from_sockaddr((const struct sockaddr *)&in6,
			 sizeof(in6), &from_v6, NULL),
	    0);

	cr_assert(addr_equal(&from_v4, &from_v6));
	cr_assert(addr_is_v4(&from_v6));
	cr_assert_eq(port, 2525);
}

Test(common_addr, a_socket_of_another_family_is_refused)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct addr addr;

	cr_assert_eq(addr_from_sockaddr(
			 (const struct sockaddr *)&un, sizeof(un), &addr, NULL),
	    -EAFNOSUPPORT);
}

Test(common_addr, a_short_socket_address_is_refused)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct addr addr;

	cr_assert_eq(addr_from_sockaddr((const struct sockaddr *)&in,
			 sizeof(in) - 1, &addr, NULL),
	    -EINVAL);
	cr_assert_eq(addr_from_sockaddr((const struct sockaddr *)&in6,
			 sizeof(in), &addr, NULL),
	    -EINVAL);
	cr_assert_eq(
	    addr_from_sockaddr((const struct sockaddr *)&in, 0, &addr, NULL),
	    -EINVAL);
}

Test(common_addr, only_mapped_addresses_are_v4)
{
	struct addr addr;

	addr_parse("2001:db8::1", &addr);
	cr_expect_not(addr_is_v4(&addr));
	addr_parse("::192.0.2.1", &addr);
	cr_expect_not(addr_is_v4(&addr), "deprecated v4-compatible form");
	addr_parse("64:ff9b::192.0.2.1", &addr);
	cr_expect_not(addr_is_v4(&addr), "NAT64");
	addr_parse("192.0.2.1", &addr);
	cr_expect(addr_is_v4(&addr));
}
