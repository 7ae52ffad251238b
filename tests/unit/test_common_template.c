/* SPDX-License-Identifier: ISC */
/* template: placeholders get their words, and a long text is cut. */
#include "common/template.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *
word_of(char placeholder, const void *arg)
{
	return placeholder == 'a' ? arg : "";
}

static size_t
fill(const char *template, char *text, size_t size)
{
	return template_fill(template, word_of, "apple", text, size);
}

Test(common_template, placeholders_get_their_words)
{
	char text[64];

	cr_expect_eq(fill("an %a, %x and %a.", text, sizeof(text)), 21);
	cr_expect_str_eq(text, "an apple,  and apple.");
	cr_expect_eq(fill("", text, sizeof(text)), 0);
	cr_expect_str_eq(text, "");
}

Test(common_template, a_last_percent_is_itself)
{
	char text[8];

	fill("5 %", text, sizeof(text));
	cr_expect_str_eq(text, "5 %");
}

Test(common_template, a_text_that_does_not_fit_is_cut)
{
	char text[6];

	memset(text, 'x', sizeof(text));
	cr_expect_eq(fill("an %a", text, sizeof(text)), 5);
	cr_expect_str_eq(text, "an ap");
	cr_expect_eq(fill("%a%a%a", text, 1), 0);
	cr_expect_str_eq(text, "");
}
