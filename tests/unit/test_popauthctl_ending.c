/* SPDX-License-Identifier: ISC */
/* ending: all grants of a user, of a network, or all. */
#include "popauthctl/ending.h"

#include "tests/unit/cache_fixture.h"

#define LONG_NAME "a.very.long.name.of.a.user@a.long.name.of.a.domain.example"

static void
setup(void)
{
	fixture_setup();
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.2", "joe"), 0));
	cr_assert(eq(int, grant("192.0.2.2", "ann"), 0));
	cr_assert(eq(int, grant("2001:db8::1", LONG_NAME), 0));
	fixture_now_s++;
}

TestSuite(ending, .init = setup, .fini = fixture_teardown);

Test(ending, all_grants_of_a_user_end_and_no_other)
{
	size_t n;

	cr_assert(eq(int, end_grants(cache, "joe", NULL, &n), 0));
	cr_expect(eq(sz, n, 2));
	cr_expect(eq(int, lookup("192.0.2.1", NULL), SHMCACHE_NO_GRANT));
	cr_expect(eq(int, lookup("192.0.2.2", "joe"), SHMCACHE_NO_GRANT));
	cr_expect(eq(int, lookup("192.0.2.2", "ann"), 0));
	cr_expect(eq(int, lookup("192.0.2.2", NULL), 0));
}

Test(ending, a_long_name_is_found)
{
	size_t n;

	cr_assert(eq(int, end_grants(cache, LONG_NAME, NULL, &n), 0));
	cr_expect(eq(sz, n, 1));
	cr_expect(eq(int, lookup("2001:db8::1", NULL), SHMCACHE_NO_GRANT));
}

Test(ending, all_grants_in_a_network_end)
{
	struct cidr net;
	size_t n;

	cr_assert(eq(int, cidr_parse("192.0.2.2/31", &net), 0));
	cr_assert(eq(int, end_grants(cache, NULL, &net, &n), 0));
	cr_expect(eq(sz, n, 1));
	cr_expect(eq(int, lookup("192.0.2.2", NULL), SHMCACHE_NO_GRANT));
	cr_expect(eq(int, lookup("192.0.2.1", NULL), 0));
}

Test(ending, all_grants_end)
{
	size_t n;

	cr_assert(eq(int, end_grants(cache, NULL, NULL, &n), 0));
	cr_expect(eq(sz, n, 3));
	cr_assert(eq(int, end_grants(cache, NULL, NULL, &n), 0));
	cr_expect(eq(sz, n, 0));
}
