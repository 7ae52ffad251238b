/* SPDX-License-Identifier: ISC */
#include "shmcache/record.h"
#include "shmcache/slot.h"
#include "tests/unit/cache_fixture.h"

static const struct addr addr = {
    {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}};

static struct cache_now now;
static struct key key, guard;

/* A key whose two homes are different buckets. */
static void
setup(void)
{
	fixture_setup();
	do {
		cache->hash_key[0]++;
		cr_assert(eq(int, cache_now(cache, &now), 0));
		key_of_address(&key, &now.rules, &addr);
		cr_assert(
		    eq(int, key_of_user(&guard, &now.rules, &addr, "joe"), 0));
	} while (key_bucket(&key, 0, cache->buckets_log2, 0) ==
		 key_bucket(&key, 1, cache->buckets_log2, 0));
}

TestSuite(record, .init = setup, .fini = fixture_teardown);

static int
record(const struct key *of, enum slot_state state, struct copy *copy_out,
    enum record_outcome *outcome_out)
{
	cr_assert(eq(int, cache_now(cache, &now), 0));
	return record_key(cache, &now, of, of == &key ? &guard : &key, state,
	    copy_out, outcome_out);
}

static uint64_t
slot_of(unsigned chain, unsigned in_bucket)
{
	return key_bucket(&key, chain, cache->buckets_log2, 0) * LAYOUT_SLOTS +
	       in_bucket;
}

/* Put the key into a slot, as a writer of that second leaves it. */
static uint64_t
put(uint64_t slot, enum slot_state state, uint32_t stamp_s)
{
	uint64_t *control = slot_control(cache, slot);
	uint64_t claim, seen;

	cr_assert(slot_claim(control, *control, stamp_s, &claim));
	cr_assert(slot_fill(control, claim, cache_payload(cache, slot),
	    key.data, KEY_WORDS_ADDRESS));
	cr_assert(slot_publish(control, claim, state, key.tag, stamp_s, &seen));
	return seen;
}

static unsigned
count(enum slot_state state)
{
	struct copies copies;

	scan(cache, &key, state, now.geometry, &now, &copies);
	return copies.n;
}

