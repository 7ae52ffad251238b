/* SPDX-License-Identifier: ISC */
/* path: RFC 5321's mailbox syntax, and what looks like it. */
#include "decision/path.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct path path;
static const char *rest;

static int
parse(const char *text)
{
	return path_parse(text, &path, &rest);
}

static void
expect_refused(const char *const *texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		cr_expect_eq(parse(texts[i]), -EINVAL, "%s", texts[i]);
}

#define EXPECT_REFUSED(...)                                                    \
	do {                                                                   \
		static const char *const texts[] = {__VA_ARGS__};              \
		expect_refused(texts, sizeof(texts) / sizeof(texts[0]));       \
	} while (0)

static void
expect_parsed(const char *text, const char *local, const char *domain)
{
	cr_assert_eq(parse(text), 0, "%s", text);
	cr_expect_str_eq(path.local, local, "%s", text);
	cr_expect_str_eq(path.domain, domain, "%s", text);
}

Test(decision_path, a_mailbox_is_taken_apart)
{
	expect_parsed("<joe@example.org>", "joe", "example.org");
	cr_expect_not(path.is_null);
	cr_expect_not(path.has_route);
	cr_expect_not(path.is_literal);
	cr_expect_str_eq(rest, "");
}

Test(decision_path, what_stands_behind_is_told)
{
	expect_parsed("<joe@example.org> SIZE=1", "joe", "example.org");
	cr_expect_str_eq(rest, " SIZE=1");
	expect_parsed("<joe@local>,<x@e>", "joe", "local");
	cr_expect_str_eq(rest, ",<x@e>");
}

Test(decision_path, the_null_path_is_its_own_kind)
{
	cr_assert_eq(parse("<>"), 0);
	cr_expect(path.is_null);
}

Test(decision_path, case_and_one_final_dot_of_the_domain_are_normalised)
{
	expect_parsed("<Joe@EXAMPLE.Org.>", "Joe", "example.org");
	EXPECT_REFUSED("<joe@example.org..>", "<joe@.>", "<joe@.org>");
}

Test(decision_path, postmaster_may_do_without_a_domain)
{
	expect_parsed("<postmaster>", "postmaster", "");
	expect_parsed("<PostMaster>", "PostMaster", "");
	EXPECT_REFUSED("<joe>", "<postmasters>", "<x%e.com>", "<e.com!x>",
	    "<\"postmaster\">");
}

Test(decision_path, a_source_route_is_told_and_dropped)
{
	expect_parsed("<@local:x@e.com>", "x", "e.com");
	cr_expect(path.has_route);
	expect_parsed("<@a.example,@b.example:x@e.com>", "x", "e.com");
	cr_expect(path.has_route);
	EXPECT_REFUSED("<@local x@e.com>", "<@a,b:x@e.com>", "<@:x@e.com>",
	    "<@local:>", "<@a,:x@e.com>", "<:x@e.com>");
}

Test(decision_path, address_literals_are_checked_as_addresses)
{
	expect_parsed("<joe@[192.0.2.1]>", "joe", "[192.0.2.1]");
	cr_expect(path.is_literal);
	expect_parsed("<joe@[IPv6:2001:DB8::1]>", "joe", "[IPv6:2001:db8::1]");
	EXPECT_REFUSED("<joe@[127.0.0.1>", "<joe@127.0.0.1]>", "<joe@[]>",
	    "<joe@[300.0.0.1]>", "<joe@[2001:db8::1]>",
	    "<joe@[IPv6:192.0.2.1]>", "<joe@[x25:1]>", "<joe@[192.0.2.1].>");
}

