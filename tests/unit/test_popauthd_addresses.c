/* SPDX-License-Identifier: ISC */
#include "popauthd/addresses.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct addresses set;
static struct cidr widest;

static struct addr
address(const char *text)
{
	struct addr addr;

	cr_assert(eq(int, addr_parse(text, &addr), 0), "%s", text);
	return addr;
}

static void __attribute__((format(printf, 1, 2))) add(const char *format, ...)
{
	char text[ADDR_TEXT_BYTES];
	struct addr addr;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	addr = address(text);
	cr_assert(eq(int, addresses_add(&set, &addr), 0));
}

static bool
has(const char *text)
{
	const struct addr addr = address(text);

	return cidr_list_contains(set.items, set.n, &addr);
}

/* The set as text. */
static const char *
text_of(void)
{
	static char text[1024];

	text[0] = '\0';
	for (size_t i = 0; i < set.n; i++) {
		char one[CIDR_TEXT_BYTES];

		strcat(text, i > 0 ? " " : "");
		strcat(text, cidr_format(&set.items[i], one));
	}
	return text;
}

static void
expect(const char *wanted)
{
	cr_expect_str_eq(text_of(), wanted);
}

TestSuite(addresses);

Test(addresses, an_address_that_is_added_twice_is_there_once)
{
	add("192.0.2.1");
	add("192.0.2.1");
	addresses_merge(&set);
	expect("192.0.2.1/32");
	addresses_free(&set);
	cr_expect(eq(sz, set.n, 0));
}

Test(addresses, an_empty_set_stays_empty)
{
	addresses_merge(&set);
	cr_expect(not(addresses_widen(&set, 2, &widest)));
	cr_expect(eq(sz, set.n, 0));
}

Test(addresses, neighbours_become_one_network_of_exactly_them)
{
	for (unsigned i = 255; i > 0; i--)
		add("198.18.0.%u", i);
	addresses_merge(&set);
	expect("198.18.0.1/32 198.18.0.2/31 198.18.0.4/30 198.18.0.8/29 "
	       "198.18.0.16/28 198.18.0.32/27 198.18.0.64/26 198.18.0.128/25");
}

Test(addresses, whole_ipv6_networks_are_merged_too)
{
	for (unsigned i = 0; i < 256; i++)
		add("2001:db8::%x", i);
	addresses_merge(&set);
	expect("2001:db8::/120");
}

Test(addresses, addresses_that_are_no_neighbours_stay_apart)
{
	add("192.0.2.1");
	add("192.0.2.2");
	add("::fffe:ffff:ffff");
	add("0.0.0.0");
	addresses_merge(&set);
	cr_expect(eq(sz, set.n, 4));
}

Test(addresses, those_of_a_network_are_removed)
{
	struct cidr networks[2];

	cr_assert(eq(int, cidr_parse("198.18.0.0/24", &networks[0]), 0));
	cr_assert(eq(int, cidr_parse("2001:db8::/64", &networks[1]), 0));
	add("198.18.0.1");
	add("198.18.1.1");
	add("2001:db8::1");
	addresses_remove(&set, networks, 2);
	expect("198.18.1.1/32");
}

Test(addresses, a_set_that_fits_is_not_widened)
{
	add("192.0.2.1");
	add("192.0.2.9");
	addresses_merge(&set);
	cr_expect(not(addresses_widen(&set, 2, &widest)));
	expect("192.0.2.1/32 192.0.2.9/32");
}

Test(addresses, the_smallest_gaps_are_closed_first)
{
	add("192.0.2.1");
	add("192.0.2.9");
	add("198.51.100.1");
	add("198.51.100.2");
	add("203.0.113.1");
	addresses_merge(&set);
	cr_expect(addresses_widen(&set, 4, &widest));
	expect("192.0.2.1/32 192.0.2.9/32 198.51.100.0/30 203.0.113.1/32");
	cr_expect(eq(int, widest.prefix_len, 96 + 30));
	cr_expect(addresses_widen(&set, 3, &widest));
	expect("192.0.2.0/28 198.51.100.0/30 203.0.113.1/32");
}

Test(addresses, one_ipv6_link_is_widened_before_far_ipv4_addresses)
{
	add("10.0.0.1");
	add("10.200.0.1");
	add("2001:db8::1");
	add("2001:db8::ffff:0:0:1");
	addresses_merge(&set);
	cr_expect(addresses_widen(&set, 3, &widest));
	cr_expect(not(has("10.1.0.1")));
	cr_expect(has("2001:db8::8000:0:0:1"));
}

Test(addresses, the_families_are_never_joined)
{
	add("0.0.0.1");
	add("255.0.0.1");
	add("::1");
	add("ffff::1");
	addresses_merge(&set);
	cr_expect(addresses_widen(&set, 2, &widest));
	expect("0.0.0.0/0 ::/0");
}

/* Whatever the room, nothing is lost, and what is far stays out. */
Test(addresses, a_widened_set_contains_every_address)
{
	for (size_t max = 2; max < 100; max++) {
		for (unsigned i = 0; i < 1000; i++)
			add("10.96.%u.%u", i * 37 % 256, i * 101 % 256);
		for (unsigned i = 0; i < 100; i++)
			add("2001:db8:%x::%x", i % 7, i * 97);
		addresses_merge(&set);
		addresses_widen(&set, max, &widest);
		cr_assert(le(sz, set.n, max));
		for (unsigned i = 0; i < 1000; i++) {
			char text[ADDR_TEXT_BYTES];

			snprintf(text, sizeof(text), "10.96.%u.%u",
			    i * 37 % 256, i * 101 % 256);
			cr_assert(has(text), "%s", text);
			snprintf(text, sizeof(text), "2001:db8:%x::%x",
			    i % 100 % 7, i % 100 * 97);
			cr_assert(has(text), "%s", text);
		}
		cr_expect(not(has("10.97.0.1")));
		cr_expect(not(has("2001:db9::1")));
		addresses_free(&set);
	}
}
