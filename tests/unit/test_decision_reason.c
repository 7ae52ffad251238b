/* SPDX-License-Identifier: ISC */
/* reason: each value of the enum has its row. */
#include "decision/reason.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(decision_reason, each_reason_has_a_word_of_its_own)
{
	int i, j;

	for (i = 0; i < REASON_COUNT; i++) {
		const char *word = reason_word((enum reason)i);

		cr_assert_not_null(word, "reason %d has no word", i);
		cr_expect_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz-"),
		    strlen(word), "%s", word);
		for (j = 0; j < i; j++)
			cr_expect_str_neq(word, reason_word((enum reason)j));
	}
}

Test(decision_reason, each_reason_has_a_sentence)
{
	int i;

	for (i = 0; i < REASON_COUNT; i++) {
		const char *sentence = reason_sentence((enum reason)i);

		cr_assert_not_null(sentence, "reason %d has no sentence", i);
		cr_expect_not_null(strchr(sentence, ' '), "%s", sentence);
		cr_expect_neq(
		    sentence[strlen(sentence) - 1], '.', "%s", sentence);
	}
}

Test(decision_reason, each_word_is_in_the_manual)
{
	char *page = NULL;
	size_t size = 0;
	FILE *file = fopen("doc/popauth.7", "r");
	int i;

	cr_assert_not_null(file);
	cr_assert_gt(getdelim(&page, &size, '\0', file), 0);
	fclose(file);
	for (i = 0; i < REASON_COUNT; i++)
		cr_expect_not_null(strstr(page, reason_word((enum reason)i)),
		    "%s", reason_word((enum reason)i));
	free(page);
}
