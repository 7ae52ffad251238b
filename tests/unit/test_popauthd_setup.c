/* SPDX-License-Identifier: ISC */
#include "popauthd/setup.h"
#include "tests/unit/cache_fixture.h"
#include "tests/unit/network_fixture.h"

static struct conf conf = {
    .table = {.window_s = 60, .ipv6_prefix = 64},
};

static void
setup(void)
{
	network_setup();
	fixture_setup();
}

TestSuite(setup, .init = setup, .fini = fixture_teardown);

Test(setup, a_table_of_all_logins_is_no_fuller_than_when_it_doubles)
{
	struct conf_table table = {.max_logins = 1};

	cr_expect(eq(u64, setup_slots_max(&table), 8192));
	table.max_logins = 1556;
	cr_expect(eq(u64, setup_slots_max(&table), 8192));
	table.max_logins = 1557;
	cr_expect(eq(u64, setup_slots_max(&table), 16384));
	table.max_logins = 1000000;
	cr_expect(eq(u64, setup_slots_max(&table), 1 << 23));
}

Test(setup, never_granted_are_the_listed_networks_the_proxies_and_this_machine)
{
	struct cidr listed, proxy;
	struct shmcache_status status;

	cr_assert(eq(int, cidr_parse("198.51.100.0/24", &listed), 0));
	cr_assert(eq(int, cidr_parse("203.0.113.7", &proxy), 0));
	conf.table.never_grant = (struct conf_cidrs){&listed, 1};
	conf.smtpgate.proxy_from = (struct conf_cidrs){&proxy, 1};
	cr_assert(eq(int, setup_configure(cache, &conf, &list), 0));
	cr_expect(eq(sz, list.n, 4));
	cr_expect(has("198.51.100.1"));
	cr_expect(has("203.0.113.7"));
	cr_expect(has("192.0.2.25"));
	cr_expect(has("2001:db8::25"));
	cr_expect(eq(int, grant("203.0.113.7", "joe"), SHMCACHE_NEVER));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_expect(eq(u32, status.window_s, 60));
}

Test(setup, too_many_networks_are_an_error)
{
	static struct cidr listed[SHMCACHE_NEVER_MAX];

	for (size_t i = 0; i < SHMCACHE_NEVER_MAX; i++)
		cr_assert(
		    eq(int, cidr_parse("198.51.100.0/24", &listed[i]), 0));
	conf.table.never_grant =
	    (struct conf_cidrs){listed, SHMCACHE_NEVER_MAX};
	cr_expect(
	    eq(int, setup_configure(cache, &conf, &list), SHMCACHE_TOO_MANY));
}

Test(setup, a_refresh_writes_only_what_has_changed)
{
	uint64_t gen;
	bool changed;

	cr_assert(eq(int, setup_configure(cache, &conf, &list), 0));
	gen = cache->header->never_gen;
	cr_assert(eq(int, setup_refresh(cache, &conf, &list, &changed), 0));
	cr_expect(not(changed));
	cr_expect(eq(u64, cache->header->never_gen, gen));
	ip("address add 192.0.2.77/24 dev eth0");
	cr_assert(eq(int, setup_refresh(cache, &conf, &list, &changed), 0));
	cr_expect(changed);
	cr_expect(has("192.0.2.77"));
	cr_expect(eq(int, grant("192.0.2.77", "joe"), SHMCACHE_NEVER));
}
