/* SPDX-License-Identifier: ISC */
/* inforce: the table's rules, parsed again only after a change. */
#include "rules/inforce.h"

#include "tests/unit/cache_fixture.h"

static struct inforce inforce;

static void
teardown(void)
{
	inforce_free(&inforce);
	fixture_teardown();
}

TestSuite(inforce, .init = fixture_setup, .fini = teardown);

static void
rule(const char *text)
{
	cr_assert(eq(int, shmcache_set_rules(cache, text, strlen(text)), 0));
}

Test(inforce, a_new_table_has_none)
{
	cr_expect(eq(int, inforce_refresh(&inforce, cache), 0));
	cr_expect(eq(sz, inforce.rules.n, 0));
	cr_expect(inforce.is_known);
}

Test(inforce, a_change_is_seen_and_the_same_text_is_kept)
{
	const struct rule *items;

	rule("block user=joe until=0 note=\n");
	cr_assert(eq(int, inforce_refresh(&inforce, cache), 0));
	cr_assert(eq(sz, inforce.rules.n, 1));
	items = inforce.rules.items;
	cr_assert(eq(int, inforce_refresh(&inforce, cache), 0));
	cr_expect(inforce.rules.items == items);
	rule("block user=joe until=0 note=\nblock user=ann until=0 note=\n");
	cr_assert(eq(int, inforce_refresh(&inforce, cache), 0));
	cr_expect(eq(sz, inforce.rules.n, 2));
	rule("");
	cr_assert(eq(int, inforce_refresh(&inforce, cache), 0));
	cr_expect(eq(sz, inforce.rules.n, 0));
}

Test(inforce, a_text_that_does_not_parse_is_an_error_until_it_does)
{
	rule("block user=joe until=0 note=\n");
	cr_assert(eq(int, inforce_refresh(&inforce, cache), 0));
	rule("nonsense\n");
	for (unsigned i = 0; i < 2; i++) {
		cr_expect(eq(
		    int, inforce_refresh(&inforce, cache), SHMCACHE_BAD_RULES));
		cr_expect(eq(sz, inforce.rules.n, 0));
	}
	rule("block user=joe until=0 note=\n");
	cr_expect(eq(int, inforce_refresh(&inforce, cache), 0));
	cr_expect(eq(sz, inforce.rules.n, 1));
}
