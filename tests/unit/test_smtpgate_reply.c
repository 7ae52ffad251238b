/* SPDX-License-Identifier: ISC */
/* reply: the table of texts. */
#include "smtpgate/syntax/reply.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

static const struct reply_words words = {.host = "gate.example.org"};

static const char *
format(enum reply reply)
{
	static char text[REPLY_BYTES];

	cr_assert_eq(reply_format(reply, &words, text), strlen(text));
	return text;
}

Test(smtpgate_reply, each_is_one_line_with_a_code)
{
	const char *text, *end;
	int reply;

	for (reply = REPLY_NONE + 1; reply < REPLY_COUNT; reply++) {
		text = format((enum reply)reply);
		end = strstr(text, "\r\n");
		cr_assert_not_null(end, "%d", reply);
		cr_expect_str_eq(end, "\r\n", "%s", text);
		cr_expect(strchr("2345", text[0]) != NULL, "%s", text);
		cr_expect(isdigit(text[1]) && isdigit(text[2]), "%s", text);
		cr_expect_eq(text[3], ' ', "%s", text);
		cr_expect(strchr(text, '%') == NULL, "%s", text);
	}
}

Test(smtpgate_reply, an_enhanced_code_has_the_class_of_its_code)
{
	const char *text;
	int reply;

	for (reply = REPLY_NONE + 1; reply < REPLY_COUNT; reply++) {
		text = format((enum reply)reply);
		/* RFC 2034, 3: not the greeting, HELO's answer and 3xx. */
		if (reply == REPLY_GREETING || reply == REPLY_HELO ||
		    text[0] == '3')
			continue;
		cr_expect_eq(text[4], text[0], "%s", text);
		cr_expect_eq(text[5], '.', "%s", text);
	}
}

Test(smtpgate_reply, zero_is_no_reply)
{
	char text[REPLY_BYTES] = "?";

	cr_expect_eq(reply_format((enum reply)0, &words, text), 0);
	cr_expect_str_eq(text, "");
	cr_expect_not(reply_is_error((enum reply)0));
}

Test(smtpgate_reply, placeholders_are_filled_in)
{
	cr_expect_str_eq(
	    format(REPLY_GREETING), "220 gate.example.org ESMTP\r\n");
}

Test(smtpgate_reply, a_long_name_is_cut_and_the_line_still_ends)
{
	char host[1000], text[REPLY_BYTES];
	struct reply_words long_words = words;

	memset(host, 'x', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	long_words.host = host;
	cr_expect_eq(
	    reply_format(REPLY_QUIT, &long_words, text), REPLY_BYTES - 1);
	cr_expect_str_eq(text + REPLY_BYTES - 3, "\r\n");
}

Test(smtpgate_reply, errors_are_the_5xx)
{
	cr_expect(reply_is_error(REPLY_UNKNOWN_COMMAND));
	cr_expect(reply_is_error(REPLY_NO_VALID_RECIPIENTS));
	cr_expect_not(reply_is_error(REPLY_BACKEND_FAILED));
	cr_expect_eq(reply_code(REPLY_UNKNOWN_COMMAND), 502);
	cr_expect_eq(reply_code(REPLY_NONE), 0);
	cr_expect_not(reply_is_error(REPLY_OK));
	cr_expect_not(reply_is_error(REPLY_CLOSING_ERRORS));
}
