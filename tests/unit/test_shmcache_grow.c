/* SPDX-License-Identifier: ISC */
#include "shmcache/grow.h"
#include "shmcache/slot.h"
#include "tests/unit/cache_fixture.h"

#include <sys/resource.h>
#include <sys/wait.h>

TestSuite(grow, .init = fixture_setup, .fini = fixture_teardown);

/* Logins of a burst, and those that one process gets done before popauthd has
 * even begun to answer, in a millisecond or two. */
#define N_BURST 100000
#define LATE_LOGINS 1500

static const char *
client(unsigned i)
{
	static char text[32];

	snprintf(text, sizeof(text), "198.%u.%u.%u", 18 + i / 65536,
	    i / 256 % 256, i % 256);
	return text;
}

/* popauthd's work when it is called. */
static void
keep_house(void)
{
	struct shmcache_sweep swept;
	bool grown;

	cr_assert(eq(int, shmcache_sweep(cache, &swept), 0));
	cr_assert(eq(int, shmcache_grow(cache, &swept, &grown), 0));
}

static void
keep_house_when_called(void)
{
	bool grown;

	if (cache->header->wanted != cache->header->served)
		cr_assert(eq(int, shmcache_grow(cache, NULL, &grown), 0));
}

/* Log n clients in, with popauthd running. */
static void
log_in(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (i % 16 == 0)
			keep_house();
		cr_assert(eq(int, grant(client(i), "joe"), 0));
	}
}

static int
log_in_alone(const char *addr_text)
{
	struct shmcache *login = fixture_open(SHMCACHE_LOGIN);
	const struct addr addr = address(addr_text);
	const int error = shmcache_grant(login, &addr, "joe");

	shmcache_close(login);
	return error;
}

static struct geometry
geometry(void)
{
	struct geometry g;

	cr_assert(eq(int, cache_geometry(cache, &g), 0));
	return g;
}

static uint64_t
n_forced(void)
{
	struct shmcache_status status;

	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	return status.forced;
}

Test(grow, all_grants_are_found_after_several_doublings)
{
	log_in(20000);
	cr_assert(gt(uint, geometry().cur, 4));
	cr_assert(eq(u64, n_forced(), 0));
	for (unsigned i = 0; i < 20000; i++) {
		cr_assert(eq(int, lookup(client(i), NULL), 0), "%u", i);
		cr_assert(eq(int, lookup(client(i), "joe"), 0), "%u", i);
	}
}

Test(grow, readers_need_no_notice)
{
	struct shmcache *mapped = fixture_open(SHMCACHE_READ);
	struct shmcache *by_pread = fixture_open(SHMCACHE_PREAD);
	struct shmcache_grant got;

	log_in(5000);
	for (unsigned i = 0; i < 5000; i++) {
		cr_assert(eq(int, lookup_in(mapped, client(i), NULL, &got), 0));
		cr_assert(
		    eq(int, lookup_in(by_pread, client(i), NULL, &got), 0));
		cr_assert_str_eq(got.user, "joe");
	}
	shmcache_close(mapped);
	shmcache_close(by_pread);
}

Test(grow, a_renewed_grant_moves_home_and_is_there_once)
{
	struct shmcache_status status;

	log_in(3000);
	fixture_now_s += 10;
	for (unsigned i = 0; i < 3000; i++)
		cr_assert(eq(int, grant(client(i), "joe"), 0));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u64, status.n_live, 6000));
	cr_assert(eq(u64, status.refreshes, 3000));
}

Test(grow, a_user_keeps_his_name_when_his_entries_move)
{
	struct shmcache_grant got;

	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	log_in(5000);
	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	cr_assert(eq(int, lookup_in(cache, "192.0.2.1", NULL, &got), 0));
	cr_assert(eq(int, got.who, SHMCACHE_WHO_ONE));
	cr_assert_str_eq(got.user, "ann");
}

Test(grow, neighbours_stay_neighbours_when_their_entries_move)
{
	struct shmcache_grant got;

	cr_assert(eq(int, grant("192.0.2.1", "ann"), 0));
	cr_assert(eq(int, grant("192.0.2.1", "eve"), 0));
	log_in(5000);
	cr_assert(eq(int, grant("192.0.2.1", "eve"), 0));
	cr_assert(eq(int, lookup_in(cache, "192.0.2.1", NULL, &got), 0));
	cr_assert(eq(int, got.who, SHMCACHE_WHO_MANY));
}

