/* SPDX-License-Identifier: ISC */
#include "shmcache/slot.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define TAG 77u

static const uint64_t data[LAYOUT_LINE_WORDS] = {1, 2, 3, 4, 5, 6, 7, 8};

static uint64_t control, payload[LAYOUT_LINE_WORDS], claim, now;

static void
publish_at(uint32_t stamp_s)
{
	cr_assert(slot_claim(&control, control, stamp_s, &claim));
	cr_assert(slot_fill(&control, claim, payload, data, LAYOUT_LINE_WORDS));
	cr_assert(slot_publish(&control, claim, SLOT_LIVE, TAG, stamp_s, &now));
	cr_assert(eq(u64, control, now));
}

Test(slot, a_claim_takes_the_next_version)
{
	cr_assert(slot_claim(&control, 0, 10, &claim));
	cr_assert(eq(u64, control, control_make(1, SLOT_CLAIMED, 0, 10)));
	cr_assert(eq(u64, claim, control));
}

Test(slot, a_slot_is_claimed_once)
{
	cr_assert(slot_claim(&control, 0, 10, &claim));
	cr_assert(not(slot_claim(&control, 0, 11, &claim)));
}

Test(slot, version_zero_is_never_claimed)
{
	control = control_make(LAYOUT_VERSION_MASK, SLOT_FREE, 0, 0);
	cr_assert(slot_claim(&control, control, 10, &claim));
	cr_assert(eq(u64, control_version(control), 1));
}

Test(slot, publishing_makes_it_live_under_its_version)
{
	publish_at(10);
	cr_assert(control_is_live(control));
	cr_assert(eq(u32, control_stamp(control), 10));
	for (unsigned i = 0; i < LAYOUT_LINE_WORDS; i++)
		cr_assert(eq(u64, payload[i], payload_make(1, data[i])));
}

Test(slot, a_writer_that_lost_its_claim_stores_nothing)
{
	cr_assert(slot_claim(&control, 0, 10, &claim));
	cr_assert(slot_free(&control, claim)); /* the reaper took it away */
	cr_assert(
	    not(slot_fill(&control, claim, payload, data, LAYOUT_LINE_WORDS)));
	cr_assert(eq(u64, payload[0], 0));
	cr_assert(not(slot_publish(&control, claim, SLOT_LIVE, TAG, 10, &now)));
	cr_assert(eq(int, control_state(control), SLOT_FREE));
}

Test(slot, a_restamp_needs_the_word_that_was_seen)
{
	publish_at(10);
	const uint64_t seen = control;

	cr_assert(slot_restamp(&control, seen, SLOT_LIVE, 20, &now));
	cr_assert(not(slot_restamp(&control, seen, SLOT_LIVE, 30, &now)));
	cr_assert(eq(u32, control_stamp(control), 20));
	cr_assert(eq(u64, control_version(control), 1));
}

Test(slot, a_tombstone_has_the_key_but_does_not_live)
{
	publish_at(10);
	cr_assert(slot_restamp(&control, control, SLOT_REVOKED, 20, &now));
	cr_assert(control_has_key(control));
	cr_assert(not(control_is_live(control)));
	cr_assert(slot_restamp(&control, control, SLOT_LIVE, 21, &now));
	cr_assert(control_is_live(control));
	cr_assert(eq(uint, control_tag(control), TAG));
}

Test(slot, a_marked_word_changes_with_the_next_login_of_its_second)
{
	publish_at(10);
	const uint64_t unmarked = control;

	cr_assert(slot_mark(&control, control, &now));
	cr_assert(slot_is_marked(control));
	cr_assert(control_is_live(control));
	const uint64_t marked = control;

	cr_assert(slot_restamp(&control, control, SLOT_LIVE, 10, &now));
	cr_assert(not(slot_is_marked(control)));
	cr_assert(ne(u64, control, marked));
	cr_assert(ne(u64, control, unmarked));
	cr_assert(slot_mark(&control, control, &now));
	cr_assert(ne(u64, control, marked));
}

Test(slot, a_word_is_changed_under_its_version_only)
{
	publish_at(10);
	const uint64_t seen = payload[3];

	cr_assert(slot_put_word(&payload[3], seen, 99));
	cr_assert(eq(u64, payload[3], payload_make(1, 99)));
	cr_assert(not(slot_put_word(&payload[3], seen, 98)));
}
