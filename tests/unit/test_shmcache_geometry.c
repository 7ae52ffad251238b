/* SPDX-License-Identifier: ISC */
#include "shmcache/geometry.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define WINDOW_S 900u

static uint32_t now_s = 1000;

static uint32_t
test_clock(void)
{
	return now_s;
}

static uint64_t
word_of(unsigned floor, unsigned cur, uint32_t since)
{
	return geometry_pack(
	    (struct geometry){.floor = floor, .cur = cur, .since = since});
}

Test(geometry, a_word_keeps_all_three_parts)
{
	const struct geometry g = geometry_unpack(word_of(3, 14, 0xfffffffe));

	cr_expect(eq(uint, g.floor, 3));
	cr_expect(eq(uint, g.cur, 14));
	cr_expect(eq(u32, g.since, 0xfffffffe));
}

Test(geometry, a_switch_opens_the_next_level_and_keeps_the_old_one)
{
	uint64_t word = word_of(0, 0, 0);

	geometry_switch(&word, word, 100, WINDOW_S);
	cr_assert(eq(u64, word, word_of(0, 1, GEOMETRY_OPEN)));
}

Test(geometry, a_switch_leaves_levels_out_that_are_over)
{
	uint64_t word = word_of(0, 2, 100);

	geometry_switch(&word, word, 100 + WINDOW_S + 1, WINDOW_S);
	cr_assert(eq(u64, word, word_of(2, 3, GEOMETRY_OPEN)));
}

Test(geometry, a_switch_that_comes_too_late_changes_nothing)
{
	const uint64_t seen = word_of(0, 0, 0);
	uint64_t word = word_of(0, 1, 500);

	geometry_switch(&word, seen, 600, WINDOW_S);
	cr_assert(eq(u64, word, word_of(0, 1, 500)));
}

Test(geometry, only_an_open_switch_is_dated)
{
	uint64_t open = word_of(0, 1, GEOMETRY_OPEN);
	uint64_t dated = word_of(0, 1, 500);

	geometry_date(&open, test_clock);
	geometry_date(&dated, test_clock);
	cr_expect(eq(u64, open, word_of(0, 1, now_s)));
	cr_expect(eq(u64, dated, word_of(0, 1, 500)));
}

Test(geometry, old_levels_are_searched_while_a_switch_has_no_date)
{
	const struct geometry g = {
	    .floor = 1, .cur = 2, .since = GEOMETRY_OPEN};

	cr_assert(eq(uint, geometry_lowest(g, 1u << 30, WINDOW_S), 1));
}

Test(geometry, old_levels_are_searched_to_the_end_of_the_window)
{
	const struct geometry g = {.floor = 1, .cur = 2, .since = 500};

	cr_expect(eq(uint, geometry_lowest(g, 500 + WINDOW_S, WINDOW_S), 1));
	cr_expect(
	    eq(uint, geometry_lowest(g, 500 + WINDOW_S + 1, WINDOW_S), 2));
}

Test(geometry, an_old_clock_reading_searches_old_levels)
{
	const struct geometry g = {.floor = 1, .cur = 2, .since = 500};

	cr_assert(eq(uint, geometry_lowest(g, 499, WINDOW_S), 1));
}

Test(geometry, tidying_waits_for_the_window)
{
	uint64_t word = word_of(0, 1, 500);

	geometry_tidy(&word, 500 + WINDOW_S, WINDOW_S);
	cr_expect(eq(u64, word, word_of(0, 1, 500)));
	geometry_tidy(&word, 500 + WINDOW_S + 1, WINDOW_S);
	cr_expect(eq(u64, word, word_of(1, 1, 500)));
}
