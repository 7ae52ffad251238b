/* SPDX-License-Identifier: ISC */
/* logline: nothing a client sends can forge a line or a key. */
#include "common/logline.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

static struct logline line;

static const char *
value_text(const char *value)
{
	logline_init(&line, "event");
	logline_add(&line, "k", value);
	return line.text;
}

Test(common_logline, plain_values_stand_bare)
{
	cr_expect_str_eq(value_text("joe"), "event k=joe");
	cr_expect_str_eq(
	    value_text("a-_.:/@+,[]<>Z9"), "event k=a-_.:/@+,[]<>Z9");
	cr_expect_str_eq(
	    value_text("<joe@example.org>"), "event k=<joe@example.org>");
	cr_expect_str_eq(
	    value_text("[2001:db8::1]:25"), "event k=[2001:db8::1]:25");
}

Test(common_logline, other_values_are_quoted)
{
	cr_expect_str_eq(value_text(""), "event k=\"\"");
	cr_expect_str_eq(value_text("a b"), "event k=\"a b\"");
	cr_expect_str_eq(value_text("a=b"), "event k=\"a=b\"");
	cr_expect_str_eq(value_text("it's"), "event k=\"it's\"");
}

Test(common_logline, quotes_backslashes_and_bytes_beyond_ascii_are_escaped)
{
	cr_expect_str_eq(value_text("a\"b"), "event k=\"a\\\"b\"");
	cr_expect_str_eq(value_text("a\\b"), "event k=\"a\\\\b\"");
	cr_expect_str_eq(value_text("a\r\nb"), "event k=\"a\\x0d\\x0ab\"");
	cr_expect_str_eq(value_text("\x1b[2J"), "event k=\"\\x1b[2J\"");
	cr_expect_str_eq(
	    value_text("\x7f\xc3\xa9"), "event k=\"\\x7f\\xc3\\xa9\"");
}

Test(common_logline, a_nul_among_the_bytes_is_shown)
{
	logline_init(&line, "event");
	logline_add_bytes(&line, "k", "a\0b", 3);

	cr_assert_str_eq(line.text, "event k=\"a\\x00b\"");
}

Test(common_logline, no_value_adds_nothing)
{
	cr_assert_str_eq(value_text(NULL), "event");
}

Test(common_logline, a_forged_key_stays_inside_its_quotes)
{
	cr_assert_str_eq(value_text("x result=accept\nevent k=\""),
	    "event k=\"x result=accept\\x0aevent k=\\\"\"");
}

Test(common_logline, pairs_follow_in_the_order_they_were_added)
{
	logline_init(&line, "rcpt");
	logline_add(&line, "client", "192.0.2.1");
	logline_add_u64(&line, "age", 0);
	logline_add_u64(&line, "max", UINT64_MAX);
	logline_add(&line, "result", "accept");

	cr_assert_str_eq(line.text,
	    "rcpt client=192.0.2.1 age=0 max=18446744073709551615 "
	    "result=accept");
	cr_assert_eq(line.len, strlen(line.text));
}

