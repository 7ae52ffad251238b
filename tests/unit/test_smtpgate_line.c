/* SPDX-License-Identifier: ISC */
/* line: CR LF and nothing else ends one. */
#include "smtpgate/wire/line.h"

#include <criterion/criterion.h>
#include <string.h>

static struct line line;

/* Feed a literal, NULs and all; returns how many bytes were taken. */
#define FEED(literal) feed_bytes((literal), sizeof(literal) - 1)

static size_t
feed_bytes(const char *bytes, size_t n)
{
	line_init(&line);
	return line_feed(&line, bytes, n);
}

Test(smtpgate_line, cr_lf_ends_a_line_and_what_follows_is_left)
{
	cr_assert_eq(FEED("NOOP\r\nRSET\r\n"), 6);
	cr_expect_eq(line.state, LINE_DONE);
	cr_expect_eq(line.flaws, 0);
	cr_expect_str_eq(line.text, "NOOP");
	cr_expect_eq(line.n_bytes, 6);
}

Test(smtpgate_line, bytes_may_come_one_at_a_time)
{
	const char *bytes = "EHLO x\r\n";
	size_t i;

	line_init(&line);
	for (i = 0; i < strlen(bytes); i++) {
		cr_expect_neq(line.state, LINE_DONE);
		cr_expect_eq(line_feed(&line, bytes + i, 1), 1);
	}
	cr_expect_eq(line.state, LINE_DONE);
	cr_expect_str_eq(line.text, "EHLO x");
}

Test(smtpgate_line, a_bare_lf_does_not_end_a_line)
{
	cr_expect_eq(FEED("NOOP\nRSET\r\n"), 11);
	cr_expect_eq(line.state, LINE_DONE);
	cr_expect_eq(line.flaws, LINE_BARE_LF);
}

Test(smtpgate_line, a_bare_cr_does_not_end_a_line)
{
	FEED("NOOP\rRSET\r\n");
	cr_expect_eq(line.state, LINE_DONE);
	cr_expect_eq(line.flaws, LINE_BARE_CR);
	FEED("NOOP\r\r\n");
	cr_expect_eq(line.state, LINE_DONE);
	cr_expect_eq(line.flaws, LINE_BARE_CR);
}

Test(smtpgate_line, each_flaw_is_told_and_a_tab_is_none)
{
	FEED("a\0b\r\n");
	cr_expect_eq(line.flaws, LINE_NUL);
	cr_expect_eq(line.len, 3);
	FEED("a\x1b\r\n");
	cr_expect_eq(line.flaws, LINE_CONTROL);
	FEED("a\x7f\r\n");
	cr_expect_eq(line.flaws, LINE_CONTROL);
	FEED("a\xff\r\n");
	cr_expect_eq(line.flaws, LINE_8BIT);
	FEED("a\tb\r\n");
	cr_expect_eq(line.flaws, 0);
}

Test(smtpgate_line, an_endless_line_is_cut_and_its_length_is_known)
{
	static char bytes[100000];

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + sizeof(bytes) - 2, "\r\n", 2);
	cr_expect_eq(feed_bytes(bytes, sizeof(bytes)), sizeof(bytes));
	cr_expect_eq(line.state, LINE_DONE);
	cr_expect_eq(line.flaws, LINE_TOO_LONG);
	cr_expect_eq(line.len, LINE_TEXT_MAX_BYTES);
	cr_expect_eq(line.n_bytes, sizeof(bytes));
}

Test(smtpgate_line, the_longest_line_is_whole)
{
	char bytes[LINE_TEXT_MAX_BYTES + 2];

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + LINE_TEXT_MAX_BYTES, "\r\n", 2);
	feed_bytes(bytes, sizeof(bytes));
	cr_expect_eq(line.flaws, 0);
	cr_expect_eq(strlen(line.text), LINE_TEXT_MAX_BYTES);
}

Test(smtpgate_line, lf_alone_ends_a_line_of_the_other_kind)
{
	line_init(&line);
	cr_expect_eq(line_feed_lf(&line, "OK\t1\nOK", 7), 5);
	cr_expect_eq(line.state, LINE_DONE);
	cr_expect_eq(line.flaws, 0);
	cr_expect_str_eq(line.text, "OK\t1");
	cr_expect_eq(line.n_bytes, 5);
}

Test(smtpgate_line, a_cr_in_a_line_of_the_other_kind_is_a_control)
{
	line_init(&line);
	cr_expect_eq(line_feed_lf(&line, "OK\r\n", 4), 4);
	cr_expect_eq(line.state, LINE_DONE);
	cr_expect_eq(line.flaws, LINE_CONTROL);
	cr_expect_str_eq(line.text, "OK\r");
}

Test(smtpgate_line, a_nul_in_a_line_of_the_other_kind_is_a_flaw)
{
	line_init(&line);
	cr_expect_eq(line_feed_lf(&line, "O\0K\n", 4), 4);
	cr_expect_eq(line.flaws, LINE_NUL);
}

Test(smtpgate_line, a_line_of_the_other_kind_may_be_too_long)
{
	size_t i;

	line_init(&line);
	for (i = 0; i <= LINE_TEXT_MAX_BYTES; i++)
		line_feed_lf(&line, "x", 1);
	cr_expect_eq(line.state, LINE_TEXT);
	cr_expect_eq(line.flaws, LINE_TOO_LONG);
	cr_expect_eq(line.len, LINE_TEXT_MAX_BYTES);
}
