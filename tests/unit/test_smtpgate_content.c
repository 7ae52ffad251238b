/* SPDX-License-Identifier: ISC */
/* content: DATA and BDAT. */
#include "smtpgate/session/content.h"

#include "tests/unit/session_fixture.h"

/* The session, after EHLO to a backend with CHUNKING. */
static void
set_up(void)
{
	session_set_up();
	strcpy(session.helo, "client.example");
	session.is_esmtp = true;
	session.offered.has_chunking = true;
	session_enter(&session, SESSION_READY);
}

TestSuite(smtpgate_content, .init = set_up, .fini = session_tear_down);

#define READY GREETS, OFFERS("250-CHUNKING\r\n")
#define TEXT "Subject: x\r\n\r\nhello\r\n"

/* As after one RCPT that the backend accepted. */
static void
begin(const struct peer_step *script)
{
	struct identity identity;

	identity_set(&identity, &gate.client, "client.example", true, false,
	    &session.transaction.right);
	peer_start_one(script);
	cr_assert_eq(
	    hop_identify(&session.hop, &gate, &identity), BACKEND_DONE);
	session.transaction.chunks = (struct data){.state = DATA_MIDDLE};
	session.transaction.n_recipients = 1;
	session.hop.may_be_in_transaction = true;
	session_enter(&session, SESSION_RCPT);
}

static void
end(void)
{
	hop_end(&session.hop);
	peer_finish();
}

/* ---- DATA --------------------------------------------------------------- */

#define TAKES_DATA                                                             \
	{                                                                      \
		.hear = "DATA", .say = "354 Go\r\n"                            \
	}

/* Else the message would begin with Received:. */
static void
identify_client(void)
{
	gate.conf.smtpgate.backend_identity = CONF_IDENTITY_PROXY;
}

Test(smtpgate_content, a_message_is_carried_and_the_backends_answer_passed_on)
{
	static const struct peer_step script[] = {READY, TAKES_DATA,
	    {.hear = "Subject: x"}, {.hear = ""}, {.hear = "hello"},
	    {.hear = ".", .say = "250 2.0.0 Queued\r\n"}, QUITS};

	begin(script);
	identify_client();
	session.dialogue.n_errors = 3;
	client_says(TEXT ".\r\n");
	content_data(&session, "");
	cr_expect_str_eq(client_got(),
	    "354 End the message with <CR><LF>.<CR><LF>\r\n"
	    "250 2.0.0 Queued\r\n");
	cr_expect_eq(session.state, SESSION_READY);
	cr_expect_eq(session.totals.messages, 1);
	cr_expect_eq(session.dialogue.n_errors, 0);
	cr_expect_not(session.hop.may_be_in_transaction);
	end();
}

Test(smtpgate_content, a_refused_message_is_not_counted)
{
	static const struct peer_step script[] = {READY, TAKES_DATA,
	    {.hear = "Subject: x"}, {.hear = ""}, {.hear = "hello"},
	    {.hear = ".", .say = "554 5.7.1 Spam\r\n"}, QUITS};

	begin(script);
	identify_client();
	session.dialogue.n_errors = 3;
	client_says(TEXT ".\r\n");
	content_data(&session, "");
	cr_expect(strstr(client_got(), "554 5.7.1 Spam\r\n") != NULL);
	cr_expect_eq(session.state, SESSION_READY);
	cr_expect_eq(session.totals.messages, 0);
	cr_expect_eq(session.dialogue.n_errors, 3);
	cr_expect(session.hop.may_be_in_transaction);
	end();
}

Test(smtpgate_content, data_is_refused_before_a_recipient_is_accepted)
{
	content_data(&session, "");
	expect_got("503 5.5.1 Send MAIL first\r\n");
	session_enter(&session, SESSION_MAIL);
	content_data(&session, "");
	expect_got("503 5.5.1 Send RCPT first\r\n");
	session.transaction.n_refused = 1;
	content_data(&session, "");
	expect_got("554 5.5.1 No valid recipients\r\n");
	session_enter(&session, SESSION_CHUNKS);
	content_data(&session, "");
	expect_got("503 5.5.1 The message has begun with BDAT");
	cr_expect_not(session.dialogue.is_over);
	session_enter(&session, SESSION_READY);
}

Test(smtpgate_content, a_message_after_a_refused_data_is_not_read_as_commands)
{
	client_says(TEXT ".\r\n");
	content_data(&session, "");
	expect_got("503 5.5.1 Send MAIL first\r\n"
		   "421 4.7.0 " HOST " DATA pipelined before 354");
	expect_over(EVENT_END_PIPELINED_DATA);
}

Test(smtpgate_content, data_that_the_backend_refuses_ends_the_transaction)
{
	static const struct peer_step script[] = {
	    READY, {.hear = "DATA", .say = "451 4.3.0 not now\r\n"}, QUITS};

	begin(script);
	content_data(&session, "");
	cr_expect_str_eq(client_got(), "451 4.3.0 not now\r\n");
	cr_expect_eq(session.state, SESSION_READY);
	end();
}

Test(smtpgate_content, a_backend_that_is_lost_at_data_costs_the_session)
{
	static const struct peer_step script[] = {
	    READY, {.hear = "DATA", .closes = true}, {0}};

	begin(script);
	content_data(&session, "");
	expect_got("421 4.3.0 ");
	expect_over(EVENT_END_BACKEND);
	peer_finish();
}