Test(grow, old_levels_are_searched_for_one_window_and_forgotten_then)
{
	log_in(2000);
	const struct geometry grown = geometry();

	cr_assert(lt(uint, grown.floor, grown.cur));
	cr_assert(eq(uint,
	    geometry_lowest(
		grown, fixture_now_s + FIXTURE_WINDOW_S, FIXTURE_WINDOW_S),
	    grown.floor));
	cr_assert(eq(uint,
	    geometry_lowest(
		grown, fixture_now_s + FIXTURE_WINDOW_S + 1, FIXTURE_WINDOW_S),
	    grown.cur));
	fixture_now_s += FIXTURE_WINDOW_S + 1;
	keep_house();
	cr_assert(eq(uint, geometry().floor, grown.cur));
}

Test(grow, an_undated_switch_keeps_old_levels_searched)
{
	const struct geometry undated = {
	    .floor = 0, .cur = 3, .since = GEOMETRY_OPEN};

	cr_assert(eq(uint,
	    geometry_lowest(undated, fixture_now_s, FIXTURE_WINDOW_S), 0));
}

Test(grow, the_next_writer_dates_a_switch_by_its_present_clock)
{
	uint64_t *word = &cache->header->geometry;

	*word = geometry_pack(
	    (struct geometry){.floor = 0, .cur = 0, .since = GEOMETRY_OPEN});
	fixture_now_s += 50;
	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cr_assert(eq(u32, geometry().since, fixture_now_s));
}

Test(grow, without_popauthd_no_grant_is_lost)
{
	shmcache_close(cache);
	fixture_create(13, NULL, 0);
	cache = fixture_open(SHMCACHE_WRITE);
	for (unsigned i = 0; i < 10000; i++)
		cr_assert(eq(int, log_in_alone(client(i)), 0));
	cr_assert(eq(u64, n_forced(), 0));
	for (unsigned i = 0; i < 10000; i++) {
		cr_assert(eq(int, lookup(client(i), NULL), 0), "%u", i);
		cr_assert(eq(int, lookup(client(i), "joe"), 0), "%u", i);
	}
}

/* Take all slots where an address and its user may be put. */
static void
fill_homes_of(const char *addr_text)
{
	const struct addr addr = address(addr_text);
	struct cache_now now;
	struct key key[2];
	uint64_t claim, live;

	cr_assert(eq(int, cache_now(cache, &now), 0));
	key_of_address(&key[0], &now.rules, &addr);
	cr_assert(eq(int, key_of_user(&key[1], &now.rules, &addr, "joe"), 0));
	for (unsigned i = 0; i < 4 * LAYOUT_SLOTS; i++) {
		const uint64_t bucket = key_bucket(&key[i / 16], i / 8 % 2,
		    cache->buckets_log2, now.geometry.cur);
		uint64_t *control =
		    &cache_controls(cache, bucket)[i % LAYOUT_SLOTS];

		if (!control_is_live(*control))
			cr_assert(slot_claim(control, *control, fixture_now_s,
				      &claim) &&
				  slot_publish(control, claim, SLOT_LIVE, 0,
				      fixture_now_s, &live));
	}
}

/* Just after a doubling, when popauthd sees no reason to allocate yet. */
Test(grow, a_login_that_finds_all_its_slots_taken_makes_room_itself)
{
	shmcache_close(cache);
	/* Small: chance may ask for several doublings in a row. */
	fixture_create(10, NULL, 0);
	cache = fixture_open(SHMCACHE_WRITE);
	for (unsigned i = 0; i < 3; i++) {
		keep_house();
		fill_homes_of(client(i));
		cr_assert(eq(int, log_in_alone(client(i)), 0));
		cr_assert(ge(uint, geometry().cur, i + 1));
	}
	cr_assert(eq(u64, n_forced(), 0));
}

Test(grow, at_the_limit_the_oldest_make_room_and_the_reason_is_known)
{
	struct shmcache_status status;
	struct shmcache *login;
	const struct addr addr = address("192.0.2.1");

	shmcache_close(cache);
	fixture_slots_max = 2048;
	fixture_create(10, NULL, 0);
	cache = fixture_open(SHMCACHE_WRITE);
	for (unsigned i = 0; i < 3000; i++)
		cr_assert(eq(int, grant(client(i), "joe"), 0));
	cr_assert(eq(uint, geometry().cur, 1));
	cr_assert(gt(u64, n_forced(), 0));
	cr_assert(eq(int, lookup(client(2999), NULL), 0));
	login = fixture_open(SHMCACHE_LOGIN);
	cr_assert(eq(int, shmcache_grant(login, &addr, "joe"), 0));
	cr_assert(eq(int, shmcache_forced_by(login), SHMCACHE_LIMIT));
	shmcache_close(login);
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(int, status.room_error, SHMCACHE_LIMIT));
	cr_assert(eq(u64, status.ungrown, 0));
}

