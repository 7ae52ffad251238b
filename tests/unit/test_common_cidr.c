/* SPDX-License-Identifier: ISC */
/* cidr: both families through one comparison. */
#include "common/cidr.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct cidr
cidr(const char *text)
{
	struct cidr parsed;

	cr_assert_eq(cidr_parse(text, &parsed), 0, "%s", text);
	return parsed;
}

static bool
contains(const char *net, const char *text)
{
	struct cidr parsed = cidr(net);
	struct addr addr;

	cr_assert_eq(addr_parse(text, &addr), 0, "%s", text);
	return cidr_contains(&parsed, &addr);
}

Test(common_cidr, a_network_is_written_as_it_was_read)
{
	static const char *const nets[] = {"192.0.2.0/24", "0.0.0.0/0", "::/0",
	    "2001:db8::/32", "192.0.2.1/32", "2001:db8::1/128", "192.0.2.2/31",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"};
	char text[CIDR_TEXT_BYTES];
	size_t i;

	for (i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct cidr parsed = cidr(nets[i]);

		cr_expect_str_eq(cidr_format(&parsed, text), nets[i]);
	}
}

Test(common_cidr, an_address_alone_is_a_network_of_one)
{
	cr_expect_eq(cidr("192.0.2.1").prefix_len, 128);
	cr_expect(contains("192.0.2.1", "192.0.2.1"));
	cr_expect_not(contains("192.0.2.1", "192.0.2.0"));
	cr_expect(contains("2001:db8::1", "2001:db8::1"));
	cr_expect_not(contains("2001:db8::1", "2001:db8::2"));
}

Test(common_cidr, the_mapped_spelling_counts_128_bits)
{
	cr_expect_eq(cidr("::ffff:192.0.2.0/120").prefix_len, 120);
	cr_expect(contains("::ffff:192.0.2.0/120", "192.0.2.77"));
	cr_expect_eq(cidr("192.0.2.0/24").prefix_len, 120);
}

Test(common_cidr, set_host_bits_and_bad_lengths_are_refused)
{
	static const char *const bad[] = {"", "/", "/24", "192.0.2.0/",
	    "192.0.2.7/24", "2001:db8::1/64", "0.0.0.1/0", "192.0.2.0/33",
	    "2001:db8::/129", "192.0.2.0/024", "192.0.2.0/+24", "192.0.2.0/-1",
	    "192.0.2.0/ 24", "192.0.2.0/24 ", "192.0.2.0/24/8",
	    "192.0.2.0/255.255.255.0", "192.0.2.0/99999999999999999999",
	    "192.0.2/24", "example.org/24",
	    "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/64"};
	struct cidr parsed;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(
		    cidr_parse(bad[i], &parsed), -EINVAL, "'%s'", bad[i]);
}

Test(common_cidr, the_edges_of_a_network_are_inside_and_their_neighbours_not)
{
	cr_expect(contains("192.0.2.0/25", "192.0.2.127"));
	cr_expect_not(contains("192.0.2.0/25", "192.0.2.128"));
	cr_expect(contains("192.0.2.2/31", "192.0.2.3"));
	cr_expect_not(contains("192.0.2.2/31", "192.0.2.4"));
	cr_expect(contains("2001:db8::/33", "2001:db8:7fff::"));
	cr_expect_not(contains("2001:db8::/33", "2001:db8:8000::"));
}

Test(common_cidr, all_of_one_family_contains_no_address_of_the_other)
{
	cr_expect(contains("0.0.0.0/0", "203.0.113.9"));
	cr_expect_not(contains("0.0.0.0/0", "2001:db8::1"));
	cr_expect_not(contains("2000::/3", "203.0.113.9"));
	cr_expect(contains("::/0", "2001:db8::1"));
	cr_expect_not(contains("::/0", "203.0.113.9"));
}

/* All networks that have the mapped addresses in them, by the bits. */
Test(common_cidr, an_ipv6_network_around_the_mapped_ones_has_no_ipv4)
{
	for (unsigned len = 0; len <= 96; len++) {
		struct cidr around = cidr("::ffff:0:0/96");
		struct addr v4, v6;

		addr_mask(&around.net, len);
		around.prefix_len = (uint8_t)len;
		addr_parse("203.0.113.9", &v4);
		v6 = around.net;
		cr_expect_eq(cidr_contains(&around, &v4), len == 96, "%u", len);
		cr_expect(cidr_contains(&around, &v6), "%u", len);
	}
}

Test(common_cidr, an_empty_list_contains_no_address)
{
	struct addr addr;

	addr_parse("192.0.2.1", &addr);

	cr_expect_not(cidr_list_contains(NULL, 0, &addr));
}

Test(common_cidr, a_list_contains_what_any_of_its_networks_does)
{
	struct cidr list[2] = {cidr("192.0.2.0/24"), cidr("2001:db8::/32")};
	struct addr addr;

	addr_parse("2001:db8::7", &addr);
	cr_expect(cidr_list_contains(list, 2, &addr));
	addr_parse("198.51.100.1", &addr);
	cr_expect_not(cidr_list_contains(list, 2, &addr));
}

Test(common_cidr, masking_keeps_exactly_the_first_bits)
{
	unsigned len, bit;

	for (len = 0; len <= 130; len++) {
		struct addr addr;

		memset(&addr, 0xff, sizeof(addr));
		addr_mask(&addr, len);
		for (bit = 0; bit < 128; bit++)
			cr_assert_eq((addr.bytes[bit / 8] >> (7 - bit % 8)) & 1,
			    bit < len, "length %u, bit %u", len, bit);
	}
}

Test(common_cidr, bits_after_the_prefix_are_cleared_for_a_message)
{
	char text[CIDR_TEXT_BYTES];
	struct cidr cidr;

	cr_expect_eq(cidr_parse_loosely("192.0.2.1/24", &cidr), 1);
	cr_expect_str_eq(cidr_format(&cidr, text), "192.0.2.0/24");
	cr_expect_eq(cidr_parse_loosely("2001:db8::1/64", &cidr), 1);
	cr_expect_str_eq(cidr_format(&cidr, text), "2001:db8::/64");
	cr_expect_eq(cidr_parse_loosely("192.0.2.0/24", &cidr), 0);
	cr_expect_eq(cidr_parse_loosely("192.0.2.1/33", &cidr), -EINVAL);
	cr_expect_eq(cidr_parse("192.0.2.1/24", &cidr), -EINVAL);
}
