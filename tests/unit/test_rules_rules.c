/* SPDX-License-Identifier: ISC */
/* rules: what is written is read back, and a bad line spoils the text. */
#include "rules/rules.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct rules rules;

static void
forget(void)
{
	rules_free(&rules);
}

TestSuite(rules, .fini = forget);

static int
parse(const char *text)
{
	rules_free(&rules);
	return rules_parse(text, strlen(text), &rules, NULL);
}

static struct addr
address(const char *text)
{
	struct addr addr;

	cr_assert(eq(int, addr_parse(text, &addr), 0));
	return addr;
}

static bool
is_blocked(const char *addr_text, const char *user, int64_t now_s)
{
	const struct addr addr = address(addr_text);

	return rules_find_block(&rules, &addr, user, now_s) != NULL;
}

Test(rules, a_rule_is_read_as_it_was_written)
{
	static const struct rule written[] = {
	    {.kind = RULE_BLOCK,
		.is_for_user = true,
		.user = "joe smith%\xc3\xbc",
		.until_s = 0,
		.senders = "",
		.domains = "",
		.at_s = 1796000000,
		.by = "root",
		.note = "stolen, it seems: note=x until=3"},
	    {.kind = RULE_PERMIT,
		.user = "",
		.until_s = 1803776000,
		.senders = "scan@example.org,a b@example.org",
		.domains = "example.org,.example.net",
		.at_s = 1,
		.by = "anna",
		.note = ""},
	};
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct rule second = written[1];

	cr_assert(eq(int, cidr_parse("2001:db8::/32", &second.net), 0));
	rule_write(&written[0], out);
	rule_write(&second, out);
	fclose(out);
	cr_assert(eq(int, rules_parse(text, n, &rules, NULL), 0));
	free(text);
	cr_assert(eq(sz, rules.n, 2));
	cr_expect(rules.items[0].is_for_user);
	cr_expect(strcmp(rules.items[0].user, "joe smith%\xc3\xbc") == 0);
	cr_expect(strcmp(rules.items[0].note,
		      "stolen, it seems: note=x until=3") == 0);
	cr_expect(eq(i64, rules.items[0].at_s, 1796000000));
	cr_expect(eq(int, rules.items[1].kind, RULE_PERMIT));
	cr_expect(eq(int, rules.items[1].net.prefix_len, 32));
	cr_expect(eq(i64, rules.items[1].until_s, 1803776000));
	cr_expect(strcmp(rules.items[1].senders,
		      "scan@example.org,a b@example.org") == 0);
	cr_expect(
	    strcmp(rules.items[1].domains, "example.org,.example.net") == 0);
	cr_expect(strcmp(rules.items[1].by, "anna") == 0);
}

Test(rules, one_bad_line_spoils_the_text_and_is_named)
{
	static const char *const bad[] = {
	    "blok user=joe until=0 note=",
	    "block user=joe note=",
	    "block until=0 note=",
	    "block user= until=0 note=",
	    "block user=joe until=0",
	    "block user=joe until=x note=",
	    "block user=joe until=-1 note=",
	    "block user=joe until=0x1 note=",
	    "block user=joe until=99999999999999999999 note=",
	    "block user=joe net=192.0.2.1/32 until=0 note=",
	    "block user=%0 until=0 note=",
	    "block user=a%00b until=0 note=",
	    "block user=a%0Ab until=0 note=",
	    "block net=192.0.2.1/24 until=0 note=",
	    "block net=name until=0 note=",
	    "block user=joe until=0 colour=red note=",
	    "permit user=joe until=0 note=",
	    "block user=joe until=0 note=a\tb",
	    "note=",
	};
	static const char good[] = "# ours\n\nblock user=ann until=0 note=\n";
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t line = 0;

		snprintf(text, sizeof(text), "%s%s\n", good, bad[i]);
		cr_expect(
		    eq(int, rules_parse(text, strlen(text), &rules, &line),
			-EINVAL),
		    "%s", bad[i]);
		cr_expect(eq(sz, line, 4), "%s", bad[i]);
		cr_expect(eq(sz, rules.n, 0));
	}
	cr_expect(eq(int, parse(good), 0));
	cr_expect(eq(sz, rules.n, 1));
	cr_expect(eq(int, rules_parse("block\0", 6, &rules, NULL), -EINVAL));
}