Test(grow, a_crowded_table_calls_for_room_once)
{
	const uint64_t before = cache->header->wanted;

	/* One key of 64 looks: so many that one of them does. */
	for (unsigned i = 0; i < 600; i++)
		cr_assert(eq(int, grant(client(i), "joe"), 0));
	cr_assert(eq(u64, cache->header->wanted, before + 1));
	cr_assert(shmcache_wait(cache, 10000));
}

Test(grow, a_burst_loses_nothing_though_popauthd_is_late)
{
	unsigned n_late = 0;
	bool grown;

	shmcache_close(cache);
	fixture_create(13, NULL, 0);
	cache = fixture_open(SHMCACHE_WRITE);
	/* The same places in each run. */
	memcpy(cache->hash_key, "0123456789abcdef", sizeof(cache->hash_key));
	for (unsigned i = 0; i < N_BURST; i++) {
		cr_assert(eq(int, grant(client(i), "joe"), 0));
		if (cache->header->wanted == cache->header->served)
			continue;
		if (++n_late < LATE_LOGINS)
			continue;
		n_late = 0;
		cr_assert(eq(int, shmcache_grow(cache, NULL, &grown), 0));
	}
	cr_assert(eq(u64, n_forced(), 0));
}

Test(grow, doubling_waits_until_three_slots_in_ten_are_used)
{
	uint64_t n_slots = 1024;
	unsigned level = 0;

	memcpy(cache->hash_key, "0123456789abcdef", sizeof(cache->hash_key));
	for (unsigned i = 0; i < N_BURST; i++) {
		keep_house_when_called();
		cr_assert(eq(int, grant(client(i), "joe"), 0));
		if (geometry().cur == level)
			continue;
		cr_assert(eq(uint, geometry().cur, level + 1));
		cr_assert(
		    gt(u64, (uint64_t)2 * i * 10, n_slots * 3), "%u", level);
		level++;
		n_slots *= 2;
	}
	cr_assert(gt(uint, level, 8));
}

Test(grow, an_empty_table_is_given_no_room_ahead)
{
	keep_house();
	cr_assert(eq(u64, cache->header->allocated, 0));
}

Test(grow, a_call_that_cannot_be_answered_stays_and_is_not_repeated)
{
	bool grown;

	shmcache_close(cache);
	fixture_slots_max = 1024;
	fixture_create(10, NULL, 0);
	cache = fixture_open(SHMCACHE_WRITE);
	for (unsigned i = 0; i < 3000; i++) {
		cr_assert(eq(int, grant(client(i), "joe"), 0));
		cr_assert(eq(int, shmcache_grow(cache, NULL, &grown), 0));
		cr_assert(not(grown));
	}
	cr_assert(eq(u64, cache->header->wanted, cache->header->served + 1));
}

Test(grow, a_wait_ends_when_its_time_is_over)
{
	shmcache_wait(cache, 0);
	cr_assert(not(shmcache_wait(cache, 1)));
	shmcache_wake(cache);
	cr_assert(shmcache_wait(cache, 10000));
}

Test(grow, the_limit_holds)
{
	struct shmcache_sweep swept;
	bool grown;

	shmcache_close(cache);
	fixture_slots_max = 2048;
	fixture_create(10, NULL, 0);
	cache = fixture_open(SHMCACHE_WRITE);
	for (unsigned i = 0; i < 4000; i++) {
		cr_assert(eq(int, shmcache_sweep(cache, &swept), 0));
		cr_assert(eq(int, shmcache_grow(cache, &swept, &grown), 0));
		cr_assert(eq(int, grant(client(i), "joe"), 0));
	}
	cr_assert(eq(uint, geometry().cur, 1));
}

Test(grow, a_level_that_the_file_does_not_have_is_not_followed)
{
	struct shmcache *reader = fixture_open(SHMCACHE_PREAD);
	struct shmcache_grant got;

	cr_assert(eq(int, grant("192.0.2.1", "joe"), 0));
	cache->header->allocated = 5;
	cache->header->geometry =
	    geometry_pack((struct geometry){.floor = 0, .cur = 5, .since = 1});
	cr_assert(eq(int, lookup_in(reader, "192.0.2.1", NULL, &got), 0));
	cr_assert(eq(int, lookup("192.0.2.1", NULL), 0));
	shmcache_close(reader);
}