Test(smtpgate_content, a_backend_that_is_lost_in_the_message_costs_only_that)
{
	static const struct peer_step script[] = {
	    READY, TAKES_DATA, {.hear = "Subject: x", .closes = true}, {0}};

	begin(script);
	identify_client();
	client_says(TEXT ".\r\n");
	content_data(&session, "");
	cr_expect(strstr(client_got(), "\r\n451 4.3.0 ") != NULL);
	cr_expect_not(session.dialogue.is_over);
	cr_expect_eq(session.state, SESSION_READY);
	peer_finish();
}

Test(smtpgate_content, a_client_that_vanishes_in_its_message_is_over)
{
	static const struct peer_step script[] = {
	    READY, TAKES_DATA, {.hear = "Subject: x"}, {.hear = ""}, {0}};

	begin(script);
	identify_client();
	client_says("Subject: x\r\n\r\n");
	shutdown(client_fd, SHUT_WR);
	content_data(&session, "");
	expect_over(EVENT_END_EOF_IN_MESSAGE);
	peer_finish();
}

Test(smtpgate_content, a_client_that_stalls_in_its_message_is_sent_421)
{
	static const struct peer_step script[] = {
	    READY, TAKES_DATA, {.hear = "Subject: x"}, {.hear = ""}, {0}};

	begin(script);
	identify_client();
	gate.conf.smtpgate.data_timeout_s = 0;
	client_says("Subject: x\r\n\r\n");
	content_data(&session, "");
	cr_expect(strstr(client_got(), "\r\n421 4.4.2 ") != NULL);
	expect_over(EVENT_END_TIMEOUT);
	peer_finish();
}

/* ---- BDAT --------------------------------------------------------------- */

Test(smtpgate_content, chunks_are_carried_and_the_last_one_ends_the_message)
{
	static const struct peer_step script[] = {READY, {.hear = "BDAT 3"},
	    {.skip = 3, .say = "250 2.0.0 Ok\r\n"}, {.hear = "BDAT 2 LAST"},
	    {.skip = 2, .say = "250 2.0.0 Queued\r\n"}, QUITS};

	begin(script);
	identify_client();
	client_says("abcd\n");
	content_bdat(&session, "3");
	cr_expect_str_eq(client_got(), "250 2.0.0 Ok\r\n");
	cr_expect_eq(session.state, SESSION_CHUNKS);
	content_bdat(&session, "2 last");
	cr_expect_str_eq(client_got(), "250 2.0.0 Queued\r\n");
	cr_expect_eq(session.state, SESSION_READY);
	cr_expect_eq(session.totals.messages, 1);
	end();
}

Test(smtpgate_content, a_chunk_that_comes_too_early_is_read_past)
{
	session_enter(&session, SESSION_MAIL);
	client_says("QUIT\r\nNOOP\r\n");
	content_bdat(&session, "6 LAST");
	expect_got("503 5.5.1 Send RCPT first\r\n");
	cr_assert(
	    dialogue_read_line(&session.dialogue, &session.dialogue.line));
	cr_expect_str_eq(session.dialogue.line.text, "NOOP");
}

Test(smtpgate_content, a_chunk_that_comes_too_early_ends_the_transaction)
{
	session_enter(&session, SESSION_MAIL);
	client_says("abc");
	content_bdat(&session, "3 LAST");
	cr_expect_eq(session.state, SESSION_READY);
	session_enter(&session, SESSION_GREETED);
	client_says("abc");
	content_bdat(&session, "3 LAST");
	cr_expect_eq(session.state, SESSION_GREETED);
}

Test(smtpgate_content, a_size_that_cannot_be_read_ends_the_session)
{
	static const char *const sizes[] = {
	    "", "-1", "1x", "9223372036854775808", "5 FIRST"};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		content_bdat(&session, sizes[i]);
		expect_got("501 5.5.4 The syntax is BDAT size [LAST]\r\n"
			   "421 4.7.0 " HOST " Chunk size invalid");
		expect_over(EVENT_END_CHUNK);
	}
}

Test(smtpgate_content, bdat_that_was_not_offered_ends_the_session)
{
	session.offered.has_chunking = false;
	content_bdat(&session, "5 LAST");
	expect_got("502 5.5.1 ");
	expect_over(EVENT_END_CHUNK);
}

Test(smtpgate_content, a_chunk_that_the_backend_refuses_ends_the_transaction)
{
	static const struct peer_step script[] = {READY, {.hear = "BDAT 3"},
	    {.skip = 3, .say = "452 4.3.1 Full\r\n"}, QUITS};

	begin(script);
	identify_client();
	client_says("abc");
	content_bdat(&session, "3");
	cr_expect_str_eq(client_got(), "452 4.3.1 Full\r\n");
	cr_expect_eq(session.state, SESSION_READY);
	end();
}

Test(smtpgate_content, chunks_above_the_size_limit_end_the_transaction)
{
	static const struct peer_step script[] = {READY, QUITS};

	begin(script);
	session.offered.has_size = true;
	strcpy(session.offered.size_max, "2");
	client_says("abc");
	content_bdat(&session, "3");
	expect_got("552 5.3.4 ");
	cr_expect_eq(session.state, SESSION_READY);
	end();
}

Test(smtpgate_content, a_chunk_to_a_backend_without_chunking_is_refused)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""), QUITS};

	begin(script);
	client_says("abc");
	content_bdat(&session, "3");
	expect_got("554 5.5.1 BDAT is not possible");
	cr_expect_eq(session.state, SESSION_READY);
	end();
}

Test(smtpgate_content, a_chunk_in_a_line_with_a_flaw_ends_the_session)
{
	content_lost_chunk(&session, REPLY_LINE_TOO_LONG);
	expect_got("500 5.5.2 The line is too long\r\n421 4.7.0 ");
	expect_over(EVENT_END_CHUNK);
}
