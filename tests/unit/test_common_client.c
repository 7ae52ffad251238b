/* SPDX-License-Identifier: ISC */
#include "common/client.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct client_rules rules = {.ipv6_prefix = 64};

static void
list(const char *network)
{
	cr_assert_eq(cidr_parse(network, &rules.whole[rules.n_whole++]), 0);
}

static void
expect_client(const char *text, unsigned ipv6_prefix, const char *wanted)
{
	struct addr addr;
	char client[ADDR_TEXT_BYTES];

	addr_parse(text, &addr);
	rules.ipv6_prefix = ipv6_prefix;
	client_mask(&addr, &rules);
	cr_expect_str_eq(addr_format(&addr, client), wanted);
}

/* wanted: NULL for none. */
static void
expect_embedded(const char *text, const char *wanted)
{
	struct addr addr, v4;
	char got[ADDR_TEXT_BYTES];

	addr_parse(text, &addr);
	if (!client_embedded(&addr, &rules, &v4))
		cr_expect_null(wanted, "%s", text);
	else
		cr_expect_str_eq(
		    addr_format(&v4, got), wanted != NULL ? wanted : "none");
}

Test(common_client, an_ipv6_client_is_its_network)
{
	expect_client("2001:db8:1:2:3::4", 64, "2001:db8:1:2::");
	expect_client("2001:db8:1:2:3::4", 128, "2001:db8:1:2:3::4");
}

Test(common_client, a_client_with_an_ipv4_address_is_that_address)
{
	expect_client("192.0.2.1", 64, "192.0.2.1");
	expect_client("64:ff9b::192.0.2.1", 64, "64:ff9b::c000:201");
	expect_client("64:ff9b:1::192.0.2.1", 64, "64:ff9b:1::c000:201");
	expect_client("::ffff:0:192.0.2.1", 64, "::ffff:0:c000:201");
	expect_client("2001::1", 64, "2001::1");
}

Test(common_client, a_6to4_site_is_a_client_and_two_are_two)
{
	expect_client("2002:c000:201:5:6::7", 64, "2002:c000:201:5::");
	expect_client("2002:c000:201:5:6::7", 56, "2002:c000:201::");
	expect_client("2002:c000:201:5:6::7", 32, "2002:c000:201::");
	expect_client("2003:c000:201:5:6::7", 32, "2003:c000::");
}

Test(common_client, addresses_of_a_listed_network_are_clients_each)
{
	expect_client("2001:db8:46::192.0.2.1", 64, "2001:db8:46::");
	list("2001:db8:47::/48");
	list("2001:db8:46::/96");
	expect_client("2001:db8:46::192.0.2.1", 64, "2001:db8:46::c000:201");
	expect_client("2001:db8:46::1:c000:201", 64, "2001:db8:46::");
	expect_client("2001:db8:48::192.0.2.1", 64, "2001:db8:48::");
}

Test(common_client, the_ipv4_address_is_found_behind_every_prefix_of_rfc_6052)
{
	/* The table of RFC 6052, 2.4. */
	static const char *const rows[][2] = {
	    {"2001:db8::/32", "2001:db8:c000:221::"},
	    {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
	    {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
	    {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
	    {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
	    {"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rules.n_whole = 0;
		expect_embedded(rows[i][1], NULL);
		list(rows[i][0]);
		expect_embedded(rows[i][1], "192.0.2.33");
	}
}

Test(common_client, the_ipv4_address_is_found_in_the_built_in_networks)
{
	expect_embedded("64:ff9b::192.0.2.33", "192.0.2.33");
	expect_embedded("::ffff:0:192.0.2.33", "192.0.2.33");
	expect_embedded("2002:c000:221::1", "192.0.2.33");
	expect_embedded("64:ff9b:1::192.0.2.33", NULL);
	expect_embedded("2001::192.0.2.33", NULL);
	expect_embedded("192.0.2.33", NULL);
	list("64:ff9b:1::/96");
	expect_embedded("64:ff9b:1::192.0.2.33", "192.0.2.33");
}

Test(common_client, a_listed_network_of_another_length_has_no_ipv4_address)
{
	list("2001:db8:46::/95");
	expect_embedded("2001:db8:46::192.0.2.33", NULL);
	expect_client("2001:db8:46::192.0.2.1", 64, "2001:db8:46::c000:201");
}
