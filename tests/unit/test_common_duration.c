/* SPDX-License-Identifier: ISC */
/* duration: as an administrator writes them. */
#include "common/duration.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(common_duration, numbers_with_units_in_falling_order_are_read)
{
	static const struct {
		const char *text;
		uint32_t seconds;
	} good[] = {
	    {"45s", 45},
	    {"15m", 900},
	    {"2h", 7200},
	    {"1d", 86400},
	    {"1h30m", 5400},
	    {"1d2h3m4s", 93784},
	    {"90m", 5400},
	    {"0s", 0},
	    {"05m", 300},
	    {"4294967295s", UINT32_MAX},
	    {"49710d6h28m15s", UINT32_MAX},
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint32_t seconds = 1;

		cr_expect_eq(duration_parse(good[i].text, &seconds), 0, "%s",
		    good[i].text);
		cr_expect_eq(seconds, good[i].seconds, "%s", good[i].text);
	}
}

Test(common_duration, every_other_form_is_refused)
{
	static const char *const bad[] = {"", "15", "m", "15m30", "15 m",
	    " 15m", "15m ", "-15m", "+15m", "1.5h", "30m1h", "1h1h", "15min",
	    "15M", "1w", "1h,30m", "0x10s", "99999999999", "forever"};
	uint32_t seconds = 7;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(
		    duration_parse(bad[i], &seconds), -EINVAL, "'%s'", bad[i]);
	cr_expect_eq(seconds, 7);
}

Test(common_duration, what_does_not_fit_is_out_of_range)
{
	static const char *const big[] = {"4294967296s", "49710d6h28m16s",
	    "49711d", "99999999999999999999999999999999s",
	    "18446744073709551617s", "4294967295d4294967295h"};
	uint32_t seconds = 7;
	size_t i;

	for (i = 0; i < sizeof(big) / sizeof(big[0]); i++)
		cr_expect_eq(
		    duration_parse(big[i], &seconds), -ERANGE, "'%s'", big[i]);
	cr_expect_eq(seconds, 7);
}

Test(common_duration, what_is_written_reads_back_as_the_same)
{
	static const uint32_t values[] = {0, 1, 59, 60, 61, 900, 3599, 3600,
	    5400, 86399, 86400, 90061, 604800, UINT32_MAX};
	char text[DURATION_TEXT_BYTES];
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint32_t back = values[i] + 1;

		duration_format(values[i], text);
		cr_expect_eq(duration_parse(text, &back), 0, "%s", text);
		cr_expect_eq(back, values[i], "%s", text);
	}
}

Test(common_duration, empty_units_are_left_out)
{
	char text[DURATION_TEXT_BYTES];

	cr_expect_str_eq(duration_format(0, text), "0s");
	cr_expect_str_eq(duration_format(900, text), "15m");
	cr_expect_str_eq(duration_format(5400, text), "1h30m");
	cr_expect_str_eq(duration_format(86401, text), "1d1s");
	cr_expect_str_eq(duration_format(UINT32_MAX, text), "49710d6h28m15s");
}
