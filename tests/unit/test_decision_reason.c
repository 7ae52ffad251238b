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

static const char *
reply_of(enum reason reason, bool can_log_in)
{
	const struct reason_words words = {
	    .client = "203.0.113.9", .window = "15m", .can_log_in = can_log_in};
	static char text[REASON_REPLY_BYTES];

	cr_assert_eq(reason_reply(reason, &words, text), strlen(text));
	return text;
}

Test(decision_reason, a_reply_has_a_code_and_an_enhanced_one_of_its_class)
{
	int i;

	for (i = 0; i < REASON_COUNT; i++) {
		const char *text = reply_of((enum reason)i, false);

		if (text[0] == '\0')
			continue;
		cr_expect(text[0] == '4' || text[0] == '5', "%s", text);
		cr_expect_eq(strspn(text, "0123456789"), 3, "%s", text);
		cr_expect_eq(text[3], ' ', "%s", text);
		cr_expect_eq(text[4], text[0], "%s", text);
		cr_expect_null(strchr(text, '%'), "%s", text);
	}
}

Test(decision_reason, a_reply_names_the_ways_that_the_client_has)
{
	cr_expect_str_eq(reply_of(REASON_NO_LOGIN, false),
	    "550 5.7.1 Relaying denied for 203.0.113.9: check your mail (POP) "
	    "first, then send within 15m");
	cr_expect_str_eq(reply_of(REASON_NO_LOGIN, true),
	    "550 5.7.1 Relaying denied for 203.0.113.9: check your mail (POP) "
	    "first, then send within 15m, or log in");
	cr_expect_str_eq(reply_of(REASON_NEVER_GRANTED, false),
	    "550 5.7.1 Relaying denied for 203.0.113.9: checking mail (POP) "
	    "does not open this address; ask your postmaster");
	cr_expect_str_eq(reply_of(REASON_NEVER_GRANTED, true),
	    "550 5.7.1 Relaying denied for 203.0.113.9: checking mail (POP) "
	    "does not open this address; log in to send");
}

Test(decision_reason, a_cure_is_a_sentence_or_nothing)
{
	int i;

	for (i = 0; i < REASON_COUNT; i++) {
		const char *cure = reason_cure((enum reason)i);

		cr_expect(cure[0] == '\0' || cure[strlen(cure) - 1] != '.',
		    "%s", cure);
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
