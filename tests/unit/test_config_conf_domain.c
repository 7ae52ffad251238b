/* SPDX-License-Identifier: ISC */
/* conf_domain: one form for each domain, a reason for what is none. */
#include "config/conf_domain.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char domain[CONF_DOMAIN_BYTES];

static void
expect_form(const char *text, const char *expected)
{
	const char *wrong = conf_domain_parse(text, true, domain);

	cr_assert_null(wrong, "%s: %s", text, wrong);
	cr_expect_str_eq(domain, expected);
}

static void
expect_wrong(const char *text, const char *piece)
{
	const char *wrong = conf_domain_parse(text, true, domain);

	cr_assert_not_null(wrong, "accepted: %s", text);
	cr_expect_not_null(strstr(wrong, piece), "%s: %s", text, wrong);
}

Test(config_conf_domain, case_and_one_final_dot_do_not_matter)
{
	expect_form("example.org", "example.org");
	expect_form("EXAMPLE.Org.", "example.org");
	expect_form("localhost", "localhost");
	expect_form("xn--mnchen-3ya.example", "xn--mnchen-3ya.example");
	expect_form("3com.example", "3com.example");
	expect_form("4.3.2.in-addr.arpa", "4.3.2.in-addr.arpa");
}

Test(config_conf_domain, a_leading_dot_stands_for_sub_domains)
{
	expect_form(".Example.org.", ".example.org");
	expect_form(".org", ".org");
	cr_expect_not_null(conf_domain_parse(".example.org", false, domain));
}

Test(config_conf_domain, the_reason_is_given_for_what_is_none)
{
	expect_wrong("", "empty");
	expect_wrong(".", "two dots in a row");
	expect_wrong("..", "two dots in a row");
	expect_wrong("example..org", "two dots in a row");
	expect_wrong("..example.org", "two dots in a row");
	expect_wrong("example.org..", "two dots in a row");
	expect_wrong("-example.org", "hyphen");
	expect_wrong("example-.org", "hyphen");
	expect_wrong("exam_ple.org", "only letters");
	expect_wrong("joe@example.org", "only letters");
	expect_wrong("exam ple.org", "only letters");
	expect_wrong("*.example.org", "'.example.org'");
	expect_wrong("*.", "only letters");
	expect_wrong("192.0.2.1", "ends in a number");
	expect_wrong("example.42", "ends in a number");
}

Test(config_conf_domain, one_in_utf8_may_be_listed_and_is_no_host)
{
	char host[CONF_DOMAIN_BYTES];

	expect_form("M\xc3\xbcnchen.Example.", "m\xc3\xbcnchen.example");
	expect_form(".m\xc3\xbcnchen.example", ".m\xc3\xbcnchen.example");
	expect_wrong("m\xc3\xbcn chen.example", "only letters");
	expect_wrong("m\xc3\xbcnchen..example", "two dots");
	expect_wrong("m\x7fnchen.example", "xn--");
	cr_expect_not_null(
	    conf_domain_parse("m\xc3\xbcnchen.example", false, host));
}

Test(config_conf_domain, an_address_literal_may_be_listed_in_one_form)
{
	expect_form("[192.0.2.1]", "[192.0.2.1]");
	expect_form("[ipv6:2001:0DB8::1]", "[IPv6:2001:db8::1]");
	expect_form("[IPv6:::ffff:192.0.2.1]", "[192.0.2.1]");
	expect_wrong("[192.0.2.1", "[192.0.2.1]");
	expect_wrong("[192.0.2.1].", "[192.0.2.1]");
	expect_wrong("[2001:db8::1]", "[IPv6:2001:db8::1]");
	expect_wrong("[IPv6:192.0.2.1]", "[192.0.2.1]");
	expect_wrong("[192.0.2.0/24]", "[192.0.2.1]");
	expect_wrong("[]", "[192.0.2.1]");
	cr_expect_not_null(conf_domain_parse("[192.0.2.1]", false, domain));
}

Test(config_conf_domain, a_label_has_63_characters_at_most)
{
	char text[80];

	memset(text, 'a', sizeof(text));
	memcpy(text + 63, ".org", 5);
	cr_expect_null(conf_domain_parse(text, true, domain));
	memset(text, 'a', sizeof(text));
	memcpy(text + 64, ".org", 5);
	expect_wrong(text, "more than 63");
}

Test(config_conf_domain, a_domain_has_253_characters_at_most)
{
	char text[300] = "";
	int i;

	/* 126 times "a." and "bc": 254 characters */
	for (i = 0; i < 126; i++)
		strcat(text, "a.");
	strcat(text, "bc");
	expect_wrong(text, "253");
	text[strlen(text) - 1] = '\0';
	expect_form(text, text);
	strcat(text, ".");
	cr_expect_null(conf_domain_parse(text, true, domain));
	cr_expect_eq(strlen(domain), (size_t)253);
	memmove(text + 1, text, strlen(text) + 1);
	text[0] = '.';
	cr_expect_null(conf_domain_parse(text, true, domain));
	cr_expect_eq(strlen(domain), (size_t)254);
}