/* ---- a login in little address space ------------------------------------- */

Test(grow, a_login_sees_a_small_table_whole_and_a_large_one_by_pages)
{
	cr_assert(eq(int, log_in_alone("192.0.2.1"), 0));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), 0));
	shmcache_close(cache);
	fixture_create(19, NULL, 0); /* 38 MB */
	cache = fixture_open(SHMCACHE_WRITE);
	struct shmcache *login = fixture_open(SHMCACHE_LOGIN);

	cr_assert(eq(sz, login->map_bytes, LAYOUT_HEADER_BYTES));
	shmcache_close(login);
	cr_assert(eq(int, log_in_alone("192.0.2.2"), 0));
	cr_assert(eq(int, lookup("192.0.2.2", NULL), 0));
}

Test(grow, a_login_into_a_million_needs_no_more_address_space_than_a_pop_server)
{
	int status = -1;

#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("AddressSanitizer needs more address space itself");
#endif
	shmcache_close(cache);
	fixture_create(22, NULL, 0); /* 302 MB */
	cache = fixture_open(SHMCACHE_WRITE);
	const pid_t child = fork();

	cr_assert(ge(int, child, 0));
	if (child == 0) {
		const struct rlimit limit = {256u << 20, 256u << 20};

		shmcache_close(cache);
		setrlimit(RLIMIT_AS, &limit);
		_exit(log_in_alone("192.0.2.1") == 0 ? 0 : 1);
	}
	cr_assert(eq(int, waitpid(child, &status, 0), child));
	cr_assert(eq(int, status, 0));
	cr_assert(eq(int, lookup("192.0.2.1", "joe"), 0));
}

/* ---- copies -------------------------------------------------------------- */

/* As a writer would have left it that died before it merged. */
static void
put_copy(const struct key *key, uint64_t bucket)
{
	const uint64_t slot = bucket * LAYOUT_SLOTS;
	uint64_t *control = &cache_controls(cache, bucket)[0];
	uint64_t claim, now;

	cr_assert(slot_claim(control, *control, fixture_now_s, &claim));
	cr_assert(slot_fill(control, claim, cache_payload(cache, slot),
	    key->data, KEY_WORDS_USER));
	cr_assert(slot_publish(
	    control, claim, SLOT_LIVE, key->tag, fixture_now_s, &now));
}

/* An address whose lower bucket is its home on both levels, and whose higher
 * one is not at the second. */
static const char *
one_that_half_moves(struct key *key_out, uint64_t bucket_out[2])
{
	const unsigned k = cache->buckets_log2;
	struct cache_now now;

	cr_assert(eq(int, cache_now(cache, &now), 0));
	for (unsigned i = 0;; i++) {
		const struct addr addr = address(client(i));
		unsigned low;

		key_of_address(key_out, &now.rules, &addr);
		bucket_out[0] = key_bucket(key_out, 0, k, 0);
		bucket_out[1] = key_bucket(key_out, 1, k, 0);
		low = bucket_out[0] < bucket_out[1] ? 0 : 1;
		if (bucket_out[0] != bucket_out[1] &&
		    key_bucket(key_out, low, k, 1) == bucket_out[low] &&
		    key_bucket(key_out, 1 - low, k, 1) != bucket_out[1 - low])
			return client(i);
	}
}

Test(grow, copies_of_before_a_doubling_are_merged_at_home)
{
	struct shmcache_sweep full = {.n_used = 1 << 12};
	struct cache_now now;
	uint64_t bucket[2];
	struct key key;
	const char *text = one_that_half_moves(&key, bucket);
	bool grown;

	put_copy(&key, bucket[0]);
	put_copy(&key, bucket[1]);
	cr_assert(eq(int, shmcache_grow(cache, &full, &grown), 0));
	cr_assert(eq(int, cache_now(cache, &now), 0));
	cr_assert(grow_switch(cache, &now, now.geometry));
	fixture_now_s += 100;
	cr_assert(eq(int, grant(text, "joe"), 0));
	/* one window after the doubling readers look at home only */
	fixture_now_s += FIXTURE_WINDOW_S - 99;
	cr_expect(eq(int, lookup(text, NULL), 0));
	cr_expect(eq(int, lookup(text, "joe"), 0));
	fixture_now_s += 99;
	cr_expect(eq(int, lookup(text, NULL), SHMCACHE_NO_GRANT));
}
