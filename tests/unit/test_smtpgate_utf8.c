/* SPDX-License-Identifier: ISC */
/* utf8: what is UTF-8 and what only looks like it. */
#include "smtpgate/syntax/utf8.h"

#include <criterion/criterion.h>

Test(smtpgate_utf8, valid_text_is_valid)
{
	static const char *const good[] = {"", "ascii", "\xc2\xa0", "\xc3\xb6",
	    "\xdf\xbf", "\xe0\xa0\x80", "\xe2\x82\xac", "\xed\x9f\xbf",
	    "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(utf8_is_valid(good[i]), "%zu", i);
}

Test(smtpgate_utf8, anything_else_is_not)
{
	static const char *const bad[] = {"\x80", "\xff", "\xfe", "\xc0\xaf",
	    "\xc1\x80", "\xc3", "\xc3x", "\xe0\x9f\xbf", "\xe2\x82",
	    "\xe2\x82x", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80", "\xf0\x90\x80", "\xc2\x85", "\xc2\x80",
	    "a\xc3\xb6\xb6"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(utf8_is_valid(bad[i]), "%zu", i);
}