Test(decision_path, each_address_has_one_literal)
{
	expect_parsed(
	    "<joe@[ipv6:2001:0DB8:0:0::1]>", "joe", "[IPv6:2001:db8::1]");
	expect_parsed("<joe@[IPv6:::ffff:192.0.2.1]>", "joe", "[192.0.2.1]");
	expect_parsed("<joe@[IPv6:::ffff:c000:201]>", "joe", "[192.0.2.1]");
	EXPECT_REFUSED("<joe@[192.0.2.01]>", "<joe@[192.0.2]>",
	    "<joe@[ 192.0.2.1]>", "<joe@[192.0.2.1 ]>", "<joe@[[192.0.2.1]]>",
	    "<joe@[192.0.2.1]x>", "<joe@x[192.0.2.1]>",
	    "<joe@[IPv6:fe80::1%eth0]>", "<joe@[IPv6: 2001:db8::1]>");
}

Test(decision_path, quoted_local_parts_are_kept_as_they_came)
{
	expect_parsed("<\"a b\"@e.com>", "\"a b\"", "e.com");
	expect_parsed("<\"x@e\"@local>", "\"x@e\"", "local");
	expect_parsed("<\"a\\\"b\"@e.com>", "\"a\\\"b\"", "e.com");
	expect_parsed("<\">\"@e.com>", "\">\"", "e.com");
	EXPECT_REFUSED("<\"a@e.com>", "<\"a\"b@e.com>", "<a\"b\"@e.com>",
	    "<\"a\\\"@e.com>", "<\"a\x01\"@e.com>");
}

/* The rows of "what a client may try" that are no syntax at all. */
Test(decision_path, what_others_accepted_by_mistake_is_refused)
{
	EXPECT_REFUSED("<x@e@local>", "<x\\@e@local>", "<joe@local(x@e)>",
	    "<joe @local>", "<joe@ local>", "< joe@local>", "<joe@local >",
	    "<joe@[127.0.0.1>", "<joe(x)@local>", "<(x)joe@local>",
	    "<joe@local,x@e>", "<joe@local;x@e>", "<<joe@local>>", "<joe@local",
	    "joe@local>", "", "<", "<\"\"");
}

Test(decision_path, dots_and_hyphens_stand_between_something)
{
	expect_parsed("<a.b@c-d.e>", "a.b", "c-d.e");
	expect_parsed("<a@b_c.e>", "a", "b_c.e");
	EXPECT_REFUSED("<a@-b.e>", "<a@b-.e>", "<a@b..e>", "<@e>", "<a@>",
	    "<.@e>", "<..@e>");
}

Test(decision_path, other_dots_in_a_local_part_are_quoted)
{
	char text[PATH_TEXT_BYTES], longest[PATH_TEXT_BYTES];

	expect_parsed("<local.@example.com>", "\"local.\"", "example.com");
	cr_expect_str_eq(path_format(&path, text), "<\"local.\"@example.com>");
	cr_expect_not(path_local_is_dangerous(&path));
	expect_parsed("<.a@e>", "\".a\"", "e");
	expect_parsed("<a..b@e>", "\"a..b\"", "e");
	expect_parsed("<x%e.@local>", "\"x%e.\"", "local");
	cr_expect(path_local_is_dangerous(&path));
	/* a client's own quotes are not needed, and so suspicious */
	expect_parsed("<\"local.\"@example.com>", "\"local.\"", "example.com");
	cr_expect(path_local_is_dangerous(&path));
	snprintf(longest, sizeof(longest), "<%0253d.@e>", 0);
	cr_expect_eq(parse(longest), -EINVAL);
	snprintf(longest, sizeof(longest), "<%0252d.@e>", 0);
	cr_expect_eq(parse(longest), 0);
}

Test(decision_path, a_mailbox_may_lack_its_brackets)
{
	expect_parsed("joe@Example.org", "joe", "example.org");
	cr_expect_str_eq(rest, "");
	expect_parsed("joe.@example.org SIZE=1", "\"joe.\"", "example.org");
	cr_expect_str_eq(rest, " SIZE=1");
	expect_parsed("joe@[192.0.2.1]", "joe", "[192.0.2.1]");
	expect_parsed("Postmaster", "Postmaster", "");
	EXPECT_REFUSED("joe", "joe@e>", "joe@e,x@e", "joe@e;", "joe@",
	    "@a:joe@e", "joe@e\tx", "joe @e", ">");
}

