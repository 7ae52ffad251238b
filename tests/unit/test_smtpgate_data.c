/* SPDX-License-Identifier: ISC */
/* data: one end of a message, whatever the bytes. */
#include "smtpgate/syntax/data.h"

#include <criterion/criterion.h>
#include <string.h>

static struct data data;
static char out[DATA_OUT_BYTES(4096)];
static size_t out_len;

/* Feed all in one piece; returns how many bytes were taken. */
#define FEED(literal) feed((literal), sizeof(literal) - 1)

static size_t
feed(const char *in, size_t n)
{
	size_t taken;

	data = (struct data){.state = DATA_CRLF};
	taken = data_feed(&data, in, n, out, &out_len);
	out[out_len] = '\0';
	return taken;
}

#define EXPECT(in, want)                                                       \
	do {                                                                   \
		FEED(in);                                                      \
		cr_expect_str_eq(out, want);                                   \
	} while (0)

Test(smtpgate_data, a_plain_message_passes_and_what_follows_is_left)
{
	cr_expect_eq(FEED("a\r\nb\r\n.\r\nQUIT\r\n"), 9);
	cr_expect_eq(data.state, DATA_END);
	cr_expect_str_eq(out, "a\r\nb\r\n.\r\n");
	cr_expect_eq(data.n_bytes, 6);
}

Test(smtpgate_data, an_empty_message_ends_at_once)
{
	FEED(".\r\n");
	cr_expect_eq(data.state, DATA_END);
	cr_expect_str_eq(out, ".\r\n");
}

Test(smtpgate_data, stuffed_dots_stay_stuffed)
{
	EXPECT("..\r\n...\r\n..a\r\n.\r\n", "..\r\n...\r\n..a\r\n.\r\n");
	cr_expect_eq(data.n_bytes, 3 + 4 + 4);
}

Test(smtpgate_data, a_dot_that_was_not_stuffed_is_the_transports)
{
	EXPECT(".a\r\n.\r\n", "a\r\n.\r\n");
}

/* The rows of "is it taken as the end of the message?", each after a line. */
Test(smtpgate_data, lf_dot_lf_is_text)
{
	EXPECT("a\n.\nb", "a\r\n..\r\nb");
	cr_expect_neq(data.state, DATA_END);
}

Test(smtpgate_data, lf_dot_crlf_is_text)
{
	EXPECT("a\n.\r\nb", "a\r\n..\r\nb");
	cr_expect_neq(data.state, DATA_END);
}

Test(smtpgate_data, crlf_dot_lf_is_text)
{
	EXPECT("a\r\n.\nb", "a\r\n\r\nb");
	cr_expect_neq(data.state, DATA_END);
}

Test(smtpgate_data, crlf_dot_cr_crlf_is_text)
{
	EXPECT("a\r\n.\r\r\nb", "a\r\n..\r\nb");
	EXPECT("a\r\n.\r\r\r\r\nb", "a\r\n..\r\nb");
	cr_expect_neq(data.state, DATA_END);
}

Test(smtpgate_data, a_nul_is_told_and_never_dropped_into_an_end)
{
	FEED("a\r\n.\0\r\nb");
	cr_expect(data.has_nul);
	cr_expect_neq(data.state, DATA_END);
	FEED("a\r\n\0.\r\n");
	cr_expect(data.has_nul);
	cr_expect_neq(data.state, DATA_END);
	FEED("a\r\n.\r\n");
	cr_expect_not(data.has_nul);
}

Test(smtpgate_data, bare_line_ends_become_line_ends)
{
	EXPECT("\r\na\nb\rc\r\nd", "\r\na\r\nb\r\nc\r\nd");
	EXPECT("a\n\r\nb", "a\r\n\r\nb");
	EXPECT("\n\na\r.\rb", "\r\n\r\na\r\n..\r\nb");
	EXPECT("\r\n.\r.\r\nb", "\r\n\r\n..\r\nb");
	EXPECT("\r\n.\r\r.\r\nb", "\r\n..\r\n..\r\nb");
	EXPECT("\r\na\r\r\rb", "\r\na\r\nb");
}

Test(smtpgate_data, crs_before_crlf_are_dropped)
{
	EXPECT("a: 1\r\r\nb: 2\r\r\r\r\n\r\r\nc\r\r\n.\r\n",
	    "a: 1\r\nb: 2\r\n\r\nc\r\n.\r\n");
	cr_expect(data.has_bare);
	cr_expect_eq(data.n_bytes, strlen("a: 1..b: 2....c.."));
}

Test(smtpgate_data, a_cr_alone_ends_neither_a_line_of_the_header_nor_the_header)
{
	EXPECT("a: 1\rb: 2\r\nc: 3\r\n\r\nd\re",
	    "a: 1 b: 2\r\nc: 3\r\n\r\nd\r\ne");
	EXPECT("a: 1\r\n\rb: 2\r\n\r\r.\r\n", "a: 1\r\nb: 2\r\n..\r\n");
	EXPECT("a\r.\rb", "a . b");
	EXPECT(".\r.\r\nb", "..\r\nb");
	EXPECT(".\r\r.\r\nb", ".. .\r\nb");
	cr_expect(data.has_bare);
	cr_expect_not(data.is_body);
}

