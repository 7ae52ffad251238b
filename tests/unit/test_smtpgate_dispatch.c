/* SPDX-License-Identifier: ISC */
/* dispatch: the table of verbs, and a session from its greeting to its end. */
#include "smtpgate/session/dispatch.h"

#include "tests/unit/session_fixture.h"

TestSuite(smtpgate_dispatch, .init = session_set_up, .fini = session_tear_down);

/* ---- the table ---------------------------------------------------------- */

Test(smtpgate_dispatch, each_verb_has_a_row)
{
	int verb;

	for (verb = COMMAND_UNKNOWN + 1; verb < COMMAND_VERBS; verb++)
		cr_expect(dispatch_row((enum command_verb)verb)->serve != NULL,
		    "%d", verb);
}

Test(smtpgate_dispatch, each_row_has_a_reply_for_the_states_that_it_refuses)
{
	const struct dispatch_row *row;
	const char *got;
	int verb, state;

	for (verb = 0; verb < COMMAND_VERBS; verb++)
		for (state = 0; state <= SESSION_CHUNKS; state++) {
			row = dispatch_row((enum command_verb)verb);
			if (row->serve == NULL ||
			    (row->states & DISPATCH_IN(state)) != 0)
				continue;
			session_enter(&session, (enum session_state)state);
			dispatch_serve(&session, row, "");
			got = client_got();
			cr_expect(strncmp(got, "503 ", 4) == 0,
			    "verb %d in state %d: \"%s\"", verb, state, got);
			cr_expect_not(session.dialogue.is_over);
		}
	session_enter(&session, SESSION_READY);
}

Test(smtpgate_dispatch, a_verb_without_a_row_is_not_implemented)
{
	static const struct dispatch_row none;

	dispatch_serve(&session, &none, "x");
	expect_got("502 5.5.1 Command not implemented\r\n");
	dispatch_serve(&session, dispatch_row(COMMAND_UNKNOWN), "");
	expect_got("502 5.5.1 Command not implemented\r\n");
	cr_expect_eq(session.dialogue.n_errors, 2);
}

/* ---- a new verb: a function and its row --------------------------------- */

/* TURN (RFC 821), for example: the gate does not have it. */
static void
serve_turn(struct session *turned, const char *argument)
{
	cr_expect_str_eq(argument, "around");
	dialogue_reply(&turned->dialogue, REPLY_OK);
}

static const struct dispatch_row turn = {
    .serve = serve_turn,
    .argument = DISPATCH_ARGUMENT_SOME,
    .states = DISPATCH_IN(SESSION_READY),
    .early = REPLY_HELO_FIRST,
    .nested = REPLY_NESTED_MAIL,
    .needs_tls = true,
};

Test(smtpgate_dispatch, a_new_row_is_served)
{
	session_enter(&session, SESSION_READY);
	dispatch_serve(&session, &turn, "around");
	cr_expect_str_eq(client_got(), "250 2.0.0 Ok\r\n");
}

Test(smtpgate_dispatch, a_verb_is_refused_before_and_after_its_states)
{
	dispatch_serve(&session, &turn, "around");
	expect_got("503 5.5.1 Send EHLO or HELO first\r\n");
	session_enter(&session, SESSION_MAIL);
	dispatch_serve(&session, &turn, "around");
	expect_got("503 5.5.1 A message has already begun");
	session_enter(&session, SESSION_READY);
}

Test(smtpgate_dispatch, a_row_without_replies_is_refused_all_the_same)
{
	static const struct dispatch_row silent = {
	    .serve = serve_turn, .states = DISPATCH_IN(SESSION_READY)};

	dispatch_serve(&session, &silent, "around");
	expect_got("502 5.5.1 ");
	session_enter(&session, SESSION_MAIL);
	dispatch_serve(&session, &silent, "around");
	expect_got("502 5.5.1 ");
	session_enter(&session, SESSION_READY);
}