Test(rules, a_block_of_a_user_is_without_case_and_at_every_address)
{
	cr_assert(eq(int, parse("block user=Joe until=0 note=\n"), 0));
	cr_expect(is_blocked("192.0.2.1", "joe", 5));
	cr_expect(is_blocked("2001:db8::1", "JOE", 5));
	cr_expect(not(is_blocked("192.0.2.1", "joey", 5)));
	cr_expect(not(is_blocked("192.0.2.1", "", 5)));
	cr_expect(not(is_blocked("192.0.2.1", NULL, 5)));
}

Test(rules, a_block_of_a_network_is_for_all_users_there)
{
	cr_assert(eq(int, parse("block net=192.0.2.0/24 until=0 note="), 0));
	cr_expect(is_blocked("192.0.2.77", NULL, 5));
	cr_expect(is_blocked("192.0.2.77", "ann", 5));
	cr_expect(not(is_blocked("192.0.3.1", "ann", 5)));
	cr_expect(rules_find_block(&rules, NULL, "ann", 5) == NULL);
}

Test(rules, a_rule_ends_at_its_time)
{
	const struct addr addr = address("192.0.2.1");

	cr_assert(eq(int,
	    parse("block user=joe until=100 note=\n"
		  "permit net=192.0.2.1/32 until=100 note=\n"),
	    0));
	cr_expect(is_blocked("192.0.2.1", "joe", 99));
	cr_expect(not(is_blocked("192.0.2.1", "joe", 100)));
	cr_expect(rules_next_permit(&rules, NULL, &addr, 99) != NULL);
	cr_expect(rules_next_permit(&rules, NULL, &addr, 100) == NULL);
}

Test(rules, each_permit_of_an_address_is_found)
{
	const struct addr addr = address("192.0.2.1");
	const struct rule *rule;

	cr_assert(eq(int,
	    parse(
		"permit net=192.0.2.0/24 until=0 sender=a@example.org note=\n"
		"permit net=192.0.3.0/24 until=0 note=\n"
		"block net=192.0.2.1/32 until=0 note=\n"
		"permit net=192.0.2.1/32 until=0 sender=b@example.org note=\n"),
	    0));
	rule = rules_next_permit(&rules, NULL, &addr, 5);
	cr_assert(rule == &rules.items[0]);
	rule = rules_next_permit(&rules, rule, &addr, 5);
	cr_assert(rule == &rules.items[3]);
	cr_expect(rules_next_permit(&rules, rule, &addr, 5) == NULL);
	cr_expect(rules_next_permit(&rules, NULL, NULL, 5) == NULL);
}

Test(rules, a_list_has_its_items_whole)
{
	cr_expect(rule_list_has("example.org", "Example.ORG"));
	cr_expect(rule_list_has("a.example,example.org", "example.org"));
	cr_expect(not(rule_list_has("example.org", "mail.example.org")));
	cr_expect(not(rule_list_has("mail.example.org", "example.org")));
	cr_expect(rule_list_has(".example.org", "mail.example.org"));
	cr_expect(not(rule_list_has(".example.org", "example.org")));
	cr_expect(not(rule_list_has(".example.org", ".example.org")));
	cr_expect(not(rule_list_has("", "")));
	cr_expect(not(rule_list_has(",,", "")));
}

Test(rules, a_value_is_text_of_one_line)
{
	char longest[RULES_VALUE_BYTES + 1];

	memset(longest, 'a', sizeof(longest));
	longest[RULES_VALUE_BYTES] = '\0';
	cr_expect(not(rule_value_is_good(longest)));
	longest[RULES_VALUE_BYTES - 1] = '\0';
	cr_expect(rule_value_is_good(longest));
	cr_expect(not(rule_value_is_good("")));
	cr_expect(not(rule_value_is_good("a\nb")));
	cr_expect(not(rule_value_is_good("a\x7f")));
}
