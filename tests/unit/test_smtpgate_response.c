/* SPDX-License-Identifier: ISC */
/* response: replies of a backend that may be anything. */
#include "smtpgate/syntax/response.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct response response;

static enum response_progress
add_bytes(const char *bytes, size_t n)
{
	struct line line;

	line_init(&line);
	line_feed(&line, bytes, n);
	cr_assert_eq(line.state, LINE_DONE);
	return response_add(&response, &line);
}

/* All lines as they are sent; each fits its buffer. */
static const char *
wire(void)
{
	static char all[2 * RESPONSE_TEXT_BYTES];
	char one[RESPONSE_WIRE_BYTES];
	const char *next = response.text;
	size_t len, n = 0;

	while (*next != '\0') {
		len = response_format(&response, &next, one);
		cr_assert_lt(len, sizeof(one));
		cr_assert_eq(strlen(one), len);
		cr_assert_lt(n + len, sizeof(all));
		memcpy(all + n, one, len + 1);
		n += len;
	}
	return all;
}

#define ADD(literal) add_bytes((literal), sizeof(literal) - 1)

Test(smtpgate_response, one_line_is_a_reply)
{
	response_init(&response);
	cr_assert_eq(ADD("250 2.0.0 Ok\r\n"), RESPONSE_DONE);
	cr_expect_eq(response.code, 250);
	cr_expect(response_is(&response, 2));
	cr_expect_not(response_is(&response, 5));
	cr_expect_str_eq(wire(), "250 2.0.0 Ok\r\n");
}

Test(smtpgate_response, several_lines_are_one_reply)
{
	response_init(&response);
	cr_assert_eq(ADD("450-4.2.0 Grey\r\n"), RESPONSE_MORE);
	cr_assert_eq(ADD("450-\r\n"), RESPONSE_MORE);
	cr_assert_eq(ADD("450\r\n"), RESPONSE_DONE);
	cr_expect_str_eq(wire(), "450-4.2.0 Grey\r\n450-\r\n450 \r\n");
}

Test(smtpgate_response, what_is_no_reply_is_garbage)
{
	static const char *const lines[] = {"\r\n", "25\r\n", "hello\r\n",
	    " 250 ok\r\n", "250\tok\r\n", "2500 ok\r\n", "150 x\r\n",
	    "650 x\r\n", "25x x\r\n", "250_x\r\n", "HTTP/1.1 200 OK\r\n"};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		response_init(&response);
		cr_expect_eq(add_bytes(lines[i], strlen(lines[i])),
		    RESPONSE_GARBAGE, "%s", lines[i]);
	}
}

Test(smtpgate_response, a_reply_has_one_code)
{
	response_init(&response);
	ADD("250-a\r\n");
	cr_expect_eq(ADD("550 b\r\n"), RESPONSE_GARBAGE);
}

Test(smtpgate_response, an_endless_reply_is_garbage)
{
	enum response_progress progress = RESPONSE_MORE;
	int i;

	response_init(&response);
	for (i = 0; i < 100000 && progress == RESPONSE_MORE; i++)
		progress = ADD("250-more and more\r\n");
	cr_expect_eq(progress, RESPONSE_GARBAGE);
	cr_expect_eq(i, RESPONSE_LINES_MAX + 1);
}

Test(smtpgate_response, long_lines_are_cut_and_never_overflow)
{
	char line[LINE_TEXT_MAX_BYTES + 2];
	const char *last;
	size_t i;

	memset(line, 'x', sizeof(line));
	memcpy(line, "250-", 4);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	response_init(&response);
	for (i = 0; i < RESPONSE_LINES_MAX - 1; i++)
		cr_assert_eq(add_bytes(line, sizeof(line)), RESPONSE_MORE);
	cr_assert_eq(ADD("250 last\r\n"), RESPONSE_DONE);
	cr_expect(response.len < RESPONSE_TEXT_BYTES);
	last = wire();
	cr_expect(strstr(last, "xxx...\r\n250-") != NULL);
	last += strlen(last) - strlen("...\r\n250 [the rest of this reply was "
				      "cut]\r\n");
	cr_expect_str_eq(
	    last, "...\r\n250 [the rest of this reply was cut]\r\n");
}

Test(smtpgate_response, lines_that_do_not_fit_are_cut_whole_and_that_is_said)
{
	char line[487];
	const char *last;
	size_t i;

	memset(line, 'x', sizeof(line));
	memcpy(line, "550-", 4);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	response_init(&response);
	for (i = 0; i < 12; i++) {
		line[4] = (char)('a' + i);
		if (i == 11)
			line[3] = ' ';
		add_bytes(line, sizeof(line));
	}
	cr_expect_eq(response.code, 550);
	last = wire();
	for (i = 0; i < 8; i++) {
		line[3] = '-';
		line[4] = (char)('a' + i);
		cr_assert_eq(memcmp(last, line, sizeof(line)), 0, "%zu", i);
		last += sizeof(line);
	}
	cr_expect_str_eq(last, "550 [the rest of this reply was cut]\r\n");
}