Test(smtpgate_dispatch, an_argument_is_there_where_a_verb_takes_one)
{
	session_enter(&session, SESSION_READY);
	dispatch_serve(&session, &turn, "");
	expect_got("501 5.5.4 This command needs an argument\r\n");
	dispatch_serve(&session, dispatch_row(COMMAND_QUIT), "now");
	expect_got("501 5.5.4 This command takes no argument\r\n");
}

Test(smtpgate_dispatch, a_verb_that_needs_tls_waits_for_it_where_it_is_required)
{
	session_enter(&session, SESSION_READY);
	gate.conf.services[CONF_SERVICE_SMTP].tls = CONF_TLS_REQUIRED;
	dispatch_serve(&session, &turn, "around");
	expect_got("530 5.7.0 Send STARTTLS first\r\n");
}

/* ---- a session ---------------------------------------------------------- */

/* Serve a client on a pipe that sends all commands at once and closes. */
static const char *
answers_to(const char *commands)
{
	static char text[16384];
	static struct session piped;
	size_t len = strlen(commands);
	int in[2], out[2];
	ssize_t n;

	cr_assert_eq(pipe(in), 0);
	cr_assert_eq(pipe(out), 0);
	cr_assert_eq(write(in[1], commands, len), (ssize_t)len);
	close(in[1]);
	session_run(&piped, &gate, in[0], out[1]);
	close(out[1]);
	n = read(out[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(in[0]);
	close(out[0]);
	session.dialogue.end = piped.dialogue.end;
	session.dialogue.is_over = piped.dialogue.is_over;
	return text;
}

#define GREETING "220 " HOST " ESMTP\r\n"

Test(smtpgate_dispatch, a_client_is_greeted_and_served_until_quit)
{
	cr_expect_str_eq(
	    answers_to("HELO client.example\r\nnoop\r\nRSET\r\nVRFY joe\r\n"
		       "QUIT\r\nNOOP\r\n"),
	    GREETING "250 " HOST "\r\n250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n"
		     "252 2.0.0 Cannot verify a user; send a message to find "
		     "out\r\n221 2.0.0 " HOST " closing connection\r\n");
	expect_over(EVENT_END_QUIT);
}

Test(smtpgate_dispatch, descriptors_that_cannot_be_used_are_an_error)
{
	cr_expect_eq(session_run(&session, &gate, -1, gate_fd), -EBADF);
	cr_expect_eq(session_run(&session, &gate, gate_fd, -1), -EBADF);
	cr_assert_eq(session_begin(&session, &gate, gate_fd, gate_fd), 0);
}

Test(smtpgate_dispatch, a_client_that_closes_is_over)
{
	cr_expect_str_eq(answers_to(""), GREETING);
	expect_over(EVENT_END_EOF);
}

Test(smtpgate_dispatch, a_client_that_speaks_before_the_greeting_is_refused)
{
	client_says("EHLO client.example\r\n");
	session_run(&session, &gate, gate_fd, gate_fd);
	expect_got("421 4.7.0 " HOST " Command sent before the greeting");
	expect_over(EVENT_END_EARLY_TALKER);
}

Test(smtpgate_dispatch, a_line_with_a_flaw_is_refused_and_the_next_one_served)
{
	cr_expect_str_eq(answers_to("NO\1OP\r\nNO\xf6P\r\nNO\nOP\r\nNOOP\r\n"),
	    GREETING "500 5.5.2 The line contains a control character\r\n"
		     "500 5.5.2 The line is not ASCII\r\n"
		     "500 5.5.2 A line must end with CR LF, not with LF "
		     "alone\r\n"
		     "250 2.0.0 Ok\r\n");
}

Test(smtpgate_dispatch, a_line_that_is_too_long_for_its_verb_is_refused)
{
	char line[700];

	snprintf(line, sizeof(line), "NOOP %0600d\r\n", 0);
	cr_expect_str_eq(
	    answers_to(line), GREETING "500 5.5.2 The line is too long\r\n");
}

Test(smtpgate_dispatch, bdat_with_a_flaw_ends_the_session)
{
	const char *got = answers_to("BDAT 5\1\r\nQUIT\r\n");

	cr_expect(strstr(got, "421 4.7.0 ") != NULL, "%s", got);
	expect_over(EVENT_END_CHUNK);
}

Test(smtpgate_dispatch, too_many_errors_end_the_session)
{
	const char *got;

	gate.conf.smtpgate.max_errors = 2;
	got = answers_to("HELO c.example\r\nX\r\nNOOP\r\nX\r\nNOOP\r\n");
	cr_expect(strstr(got, "250 ") != NULL, "%s", got);
	cr_expect(strstr(got, "421 4.7.0 " HOST " Too many errors\r\n") != NULL,
	    "%s", got);
	expect_over(EVENT_END_ERRORS);
}

Test(smtpgate_dispatch, wrong_commands_before_ehlo_weigh_more)
{
	const char *got;

	gate.conf.smtpgate.max_errors = 10;
	got = answers_to("X\r\nX\r\nNOOP\r\n");
	cr_expect(strstr(got, "421 4.7.0 " HOST " Too many errors\r\n") != NULL,
	    "%s", got);
	expect_over(EVENT_END_ERRORS);
}

Test(smtpgate_dispatch, wrong_names_in_ehlo_do_not)
{
	gate.conf.smtpgate.max_errors = 10;
	(void)answers_to("EHLO\r\nHELO a\tb\r\nEHLO\r\nHELO\r\nQUIT\r\n");
	expect_over(EVENT_END_QUIT);
}

Test(smtpgate_dispatch, another_protocol_ends_the_session_at_its_first_line)
{
	static const char *const said[] = {
	    "POST / HTTP/1.1\r\nEHLO x\r\n",
	    "HELO x\r\nGET / HTTP/1.1\r\nHELO x\r\n",
	    "HELO x\r\nRSET\r\nHost: mail.example.org\r\nRSET\r\n",
	    "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03", /* no end of line */
	    "GET / HTTP/1.0\nHost: x\n\nEHLO x\r\n",
	};
	const char *got;
	size_t i;

	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		got = answers_to(said[i]);
		cr_expect(strstr(got, "421 4.7.0 " HOST " This is an SMTP "
				      "server; another protocol was "
				      "received\r\n") != NULL,
		    "%zu: %s", i, got);
		expect_over(EVENT_END_FOREIGN);
		session_tear_down();
		session_set_up();
	}
}

Test(smtpgate_dispatch, too_many_commands_end_the_session)
{
	const char *got;

	gate.conf.smtpgate.max_commands = 1;
	got = answers_to("NOOP\r\nNOOP\r\n");
	cr_expect(strstr(got, "250 2.0.0 Ok\r\n421 4.7.0 ") != NULL, "%s", got);
	expect_over(EVENT_END_COMMANDS);
}

Test(smtpgate_dispatch, a_listed_balancer_must_send_a_header)
{
	struct cidr balancer;
	const char *got;

	cr_assert_eq(cidr_parse("192.0.2.1/32", &balancer), 0);
	gate.conf.smtpgate.proxy_from.items = &balancer;
	gate.conf.smtpgate.proxy_from.n = 1;
	got = answers_to("EHLO client.example\r\n");
	cr_expect(strncmp(got, "421 4.7.0 ", 10) == 0, "%s", got);
	expect_over(EVENT_END_PROXY);
}

Test(smtpgate_dispatch, a_balancer_names_the_client)
{
	struct cidr balancer;
	const char *got;

	cr_assert_eq(cidr_parse("192.0.2.1/32", &balancer), 0);
	gate.conf.smtpgate.proxy_from.items = &balancer;
	gate.conf.smtpgate.proxy_from.n = 1;
	got = answers_to("PROXY TCP4 198.51.100.7 192.0.2.25 4711 25\r\n");
	cr_expect_str_eq(got, GREETING);
	cr_expect_str_eq(gate.client.text, "198.51.100.7");
}