Test(common_logline, a_long_value_is_cut_inside_its_quotes)
{
	char value[1000];
	const char *text;

	memset(value, 'a', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	text = value_text(value);

	cr_expect_eq(
	    strlen(text), strlen("event k=") + LOGLINE_VALUE_MAX_BYTES);
	cr_expect_str_eq(text + strlen(text) - 5, "a...\"");
	cr_expect_eq(text[strlen("event k=")], '"');
}

Test(common_logline, a_value_of_just_the_limit_is_whole)
{
	char value[LOGLINE_VALUE_MAX_BYTES + 1];

	memset(value, 'a', LOGLINE_VALUE_MAX_BYTES);
	value[LOGLINE_VALUE_MAX_BYTES] = '\0';
	cr_expect_str_eq(value_text(value) + strlen("event k="), value);

	/* With a space it needs two quotes, so two bytes fewer fit. */
	value[0] = ' ';
	value[LOGLINE_VALUE_MAX_BYTES - 2] = '\0';
	cr_expect_null(strstr(value_text(value), "..."));
	value[LOGLINE_VALUE_MAX_BYTES - 2] = 'a';
	value[LOGLINE_VALUE_MAX_BYTES - 1] = '\0';
	cr_expect_not_null(strstr(value_text(value), "a...\""));
}

/* Read a quoted value as a log reader would; false when it never ends. */
static bool
is_well_formed(const char *text)
{
	const char *p = strchr(text, '=') + 1;

	if (*p != '"')
		return strpbrk(p, " \"\\") == NULL;
	for (p++; *p != '"'; p++) {
		if (*p == '\0')
			return false;
		if (*p != '\\')
			continue;
		p++;
		if (*p == 'x')
			p += 2;
		else if (*p != '"' && *p != '\\')
			return false;
	}
	return p[1] == '\0' || strcmp(p + 1, " ...") == 0;
}

Test(common_logline, no_cut_ever_falls_into_an_escape)
{
	static const char *const atoms[] = {"a", "\"", "\\", "\n", " "};
	char value[300], event[LOGLINE_BYTES];
	size_t atom, shift, n;

	for (atom = 0; atom < sizeof(atoms) / sizeof(atoms[0]); atom++)
		for (shift = 0; shift < 8; shift++) {
			memset(value, 'a', sizeof(value));
			for (n = shift; n < sizeof(value) - 1; n++)
				value[n] = atoms[atom][0];
			value[sizeof(value) - 1] = '\0';
			cr_assert(
			    is_well_formed(value_text(value)), "%s", line.text);
		}
	/* The same where the end of the line does the cutting. */
	for (n = LOGLINE_BYTES - 200; n < LOGLINE_BYTES; n++) {
		memset(event, 'e', n);
		event[n] = '\0';
		logline_init(&line, event);
		logline_add(&line, "k", "\n\n\n\"\"\\\\ \n\n\n\n\n\n\n\n\n\n");
		cr_assert_lt(line.len, (size_t)LOGLINE_BYTES);
		cr_assert_eq(line.text[line.len], '\0');
		if (!line.is_full)
			cr_assert(is_well_formed(line.text), "%s", line.text);
	}
}

Test(common_logline, a_full_line_says_that_it_left_keys_out)
{
	char value[LOGLINE_VALUE_MAX_BYTES];
	size_t i, len;

	memset(value, 'a', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	logline_init(&line, "event");
	for (i = 0; i < 20; i++)
		logline_add(&line, "key", value);
	len = line.len;
	logline_add_u64(&line, "n", 1);
	logline_add(&line, "x", "");

	cr_expect(line.is_full);
	cr_expect_lt(line.len, (size_t)LOGLINE_BYTES);
	cr_expect_eq(line.len, len, "nothing follows the mark");
	cr_expect_str_eq(line.text + line.len - 4, " ...");
}

Test(common_logline, a_number_is_whole_or_left_out)
{
	char event[LOGLINE_BYTES];
	size_t n;

	for (n = LOGLINE_BYTES - 60; n < LOGLINE_BYTES - 1; n++) {
		memset(event, 'e', n);
		event[n] = '\0';
		logline_init(&line, event);
		logline_add_u64(&line, "n", UINT64_MAX);
		cr_assert(
		    line.is_full ^
			(strstr(line.text, " n=18446744073709551615") != NULL),
		    "%s", line.text);
	}
}

Test(common_logline, a_sentence_is_cut_by_the_line_alone)
{
	char sentence[2000];

	memset(sentence, 'a', sizeof(sentence) - 1);
	sentence[sizeof(sentence) - 1] = '\0';
	sentence[400] = '\0';
	logline_init(&line, "config");
	logline_add_sentence(&line, "msg", sentence);
	cr_expect_null(strstr(line.text, "..."));

	sentence[400] = '\n';
	logline_init(&line, "config");
	logline_add_sentence(&line, "msg", sentence);
	cr_expect_not_null(strstr(line.text, "a...\""));
	cr_expect_null(strchr(line.text, '\n'));
}
