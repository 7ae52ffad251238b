/* SPDX-License-Identifier: ISC */
/* dialogue: replies, lines, and the end. */
#include "smtpgate/session/dialogue.h"

#include "tests/unit/session_fixture.h"

TestSuite(smtpgate_dialogue, .init = session_set_up, .fini = session_tear_down);

static struct dialogue *const dialogue = &session.dialogue;
static struct line line;

Test(smtpgate_dialogue, a_reply_has_the_name_of_the_host)
{
	dialogue_reply(dialogue, REPLY_GREETING);
	cr_expect_str_eq(client_got(), "220 " HOST " ESMTP\r\n");
	cr_expect_not(dialogue->is_over);
}

Test(smtpgate_dialogue, no_reply_sends_nothing)
{
	dialogue_reply(dialogue, REPLY_NONE);
	cr_expect_str_eq(client_got(), "");
	cr_expect_eq(dialogue->n_errors, 0);
}

Test(smtpgate_dialogue, the_gates_own_5xx_are_counted_as_errors)
{
	dialogue_reply(dialogue, REPLY_UNKNOWN_COMMAND);
	dialogue_reply(dialogue, REPLY_BACKEND_FAILED);
	dialogue_reply(dialogue, REPLY_OK);
	cr_expect_eq(dialogue->n_errors, 1);
	cr_expect_eq(dialogue->n_errors_total, 1);
}

Test(smtpgate_dialogue, a_reply_of_the_backend_is_passed_on_and_not_counted)
{
	struct response response = {.code = 550};

	strcpy(response.text, "5.1.1 no\n5.1.1 such user\n");
	dialogue_pass_on(dialogue, &response);
	cr_expect_str_eq(
	    client_got(), "550-5.1.1 no\r\n550 5.1.1 such user\r\n");
	cr_expect_eq(dialogue->n_errors, 0);
}

Test(smtpgate_dialogue, to_close_is_a_reply_and_the_end)
{
	dialogue_close(dialogue, REPLY_QUIT, EVENT_END_QUIT);
	expect_got("221 ");
	expect_over(EVENT_END_QUIT);
}

Test(smtpgate_dialogue, the_last_reason_counts)
{
	dialogue_end(dialogue, EVENT_END_EOF);
	dialogue_end(dialogue, EVENT_END_BACKEND);
	expect_over(EVENT_END_BACKEND);
}

Test(smtpgate_dialogue, a_client_that_cannot_be_written_to_ends_it)
{
	static const char bytes[STREAM_OUT_BYTES];

	shutdown(client_fd, SHUT_RDWR);
	dialogue_send(dialogue, bytes, sizeof(bytes));
	dialogue_send(dialogue, bytes, sizeof(bytes));
	expect_over(EVENT_END_EOF);
}

Test(smtpgate_dialogue, a_line_is_read)
{
	client_says("NOOP\r\n");
	cr_assert(dialogue_read_line(dialogue, &line));
	cr_expect_str_eq(line.text, "NOOP");
	cr_expect_not(dialogue->is_over);
}

Test(smtpgate_dialogue, the_end_of_input_ends_it_without_a_reply)
{
	shutdown(client_fd, SHUT_WR);
	cr_expect_not(dialogue_read_line(dialogue, &line));
	expect_over(EVENT_END_EOF);
	cr_expect_str_eq(client_got(), "");
}

Test(smtpgate_dialogue, a_silent_client_is_sent_421)
{
	gate.conf.smtpgate.command_timeout_s = 0;
	cr_expect_not(dialogue_read_line(dialogue, &line));
	expect_over(EVENT_END_TIMEOUT);
	expect_got("421 4.4.2 " HOST " Timeout");
}

Test(smtpgate_dialogue, a_session_that_takes_too_long_is_sent_421)
{
	dialogue->deadline_ms = 0;
	cr_expect_not(dialogue_read_line(dialogue, &line));
	expect_over(EVENT_END_SESSION_TIME);
	expect_got("421 4.4.2 " HOST " Session time");
}

Test(smtpgate_dialogue, a_line_that_ends_in_lf_alone_is_sent_500_and_421)
{
	gate.conf.smtpgate.command_timeout_s = 0;
	client_says("NOOP\n");
	cr_assert(stream_try_fill(&dialogue->client));
	cr_expect_not(dialogue_read_line(dialogue, &line));
	expect_over(EVENT_END_BARE_LF);
	expect_got("500 5.5.2 A line must end with CR LF, not with LF alone\r\n"
		   "421 4.7.0 ");
}

Test(smtpgate_dialogue, a_server_that_stops_sends_421_between_commands)
{
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	close(fds[1]); /* readable */
	dialogue->client.stop_fd = fds[0];
	cr_expect_not(dialogue_read_line(dialogue, &line));
	expect_over(EVENT_END_STOP);
	expect_got("421 4.3.2 ");
	close(fds[0]);
}

Test(smtpgate_dialogue, it_does_not_begin_on_a_closed_descriptor)
{
	static struct dialogue other;

	cr_expect_eq(dialogue_begin(&other, &gate, -1, -1), -EBADF);
}