Test(decision_path, what_is_beyond_ascii_is_its_bytes)
{
	char label[100] = "", text[120];

	expect_parsed("<j\xc3\xb6@ex\xd0\xb0mple.ORG>", "j\xc3\xb6",
	    "ex\xd0\xb0mple.org");
	expect_parsed(
	    "<\"\xc3\xa9 \"@\xc3\x96.e>", "\"\xc3\xa9 \"", "\xc3\x96.e");
	/* 63 letters of two bytes each would be too long as ASCII too, but
	 * that is for the MTA to find out */
	for (size_t i = 0; i < 40; i++)
		strcat(label, "\xc3\xb6");
	snprintf(text, sizeof(text), "<a@%s.e>", label);
	cr_expect_eq(parse(text), 0);
}

Test(decision_path, lengths_are_bounded)
{
	char text[1024], label[65], domain[300];

	memset(label, 'x', 64);
	label[64] = '\0';
	snprintf(text, sizeof(text), "<a@%s.e>", label);
	cr_expect_eq(parse(text), -EINVAL);
	snprintf(text, sizeof(text), "<a@%s.e>", label + 1);
	cr_expect_eq(parse(text), 0);

	snprintf(domain, sizeof(domain), "%s.%s.%s.%s", label + 1, label + 1,
	    label + 1, label + 1);
	cr_assert_eq(strlen(domain), 255);
	snprintf(text, sizeof(text), "<a@%s>", domain);
	cr_expect_eq(parse(text), 0);
	snprintf(text, sizeof(text), "<a@%s.>", domain);
	cr_expect_eq(parse(text), -EINVAL);

	text[0] = '<';
	memset(text + 1, 'l', 255);
	strcpy(text + 256, "@e>");
	cr_expect_eq(parse(text), 0);
	text[0] = '<';
	memset(text + 1, 'l', 256);
	strcpy(text + 257, "@e>");
	cr_expect_eq(parse(text), -EINVAL);
}

Test(decision_path, it_is_written_as_it_was_understood)
{
	char text[PATH_TEXT_BYTES];

	parse("<@r:Joe@E.ORG.>");
	cr_expect_str_eq(path_format(&path, text), "<Joe@e.org>");
	parse("<Postmaster>");
	cr_expect_str_eq(path_format(&path, text), "<Postmaster>");
	parse("<>");
	cr_expect_str_eq(path_format(&path, text), "<>");
}

Test(decision_path, local_parts_that_may_mean_more_are_dangerous)
{
	static const char *const bad[] = {"<x%e@local>", "<e!x@local>",
	    "<\"x@e\"@local>", "<\"x\"@local>", "<\"x\\\\e\"@local>",
	    "<\"x(e)\"@local>", "<%@local>"};
	static const char *const good[] = {
	    "<joe@local>", "<a.b+c_d=e/f#g@local>", "<postmaster>"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(parse(bad[i]), 0, "%s", bad[i]);
		cr_expect(path_local_is_dangerous(&path), "%s", bad[i]);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert_eq(parse(good[i]), 0, "%s", good[i]);
		cr_expect_not(path_local_is_dangerous(&path), "%s", good[i]);
	}
}

Test(decision_path, a_helo_name_is_a_domain_or_a_literal)
{
	static const char *const good[] = {"localhost", "a.example",
	    "a.example.", "my_pc", "192.0.2.1", "[192.0.2.1]",
	    "[IPv6:2001:db8::1]"};
	static const char *const bad[] = {"", ".", "a..b", "a b", "-a",
	    "x (localhost [127.0.0.1])", "a\x1b", "[192.0.2.1", "[192.0.2.1]x",
	    "a@b", "<a>", "a\r\nb", "\xc3\xa9.example"};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(path_is_helo_name(good[i]), "%s", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(path_is_helo_name(bad[i]), "%s", bad[i]);
}
