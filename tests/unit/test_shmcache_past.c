/* SPDX-License-Identifier: ISC */
/* past: why an address has no grant, with a mapping and without one. */
#include "tests/unit/cache_fixture.h"

#define JOE "203.0.113.9"

static const struct cidr never = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 0}}, 96 + 24};

static void
set_up(void)
{
	fixture_create(10, &never, 1);
	cache = fixture_open(SHMCACHE_WRITE);
}

TestSuite(past, .init = set_up, .fini = fixture_teardown);

static struct shmcache_past
past_in(struct shmcache *in, const char *addr_text, const char *user)
{
	const struct addr addr = address(addr_text);
	struct shmcache_past past = {.ago_s = 4711};

	cr_assert(eq(int, shmcache_past(in, &addr, user, &past), 0));
	return past;
}

/* The same for a process that maps the table and one that does not. */
static struct shmcache_past
past(const char *addr_text, const char *user)
{
	struct shmcache *gate = fixture_open(SHMCACHE_PREAD);
	const struct shmcache_past mapped = past_in(cache, addr_text, user);
	const struct shmcache_past read = past_in(gate, addr_text, user);

	cr_expect(eq(int, (int)mapped.kind, (int)read.kind));
	cr_expect(eq(u32, mapped.ago_s, read.ago_s));
	shmcache_close(gate);
	return read;
}

Test(past, of_an_unknown_address_nothing_is_known)
{
	cr_expect(
	    eq(int, (int)past(JOE, NULL).kind, (int)SHMCACHE_PAST_NOTHING));
	cr_expect(
	    eq(int, (int)past(JOE, "joe").kind, (int)SHMCACHE_PAST_NOTHING));
}

Test(past, a_grant_that_lives_is_not_past)
{
	cr_assert(eq(int, grant(JOE, "joe"), 0));
	cr_expect(
	    eq(int, (int)past(JOE, NULL).kind, (int)SHMCACHE_PAST_NOTHING));
}

Test(past, a_window_that_is_over_says_since_when_until_the_sweep)
{
	cr_assert(eq(int, grant(JOE, "joe"), 0));
	fixture_now_s += FIXTURE_WINDOW_S + 7;
	cr_expect(eq(int, (int)past(JOE, NULL).kind, (int)SHMCACHE_PAST_OVER));
	cr_expect(eq(u32, past(JOE, NULL).ago_s, 7));
	cr_expect(eq(u32, past(JOE, "joe").ago_s, 7));
	cr_expect(
	    eq(int, (int)past(JOE, "mary").kind, (int)SHMCACHE_PAST_NOTHING));
	cr_assert(eq(int, shmcache_sweep(cache, NULL), 0));
	cr_expect(
	    eq(int, (int)past(JOE, NULL).kind, (int)SHMCACHE_PAST_NOTHING));
}

Test(past, a_revocation_is_known_for_one_window)
{
	const struct addr joe = address(JOE);
	size_t n_others;

	cr_assert(eq(int, grant(JOE, "joe"), 0));
	cr_assert(eq(int, shmcache_revoke(cache, &joe, NULL, &n_others), 0));
	fixture_now_s += 5;
	cr_expect(
	    eq(int, (int)past(JOE, NULL).kind, (int)SHMCACHE_PAST_REVOKED));
	cr_expect(eq(u32, past(JOE, NULL).ago_s, 5));
	cr_assert(eq(int, grant(JOE, "joe"), 0));
	cr_expect(
	    eq(int, (int)past(JOE, NULL).kind, (int)SHMCACHE_PAST_NOTHING));
}

Test(past, an_address_that_is_never_granted_is_known_as_such)
{
	cr_expect(eq(
	    int, (int)past("127.0.0.1", NULL).kind, (int)SHMCACHE_PAST_NEVER));
	cr_expect(eq(int, (int)past("198.51.100.7", NULL).kind,
	    (int)SHMCACHE_PAST_NEVER));
	/* NAT64 */
	cr_expect(eq(int, (int)past("64:ff9b::198.51.100.7", "joe").kind,
	    (int)SHMCACHE_PAST_NEVER));
	cr_expect(eq(int, (int)past("198.51.101.7", NULL).kind,
	    (int)SHMCACHE_PAST_NOTHING));
}

Test(past, a_list_of_many_networks_is_read_to_its_end)
{
	struct cidr many[SHMCACHE_NEVER_MAX];
	struct shmcache_params params = {
	    .window_s = FIXTURE_WINDOW_S,
	    .ipv6_prefix = 64,
	    .n_slots_max = fixture_slots_max,
	    .never = many,
	    .n_never = SHMCACHE_NEVER_MAX,
	};
	size_t i;

	for (i = 0; i < SHMCACHE_NEVER_MAX; i++) {
		many[i] = never;
		many[i].net.bytes[13] = (uint8_t)(i >> 8);
		many[i].net.bytes[14] = (uint8_t)i;
	}
	cr_assert(eq(int, shmcache_configure(cache, &params), 0));
	cr_expect(eq(
	    int, (int)past("198.0.0.7", NULL).kind, (int)SHMCACHE_PAST_NEVER));
	cr_expect(eq(int, (int)past("198.1.243.7", NULL).kind,
	    (int)SHMCACHE_PAST_NEVER));
	cr_expect(eq(int, (int)past("198.1.244.7", NULL).kind,
	    (int)SHMCACHE_PAST_NOTHING));
}

Test(past, a_removed_table_and_a_bad_user_are_errors)
{
	const struct addr joe = address(JOE);
	struct shmcache_past past;

	cr_expect(
	    eq(int, shmcache_past(cache, &joe, "", &past), SHMCACHE_BAD_USER));
	unlink(fixture_path);
	cr_expect(
	    eq(int, shmcache_past(cache, &joe, NULL, &past), SHMCACHE_REMOVED));
	cr_expect(eq(int, (int)past.kind, (int)SHMCACHE_PAST_NOTHING));
}
