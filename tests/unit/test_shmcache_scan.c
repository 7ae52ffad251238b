/* SPDX-License-Identifier: ISC */
#include "shmcache/scan.h"
#include "shmcache/slot.h"
#include "tests/unit/cache_fixture.h"

TestSuite(scan, .init = fixture_setup, .fini = fixture_teardown);

static const struct addr addr = {
    {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}};

static struct cache_now now;
static struct key key;

/* A copy in a slot of the chain's home, as a writer leaves it. */
static struct copy
put_copy(unsigned chain, unsigned in_bucket, const struct key *of)
{
	struct copy copy = {
	    .slot =
		key_bucket(&key, chain, cache->buckets_log2, 0) * LAYOUT_SLOTS +
		in_bucket,
	};
	uint64_t *control = slot_control(cache, copy.slot);
	uint64_t claim;

	cr_assert(slot_claim(control, *control, fixture_now_s, &claim));
	cr_assert(slot_fill(control, claim, cache_payload(cache, copy.slot),
	    of->data, KEY_WORDS_ADDRESS));
	cr_assert(slot_publish(
	    control, claim, SLOT_LIVE, of->tag, fixture_now_s, &copy.seen));
	return copy;
}

/* Two homes, which stay where they are at the next level. */
static bool
is_handy(void)
{
	const unsigned k = cache->buckets_log2;

	return key_bucket(&key, 0, k, 1) != key_bucket(&key, 1, k, 1) &&
	       key_bucket(&key, 0, k, 1) == key_bucket(&key, 0, k, 0) &&
	       key_bucket(&key, 1, k, 1) == key_bucket(&key, 1, k, 0);
}

static void
prepare(void)
{
	do {
		cache->hash_key[0]++;
		cr_assert(eq(int, cache_now(cache, &now), 0));
		key_of_address(&key, &now.rules, &addr);
	} while (!is_handy());
}

Test(scan, copies_are_found_lowest_place_first)
{
	struct copies copies;

	prepare();
	put_copy(0, 7, &key);
	put_copy(1, 0, &key);
	put_copy(0, 2, &key);
	scan(cache, &key, SLOT_LIVE, now.geometry, &now, &copies);
	cr_assert(eq(uint, copies.n, 3));
	cr_expect(lt(u64, copies.copy[0].slot, copies.copy[1].slot));
	cr_expect(lt(u64, copies.copy[1].slot, copies.copy[2].slot));
	cr_expect(copies.copy[0].at_home);
}

Test(scan, a_single_copy_is_alone_in_either_home)
{
	prepare();
	for (unsigned chain = 0; chain < 2; chain++) {
		const struct copy copy = put_copy(chain, 3, &key);

		cr_expect(scan_is_alone(cache, &key, SLOT_LIVE, &copy));
		cr_assert(slot_free(slot_control(cache, copy.slot), copy.seen));
		cr_expect(not(scan_is_alone(cache, &key, SLOT_LIVE, &copy)));
	}
}

Test(scan, a_copy_beside_another_is_not_alone)
{
	prepare();
	for (unsigned chain = 0; chain < 2; chain++) {
		const struct copy copy = put_copy(0, 3, &key);
		const struct copy other = put_copy(chain, 5, &key);

		cr_expect(not(scan_is_alone(cache, &key, SLOT_LIVE, &copy)));
		cr_expect(not(scan_is_alone(cache, &key, SLOT_LIVE, &other)));
		slot_free(slot_control(cache, copy.slot), copy.seen);
		slot_free(slot_control(cache, other.slot), other.seen);
	}
}

/* Another key with the same tag is a reason to look closer. */
Test(scan, a_copy_beside_its_tag_is_not_alone)
{
	struct key other;
	struct copy copy;

	prepare();
	other = key;
	other.data[0] ^= 1;
	copy = put_copy(0, 3, &key);
	put_copy(1, 3, &other);
	cr_expect(not(scan_is_alone(cache, &key, SLOT_LIVE, &copy)));
}

Test(scan, a_copy_is_not_alone_while_old_levels_are_searched)
{
	struct copy copy;

	prepare();
	copy = put_copy(0, 3, &key);
	cache->level_max = 1; /* as if the file had grown */
	cache->header->geometry =
	    geometry_pack((struct geometry){.cur = 1, .since = GEOMETRY_OPEN});
	cr_expect(not(scan_is_alone(cache, &key, SLOT_LIVE, &copy)));
}
