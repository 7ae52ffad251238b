/* SPDX-License-Identifier: ISC */
/* clock: which clocks these are, seen from the kernel's own. */
#include "common/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

Test(common_clock, boot_is_the_clock_that_counts_suspends)
{
	struct timespec before, after;
	uint32_t now;

	clock_gettime(CLOCK_BOOTTIME, &before);
	now = clock_boot_s();
	clock_gettime(CLOCK_BOOTTIME, &after);

	cr_assert_geq((time_t)now, before.tv_sec);
	cr_assert_leq((time_t)now, after.tv_sec);
}

Test(common_clock, mono_is_monotonic_milliseconds)
{
	struct timespec before, after;
	int64_t now;

	clock_gettime(CLOCK_MONOTONIC, &before);
	now = clock_mono_ms();
	clock_gettime(CLOCK_MONOTONIC, &after);

	cr_assert_geq(
	    now, (int64_t)before.tv_sec * 1000 + before.tv_nsec / 1000000);
	cr_assert_leq(
	    now, (int64_t)after.tv_sec * 1000 + after.tv_nsec / 1000000);
}
