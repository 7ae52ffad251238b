/* SPDX-License-Identifier: ISC */
#include "shmcache/never.h"
#include "tests/unit/cache_fixture.h"

TestSuite(never, .init = fixture_setup, .fini = fixture_teardown);

Test(never, loopback_and_its_like_are_never_granted)
{
	static const char *const builtin[] = {"127.0.0.1", "127.9.9.9", "::1",
	    "::", "0.0.0.0", "169.254.1.1", "fe80::1", "224.0.0.1",
	    "255.255.255.255", "ff02::1", "::ffff:127.0.0.1"};
	struct shmcache_status status;

	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++) {
		cr_assert(eq(int, grant(builtin[i], "joe"), SHMCACHE_NEVER),
		    "%s", builtin[i]);
		cr_assert(eq(int, lookup(builtin[i], NULL), SHMCACHE_NO_GRANT));
	}
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(
	    eq(u64, status.refused, sizeof(builtin) / sizeof(builtin[0])));
}

Test(never, the_built_in_networks_can_be_asked_for)
{
	struct addr addr = address("127.0.0.1");

	cr_expect(shmcache_never_grants(&addr));
	addr = address("fe80::1");
	cr_expect(shmcache_never_grants(&addr));
	addr = address("192.0.2.1");
	cr_expect(not(shmcache_never_grants(&addr)));
	addr = address("2001:db8::1");
	cr_expect(not(shmcache_never_grants(&addr)));
}

static struct cidr
network(const char *text)
{
	struct cidr cidr;

	cr_assert(eq(int, cidr_parse(text, &cidr), 0));
	return cidr;
}

static bool
contains(const char *addr_text)
{
	const struct addr addr = address(addr_text);

	struct key_rules rules;

	cache_rules(cache, &rules);
	return never_contains(cache, &rules.client, &addr);
}

Test(never, a_new_list_replaces_the_old_one)
{
	const struct cidr first[2] = {
	    network("192.0.2.0/24"), network("2001:db8::/32")};
	const struct cidr second = network("198.51.100.0/24");

	never_replace(cache->header, first, 2);
	cr_expect(eq(sz, never_count(cache), 2));
	cr_expect(contains("192.0.2.1"));
	cr_expect(contains("2001:db8::1"));
	cr_expect(not(contains("198.51.100.1")));
	never_replace(cache->header, &second, 1);
	cr_expect(eq(sz, never_count(cache), 1));
	cr_expect(not(contains("192.0.2.1")));
	cr_expect(contains("198.51.100.1"));
}

Test(never, the_bank_in_force_stays_as_it_is)
{
	const struct cidr first = network("192.0.2.0/24");
	const struct cidr second = network("198.51.100.0/24");
	struct layout_never before;
	uint64_t gen;

	never_replace(cache->header, &first, 1);
	gen = cache->header->never_gen;
	before = cache->header->never[gen & 1];
	never_replace(cache->header, &second, 1);
	cr_expect(eq(u64, cache->header->never_gen, gen + 1));
	cr_expect(eq(int,
	    memcmp(&before, &cache->header->never[gen & 1], sizeof(before)),
	    0));
}

Test(never, the_last_network_of_a_full_list_counts)
{
	struct cidr list[SHMCACHE_NEVER_MAX];

	for (size_t i = 0; i < SHMCACHE_NEVER_MAX; i++)
		list[i] = network("198.51.100.0/24");
	list[SHMCACHE_NEVER_MAX - 1] = network("192.0.2.0/24");
	never_replace(cache->header, list, SHMCACHE_NEVER_MAX);
	cr_expect(eq(sz, never_count(cache), SHMCACHE_NEVER_MAX));
	cr_expect(contains("192.0.2.1"));
}

Test(never, an_ipv4_address_inside_an_ipv6_one_counts)
{
	const struct cidr list = network("192.0.2.0/24");
	const struct cidr whole = network("2001:db8:46::/96");
	const struct shmcache_params params = {
	    .window_s = FIXTURE_WINDOW_S,
	    .ipv6_prefix = 64,
	    .whole = &whole,
	    .n_whole = 1,
	    .never = &list,
	    .n_never = 1,
	    .n_slots_max = 8192,
	};

	never_replace(cache->header, &list, 1);
	cr_expect(contains("64:ff9b::192.0.2.1"));
	cr_expect(contains("64:ff9b::127.0.0.1"));
	cr_expect(contains("2002:c000:201::1"));
	cr_expect(not(contains("64:ff9b::203.0.113.1")));
	cr_expect(not(contains("2001:db8:46::192.0.2.1")));
	cr_assert(eq(int, shmcache_configure(cache, &params), 0));
	cr_expect(contains("2001:db8:46::192.0.2.1"));
	cr_expect(not(contains("2001:db8:46::203.0.113.1")));
}

Test(never, a_length_that_makes_no_sense_denies_all)
{
	const struct cidr list = network("192.0.2.0/24");

	never_replace(cache->header, &list, 1);
	cache->header->never[cache->header->never_gen & 1].words[0][2] = 129;
	cache->header->never[cache->header->never_gen & 1].words[0][0] = 0;
	cache->header->never[cache->header->never_gen & 1].words[0][1] = 0;
	cr_expect(contains("203.0.113.1"));
	cr_expect(contains("2001:db8::1"));
}

Test(never, all_of_ipv6_leaves_ipv4_alone)
{
	const struct cidr list = network("::/0");

	never_replace(cache->header, &list, 1);
	cr_expect(contains("2001:db8::1"));
	cr_expect(not(contains("203.0.113.1")));
}

Test(never, a_count_that_makes_no_sense_is_cut)
{
	cache->header->never[cache->header->never_gen & 1].n = UINT64_MAX;
	cr_expect(eq(sz, never_count(cache), SHMCACHE_NEVER_MAX));
}
