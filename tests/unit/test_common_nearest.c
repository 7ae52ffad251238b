/* SPDX-License-Identifier: ISC */
/* nearest: what a mistyped word meant. */
#include "common/nearest.h"

#include <criterion/criterion.h>
#include <string.h>

/* The nearest of the words "status", "list", "check", "config", "grant". */
static const char *
find(const char *word)
{
	static const char *const known[] = {
	    "status", "list", "check", "config", "grant"};
	struct nearest nearest;
	size_t i;

	nearest_begin(&nearest, word);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		nearest_try(&nearest, known[i]);
	return nearest.best != NULL ? nearest.best : "none";
}

Test(common_nearest, a_letter_too_many_missing_or_wrong_is_forgiven)
{
	cr_expect_str_eq(find("statuss"), "status");
	cr_expect_str_eq(find("chek"), "check");
	cr_expect_str_eq(find("lost"), "list");
	cr_expect_str_eq(find("confgi"), "config");
}

Test(common_nearest, another_word_has_no_nearest)
{
	cr_expect_str_eq(find("elephant"), "none");
	cr_expect_str_eq(find("frobnicate"), "none");
}

Test(common_nearest, a_word_longer_than_any_is_none)
{
	char word[200];

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	cr_expect_str_eq(find(word), "none");
}