Test(record, a_new_key_goes_to_its_own_slot)
{
	enum record_outcome outcome;
	struct copy copy;

	/* another key's: the second home is emptier */
	put(slot_of(0, (key_slot(&key) + 1) % LAYOUT_SLOTS), SLOT_LIVE,
	    fixture_now_s);
	cache_payload(
	    cache, slot_of(0, (key_slot(&key) + 1) % LAYOUT_SLOTS))[0] ^= 1;
	cr_assert(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(eq(int, outcome, RECORD_NEW));
	cr_expect(copy.at_home);
	cr_expect(eq(u64, copy.slot, slot_of(0, key_slot(&key))));
	cr_expect(eq(u64, *slot_control(cache, copy.slot), copy.seen));
	cr_expect(eq(u32, control_stamp(copy.seen), fixture_now_s));
}

Test(record, a_taken_own_slot_sends_a_key_to_its_second_home)
{
	enum record_outcome outcome;
	struct copy copy;

	/* another key's */
	put(slot_of(0, key_slot(&key)), SLOT_LIVE, fixture_now_s);
	cache_payload(cache, slot_of(0, key_slot(&key)))[0] ^= 1;
	cr_assert(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(eq(u64, copy.slot, slot_of(1, key_slot(&key))));
}

Test(record, a_login_of_the_same_second_changes_nothing)
{
	enum record_outcome outcome;
	struct copy first, second;

	cr_assert(eq(int, record(&key, SLOT_LIVE, &first, &outcome), 0));
	cr_assert(eq(int, record(&key, SLOT_LIVE, &second, &outcome), 0));
	cr_expect(eq(int, outcome, RECORD_KEPT));
	cr_expect(eq(u64, second.slot, first.slot));
	cr_expect(eq(u64, second.seen, first.seen));
}

Test(record, a_later_login_moves_the_stamp)
{
	enum record_outcome outcome;
	struct copy first, second;

	cr_assert(eq(int, record(&key, SLOT_LIVE, &first, &outcome), 0));
	fixture_now_s += 10;
	cr_assert(eq(int, record(&key, SLOT_LIVE, &second, &outcome), 0));
	cr_expect(eq(int, outcome, RECORD_RENEWED));
	cr_expect(eq(u64, second.slot, first.slot));
	cr_expect(eq(u32, control_stamp(second.seen), fixture_now_s));
}

Test(record, an_old_clock_reading_keeps_the_younger_stamp)
{
	enum record_outcome outcome;
	struct copy copy;

	put(slot_of(0, 3), SLOT_LIVE, fixture_now_s + 10);
	cr_assert(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(eq(int, outcome, RECORD_KEPT));
	cr_expect(eq(u32, control_stamp(copy.seen), fixture_now_s + 10));
}

Test(record, a_marked_word_changes_and_keeps_the_younger_stamp)
{
	enum record_outcome outcome;
	const uint64_t slot = slot_of(0, 3);
	const uint64_t seen = put(slot, SLOT_LIVE, fixture_now_s + 10);
	struct copy copy;
	uint64_t marked;

	cr_assert(slot_mark(slot_control(cache, slot), seen, &marked));
	cr_assert(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(ne(u64, copy.seen, marked));
	cr_expect(not(slot_is_marked(copy.seen)));
	cr_expect(eq(u32, control_stamp(copy.seen), fixture_now_s + 10));
}

Test(record, copies_become_one_with_the_latest_stamp)
{
	enum record_outcome outcome;
	const uint32_t latest_s = fixture_now_s + 10;
	struct copy copy;

	put(slot_of(0, 1), SLOT_LIVE, latest_s);
	put(slot_of(0, 6), SLOT_LIVE, fixture_now_s);
	put(slot_of(1, 2), SLOT_LIVE, fixture_now_s);
	cr_assert(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(eq(uint, count(SLOT_LIVE), 1));
	cr_expect(eq(u32, control_stamp(copy.seen), latest_s));
	cr_expect(ge(u64, copy.slot, slot_of(0, 6)));
}

Test(record, a_tombstone_of_the_same_second_forbids_a_login)
{
	enum record_outcome outcome;
	struct copy copy;

	cr_assert(eq(int, record(&key, SLOT_REVOKED, &copy, &outcome), 0));
	cr_expect(eq(
	    int, record(&key, SLOT_LIVE, &copy, &outcome), SHMCACHE_REVOKED));
	cr_expect(eq(uint, count(SLOT_LIVE), 0));
}

Test(record, a_tombstone_of_the_guard_forbids_a_login)
{
	enum record_outcome outcome;
	struct copy copy;

	cr_assert(eq(int, record(&key, SLOT_REVOKED, &copy, &outcome), 0));
	cr_expect(eq(
	    int, record(&guard, SLOT_LIVE, &copy, &outcome), SHMCACHE_REVOKED));
}

Test(record, a_tombstone_stays_beside_a_later_grant)
{
	enum record_outcome outcome;
	struct copy copy;

	cr_assert(eq(int, record(&key, SLOT_REVOKED, &copy, &outcome), 0));
	fixture_now_s++;
	cr_assert(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(eq(uint, count(SLOT_LIVE), 1));
	cr_expect(eq(uint, count(SLOT_REVOKED), 1));
}

Test(record, homes_full_of_tombstones_make_no_room)
{
	enum record_outcome outcome;
	struct copy copy;

	cache->header->slots_max = 0;
	for (unsigned i = 0; i < 2 * LAYOUT_SLOTS; i++) {
		const uint64_t slot =
		    slot_of(i / LAYOUT_SLOTS, i % LAYOUT_SLOTS);

		put(slot, SLOT_REVOKED, fixture_now_s);
		cache_payload(cache, slot)[0] ^= 1; /* another key's */
	}
	cr_expect(
	    eq(int, record(&key, SLOT_LIVE, &copy, &outcome), SHMCACHE_BUSY));
	cr_expect(eq(u64, cache->header->forced, 0));
}

Test(record, homes_full_of_tombstones_double_the_table)
{
	enum record_outcome outcome;
	struct copy copy;

	for (unsigned i = 0; i < 2 * LAYOUT_SLOTS; i++) {
		const uint64_t slot =
		    slot_of(i / LAYOUT_SLOTS, i % LAYOUT_SLOTS);

		put(slot, SLOT_REVOKED, fixture_now_s);
		cache_payload(cache, slot)[0] ^= 1; /* another key's */
	}
	cr_expect(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(eq(u64, cache->header->forced, 0));
}

Test(record, the_oldest_grant_of_full_homes_makes_room)
{
	enum record_outcome outcome;
	struct copy copy;

	cache->header->slots_max = 0;
	for (unsigned i = 0; i < 2 * LAYOUT_SLOTS; i++) {
		const uint64_t slot =
		    slot_of(i / LAYOUT_SLOTS, i % LAYOUT_SLOTS);

		put(slot, SLOT_LIVE, fixture_now_s - (i == 11 ? 2 : 1));
		cache_payload(cache, slot)[0] ^= 1; /* another key's */
	}
	cr_assert(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(eq(u64, copy.slot, slot_of(1, 11 % LAYOUT_SLOTS)));
	cr_expect(eq(u64, cache->header->forced, 1));
}

Test(record, an_expired_slot_is_taken_and_counted_as_evicted)
{
	enum record_outcome outcome;
	struct copy copy;

	for (unsigned i = 0; i < 2 * LAYOUT_SLOTS; i++) {
		const uint64_t slot =
		    slot_of(i / LAYOUT_SLOTS, i % LAYOUT_SLOTS);

		put(slot, SLOT_LIVE, fixture_now_s - FIXTURE_WINDOW_S);
	}
	cr_assert(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(eq(int, outcome, RECORD_NEW));
	cr_expect(eq(u64, cache->header->forced, 0));
	cr_expect(eq(u64, cache->header->evictions, 1));
}

Test(record, an_abandoned_claim_is_taken_and_counted_as_reclaimed)
{
	uint64_t *control = slot_control(cache, slot_of(0, key_slot(&key)));
	enum record_outcome outcome;
	struct copy copy;
	uint64_t claim;

	cr_assert(slot_claim(
	    control, *control, fixture_now_s - SLOT_CLAIM_TIMEOUT_S, &claim));
	cr_assert(eq(int, record(&key, SLOT_LIVE, &copy, &outcome), 0));
	cr_expect(eq(u64, copy.slot, slot_of(0, key_slot(&key))));
	cr_expect(eq(u64, cache->header->reclaimed, 1));
}