Test(smtpgate_response, codes_that_no_rfc_knows_are_replies)
{
	response_init(&response);
	cr_assert_eq(ADD("571 5.7.1 Blocked\r\n"), RESPONSE_DONE);
	cr_expect_str_eq(wire(), "571 5.7.1 Blocked\r\n");
}

/* text: may have several lines. */
static enum response_refusal
refusal(unsigned code, const char *text)
{
	response_init(&response);
	response.code = code;
	response.len = (size_t)snprintf(
	    response.text, sizeof(response.text), "%s\n", text);
	return response_refusal(&response);
}

Test(smtpgate_response, a_permanent_denial_of_relaying_is_recognised)
{
	static const char *const texts[] = {
	    "5.7.1 <a@b>: Relay access denied",
	    "relay not permitted",
	    "5.7.1 <a@b>... Relaying denied",
	    "5.7.1 <a@b>... Relaying denied. IP name lookup failed [192.0.2.1]",
	    "5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
	    "5.7.1 Unable to relay for a@b",
	    "5.1.2 Relay not allowed.",
	    "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
	    "Check your mail first.\nrelay not permitted",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_eq(refusal(554, texts[i]), RESPONSE_REFUSES_RELAYING,
		    "%s", texts[i]);
	cr_expect_eq(
	    refusal(454, "4.7.1 <a@b>: Relay access denied"), RESPONSE_REFUSES);
}

Test(smtpgate_response, an_unknown_recipient_is_recognised)
{
	static const char *const texts[] = {
	    "5.1.1 <a@b>: Recipient address rejected: User unknown in local "
	    "recipient table",
	    "5.1.1 <a@b>... User unknown",
	    "Unrouteable address",
	    "Invalid recipient: <a@b>",
	    "5.1.1 The email account does not exist.\n5.1.1 Try again",
	    "5.1.10 RESOLVER.ADR.RecipientNotFound",
	    "sorry, no mailbox here by that name (#5.1.1)",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_eq(refusal(550, texts[i]), RESPONSE_REFUSES_RECIPIENT,
		    "%s", texts[i]);
	cr_expect_eq(
	    refusal(450, "4.1.1 <a@b>: User unknown"), RESPONSE_REFUSES);
}

Test(smtpgate_response, what_is_quoted_in_a_refusal_is_no_denial_of_relaying)
{
	static const char *const texts[] = {
	    "5.1.1 <a@b>: Recipient address rejected: undeliverable address: "
	    "host c.example said: 554 5.7.1 <a@b>: Relay access denied",
	    "5.1.0 <\"Relaying denied\"@b>: Sender address rejected",
	    "5.7.1 Listed at relays.example",
	    "5.2.2 <a@b>: Mailbox full; relay not permitted",
	    "5.5.2 <relay not permitted>: Helo command rejected",
	    "<no end",
	    "5.7.1",
	    "",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_neq(refusal(550, texts[i]), RESPONSE_REFUSES_RELAYING,
		    "%s", texts[i]);
	cr_expect_eq(
	    refusal(552, "5.2.2 <a@b>: Mailbox full"), RESPONSE_REFUSES);
	cr_expect_eq(refusal(554, "5.7.1 <a@b>: Recipient address rejected: "
				  "Access denied"),
	    RESPONSE_REFUSES);
}

Test(smtpgate_response, controls_and_line_ends_in_a_reply_are_cleaned)
{
	response_init(&response);
	cr_assert_eq(ADD("550 a\n550 b\r250 c\0d\x1b\xff\r\n"), RESPONSE_DONE);
	cr_expect_str_eq(wire(), "550 a?550 b?250 c?d??\r\n");
}

static const char *
queue_id(const char *text)
{
	static char id[RESPONSE_QUEUE_ID_BYTES];

	response_init(&response);
	response.len = (size_t)snprintf(
	    response.text, sizeof(response.text), "%s\n", text);
	return response_queue_id(&response, id) ? id : NULL;
}

Test(smtpgate_response, queue_ids_of_four_mtas_are_found)
{
	cr_expect_str_eq(queue_id("2.0.0 Ok: queued as 4F00A1"), "4F00A1");
	cr_expect_str_eq(queue_id("OK id=1tA-0001-XY"), "1tA-0001-XY");
	cr_expect_str_eq(
	    queue_id("2.0.0 4AMGFuxq Message accepted for delivery"),
	    "4AMGFuxq");
	cr_expect_str_eq(
	    queue_id("2.0.0 1a2b3c Message accepted for delivery"), "1a2b3c");
	cr_expect(queue_id("2.0.0 Ok") == NULL);
	cr_expect(queue_id(" Message accepted") == NULL);
	cr_expect(queue_id("queued as") == NULL);
	cr_expect(queue_id("ok queued as ;rm") == NULL);
}
