/* SPDX-License-Identifier: ISC */
#include "shmcache/whole.h"

#include "tests/unit/cache_fixture.h"

TestSuite(whole, .init = fixture_setup, .fini = fixture_teardown);

#define JOE "2001:db8:46::198.51.100.10"
#define STRANGER "2001:db8:46::203.0.113.66"

static struct cidr networks[CLIENT_WHOLE_MAX];

static void
configure(size_t n)
{
	const struct shmcache_params params = {
	    .window_s = FIXTURE_WINDOW_S,
	    .ipv6_prefix = 64,
	    .whole = networks,
	    .n_whole = n,
	    .n_slots_max = 8192,
	};

	cr_assert(eq(int, shmcache_configure(cache, &params), 0));
}

/* The site's network is the last of n. */
static void
list(size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_assert(
		    eq(int, cidr_parse("2001:db8:99::/96", &networks[i]), 0));
	cr_assert(eq(int, cidr_parse("2001:db8:46::/96", &networks[n - 1]), 0));
	configure(n);
}

static int
lookup_by(enum shmcache_access access, const char *text)
{
	const struct addr addr = address(text);
	struct shmcache_grant found;
	struct shmcache *other = fixture_open(access);
	const int error = shmcache_lookup(other, &addr, NULL, &found);

	shmcache_close(other);
	return error;
}

Test(whole, a_login_behind_a_listed_translator_grants_one_address)
{
	for (size_t n = 1; n <= CLIENT_WHOLE_MAX; n++) {
		list(n);
		cr_assert(eq(int, grant(JOE, "joe"), 0));
		cr_expect(eq(int, lookup(JOE, "joe"), 0));
		cr_expect(eq(int, lookup(STRANGER, NULL), SHMCACHE_NO_GRANT));
		cr_expect(eq(int, lookup_by(SHMCACHE_PREAD, JOE), 0));
		cr_expect(eq(int, lookup_by(SHMCACHE_PREAD, STRANGER),
		    SHMCACHE_NO_GRANT));
	}
}

Test(whole, other_networks_are_kept_by_their_prefix)
{
	list(3);
	cr_assert(eq(int, grant("2001:db8:1::1", "joe"), 0));
	cr_expect(eq(int, lookup("2001:db8:1::2", NULL), 0));
	cr_expect(eq(int, lookup_by(SHMCACHE_PREAD, "2001:db8:1::2"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_expect(eq(int, lookup("192.0.2.1", NULL), 0));
}

Test(whole, a_grant_for_all_of_a_translator_ends_when_it_is_listed)
{
	cr_assert(eq(int, grant(JOE, "joe"), 0));
	cr_expect(eq(int, lookup(STRANGER, NULL), 0));
	list(1);
	cr_expect(eq(int, lookup(STRANGER, NULL), SHMCACHE_NO_GRANT));
	cr_expect(
	    eq(int, lookup_by(SHMCACHE_PREAD, STRANGER), SHMCACHE_NO_GRANT));
}

Test(whole, status_counts_the_listed_networks)
{
	struct shmcache_status status;

	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_expect(eq(sz, status.n_whole, 0));
	list(3);
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_expect(eq(sz, status.n_whole, 3));
}

Test(whole, the_bank_in_force_stays_as_it_is)
{
	struct layout_whole before;
	uint64_t bank;

	list(2);
	bank = params_bank(cache->header->params);
	before = cache->header->whole[bank];
	list(5);
	cr_expect(ne(u64, params_bank(cache->header->params), bank));
	cr_expect(eq(int,
	    memcmp(&before, &cache->header->whole[bank], sizeof(before)), 0));
}

Test(whole, any_change_of_the_networks_is_seen)
{
	struct shmcache_params params = {
	    .window_s = FIXTURE_WINDOW_S,
	    .ipv6_prefix = 64,
	    .whole = networks,
	    .n_whole = 2,
	    .n_slots_max = 8192,
	};
	struct layout_whole *bank;

	list(2);
	bank = &cache->header->whole[params_bank(cache->header->params)];
	cr_expect(shmcache_is_configured(cache, &params));
	for (unsigned w = 0; w < LAYOUT_NETWORK_WORDS; w++) {
		bank->words[1][w] ^= 1;
		cr_expect(not(shmcache_is_configured(cache, &params)));
		bank->words[1][w] ^= 1;
	}
	params.n_whole = 1;
	cr_expect(not(shmcache_is_configured(cache, &params)));
}

Test(whole, too_many_networks_are_an_error)
{
	const struct shmcache_params params = {
	    .window_s = FIXTURE_WINDOW_S,
	    .ipv6_prefix = 64,
	    .whole = networks,
	    .n_whole = CLIENT_WHOLE_MAX + 1,
	};

	cr_expect(
	    eq(int, shmcache_configure(cache, &params), SHMCACHE_TOO_MANY));
}

Test(whole, what_makes_no_sense_keeps_every_address_whole)
{
	list(1);
	cache->header->whole[params_bank(cache->header->params)].words[0][2] =
	    129;
	cr_assert(eq(int, grant("2001:db8:1::1", "joe"), 0));
	cr_expect(eq(int, lookup("2001:db8:1::1", NULL), 0));
	cr_expect(eq(int, lookup("2001:db8:1::2", NULL), SHMCACHE_NO_GRANT));
	cache->header->params |= (uint64_t)0xff << 40;
	cr_expect(eq(int, lookup("2001:db8:1::1", NULL), SHMCACHE_BAD_PARAMS));
}
