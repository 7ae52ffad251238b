/* SPDX-License-Identifier: ISC */
/* pamflaw: sentences; tests of pamhealth have them in context. */
#include "pamcheck/pamflaw.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void
expect(
    const char *text, const char *what, const char *word, const char *sentence)
{
	char *is = pamflaw_describe(text, what, word);

	cr_assert_not_null(is);
	cr_expect_str_eq(is, sentence);
	free(is);
}

Test(pamcheck_pamflaw, a_word_is_quoted)
{
	expect("foo", "unknown type", "foo", "unknown type \"foo\"");
	expect("f\x1b[2J", "unknown type", "f\x1b[2J",
	    "unknown type \"f\\x1b[2J\"");
	expect("auth", "no control", NULL, "no control");
}

Test(pamcheck_pamflaw, a_long_word_is_cut)
{
	char word[100], *is;

	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	is = pamflaw_describe(word, "unknown type", word);
	cr_assert_not_null(is);
	cr_expect_not_null(strstr(is, "aaa...\""));
	cr_expect_lt(strlen(is), (size_t)90);
	free(is);
}