/* ---- all messages of a few bytes ---------------------------------------- */

#define LENGTH 9

static const char alphabet[4] = {'\r', '\n', '.', 'a'};

static void
nth_message(unsigned n, char message[LENGTH])
{
	size_t i;

	for (i = 0; i < LENGTH; i++, n /= 4)
		message[i] = alphabet[n % 4];
}

/* Where the message ends by RFC 5321's words alone, or 0. */
static size_t
end_by_the_book(const char *in, size_t n)
{
	size_t i;

	if (n >= 3 && memcmp(in, ".\r\n", 3) == 0)
		return 3;
	for (i = 0; i + 5 <= n; i++)
		if (memcmp(in + i, "\r\n.\r\n", 5) == 0)
			return i + 5;
	return 0;
}

/* Whether a reader who ends lines at CR, at LF or at both sees a lone dot. */
static bool
has_lone_dot(const char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes[i] != '.')
			continue;
		if (i > 0 && bytes[i - 1] != '\r' && bytes[i - 1] != '\n')
			continue;
		if (i + 1 < n && (bytes[i + 1] == '\r' || bytes[i + 1] == '\n'))
			return true;
	}
	return false;
}

static bool
has_bare_line_end(const char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes[i] == '\r' && (i + 1 == n || bytes[i + 1] != '\n'))
			return true;
		if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'))
			return true;
	}
	return false;
}

Test(smtpgate_data, the_end_is_where_the_standard_puts_it_and_nowhere_else)
{
	char in[LENGTH];
	size_t taken, end, text_len;
	unsigned n;

	for (n = 0; n < 1u << (2 * LENGTH); n++) {
		nth_message(n, in);
		taken = feed(in, LENGTH);
		end = end_by_the_book(in, LENGTH);
		text_len = out_len;
		if (end != 0) {
			cr_assert_eq(data.state, DATA_END, "%u", n);
			cr_assert_eq(taken, end, "%u", n);
			cr_assert(out_len >= 3, "%u", n);
			cr_assert_str_eq(out + out_len - 3, ".\r\n", "%u", n);
			text_len -= 3;
		} else {
			cr_assert_neq(data.state, DATA_END, "%u", n);
		}
		cr_assert_not(has_lone_dot(out, text_len), "%u", n);
		cr_assert_not(has_bare_line_end(out, text_len), "%u", n);
		cr_assert(out_len <= DATA_OUT_BYTES(LENGTH), "%u", n);
	}
}

Test(smtpgate_data, it_makes_no_difference_how_the_bytes_are_cut)
{
	char in[LENGTH], whole[DATA_OUT_BYTES(LENGTH) + 1];
	size_t i, len, whole_len;
	struct data piecewise;
	unsigned n;

	for (n = 0; n < 1u << (2 * LENGTH); n += 7) {
		nth_message(n, in);
		feed(in, LENGTH);
		whole_len = out_len;
		memcpy(whole, out, out_len);
		piecewise = (struct data){.state = DATA_CRLF};
		for (i = len = 0; i < LENGTH; i++) {
			data_feed(&piecewise, in + i, 1, out + len, &out_len);
			len += out_len;
		}
		cr_assert_eq(len, whole_len, "%u", n);
		cr_assert_eq(memcmp(out, whole, len), 0, "%u", n);
		cr_assert_eq(piecewise.state, data.state, "%u", n);
	}
}

Test(smtpgate_data, nothing_is_taken_behind_the_end)
{
	FEED(".\r\n");
	cr_expect_eq(data_feed(&data, "abc", 3, out, &out_len), 0);
	cr_expect_eq(out_len, 0);
}

Test(smtpgate_data, a_cr_or_lf_alone_is_told)
{
	static const struct {
		const char *in;
		bool has_bare;
	} cases[] = {{"a\r\nb\r\n.\r\n", false}, {"a\nb\r\n.\r\n", true},
	    {"a\rb\r\n.\r\n", true}, {"\n.\r\n.\r\n", true},
	    {"a\r\n.\rb\r\n.\r\n", true}, {"a\r\r\n.\r\n", true},
	    {"a\r\n.\n.\r\n.\r\n", true}, {".\r\n", false}};
	size_t i, cut;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		data = (struct data){.state = DATA_CRLF};
		data_feed(
		    &data, cases[i].in, strlen(cases[i].in), out, &out_len);
		cr_expect_eq(data.has_bare, cases[i].has_bare, "%zu", i);
		/* and of a chunk, wherever it is cut */
		for (cut = 0; cut <= strlen(cases[i].in); cut++) {
			data = (struct data){.state = DATA_MIDDLE};
			data_scan(&data, cases[i].in, cut);
			data_scan(&data, cases[i].in + cut,
			    strlen(cases[i].in) - cut);
			cr_expect_eq(data.has_bare, cases[i].has_bare,
			    "%zu at %zu", i, cut);
			cr_expect_eq(data.n_bytes, strlen(cases[i].in));
		}
	}
}

Test(smtpgate_data, a_nul_in_a_chunk_is_told)
{
	data = (struct data){.state = DATA_MIDDLE};
	data_scan(&data, "abc", 3);
	cr_expect_not(data.has_nul);
	data_scan(&data, "ab\0c", 4);
	cr_expect(data.has_nul);
}
