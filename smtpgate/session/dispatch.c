/* SPDX-License-Identifier: ISC */
/*
 * A client that speaks before the greeting is refused: no mail program does
 * so, and the bytes (an HTTP request made by a web page, say) were not meant
 * for an SMTP server.
 *
 * Commands may be pipelined (RFC 2920): each is served before the next is
 * read, and the answers are sent together when no more input is there
 * (stream.h).  Only RCPT may be answered later: before any other command, and
 * before the gate waits for the client.
 */
#include "smtpgate/session/dispatch.h"

#include "smtpgate/session/auth.h"
#include "smtpgate/session/content.h"
#include "smtpgate/session/hello.h"
#include "smtpgate/session/starttls.h"
#include "smtpgate/session/transaction.h"
#include "smtpgate/syntax/utf8.h"
#include "smtpgate/wire/proxy.h"

#include <errno.h>
#include <string.h>

/* ---- verbs that need no more than a reply ------------------------------- */

static void
serve_rset(struct session *session, const char *argument)
{
	(void)argument;
	session_reset(session);
	dialogue_reply(&session->dialogue, REPLY_OK);
}

static void
serve_noop(struct session *session, const char *argument)
{
	(void)argument;
	dialogue_reply(&session->dialogue, REPLY_OK);
}

static void
serve_vrfy(struct session *session, const char *argument)
{
	(void)argument;
	dialogue_reply(&session->dialogue, REPLY_VRFY);
}

static void
serve_quit(struct session *session, const char *argument)
{
	(void)argument;
	dialogue_close(&session->dialogue, REPLY_QUIT, EVENT_END_QUIT);
}

/* ---- the table ---------------------------------------------------------- */

#define IN_ALL                                                                 \
	(DISPATCH_IN(SESSION_GREETED) | DISPATCH_IN(SESSION_READY) |           \
	    DISPATCH_IN(SESSION_MAIL) | DISPATCH_IN(SESSION_RCPT) |            \
	    DISPATCH_IN(SESSION_CHUNKS))

/*
 * DATA and BDAT check the state and TLS themselves: a message may follow
 * although the command is refused.
 * Source: RFC 5321, 4.1.1 and 4.1.4; RFC 3030, 2.
 */
static const struct dispatch_row rows[COMMAND_VERBS] = {
    [COMMAND_AUTH] = {.serve = auth_serve,
	.argument = DISPATCH_ARGUMENT_SOME,
	.states = IN_ALL,
	.needs_tls = true},
    [COMMAND_BDAT] = {.serve = content_bdat, .states = IN_ALL},
    [COMMAND_DATA] = {.serve = content_data,
	.argument = DISPATCH_ARGUMENT_NONE,
	.states = IN_ALL},
    [COMMAND_EHLO] = {.serve = hello_ehlo, .states = IN_ALL},
    [COMMAND_HELO] = {.serve = hello_helo, .states = IN_ALL},
    [COMMAND_MAIL] = {.serve = transaction_mail,
	.states = DISPATCH_IN(SESSION_READY),
	.early = REPLY_HELO_FIRST,
	.nested = REPLY_NESTED_MAIL,
	.needs_tls = true},
    [COMMAND_NOOP] = {.serve = serve_noop, .states = IN_ALL},
    [COMMAND_QUIT] = {.serve = serve_quit,
	.argument = DISPATCH_ARGUMENT_NONE,
	.states = IN_ALL},
    [COMMAND_RCPT] = {.serve = transaction_rcpt,
	.states = DISPATCH_IN(SESSION_MAIL) | DISPATCH_IN(SESSION_RCPT),
	.early = REPLY_MAIL_FIRST,
	.nested = REPLY_NESTED_DATA,
	.needs_tls = true},
    [COMMAND_RSET] = {.serve = serve_rset,
	.argument = DISPATCH_ARGUMENT_NONE,
	.states = IN_ALL,
	.needs_tls = true},
    [COMMAND_STARTTLS] = {.serve = starttls_serve,
	.argument = DISPATCH_ARGUMENT_NONE,
	.states = DISPATCH_IN(SESSION_GREETED) | DISPATCH_IN(SESSION_READY),
	.nested = REPLY_NESTED_MAIL},
    [COMMAND_VRFY] = {.serve = serve_vrfy,
	.argument = DISPATCH_ARGUMENT_SOME,
	.states = IN_ALL,
	.needs_tls = true},
};

const struct dispatch_row *
dispatch_row(enum command_verb verb)
{
	return &rows[verb];
}

/* Returns the reply that refuses the command, or REPLY_NONE. */
static enum reply
refusal(const struct session *session, const struct dispatch_row *row,
    const char *argument)
{
	unsigned here = DISPATCH_IN(session->state);
	enum reply reply;

	if (row->serve == NULL)
		return REPLY_UNKNOWN_COMMAND;
	if (row->argument == DISPATCH_ARGUMENT_NONE && argument[0] != '\0')
		return REPLY_NO_ARGUMENT_WANTED;
	if (row->argument == DISPATCH_ARGUMENT_SOME && argument[0] == '\0')
		return REPLY_ARGUMENT_WANTED;
	if (row->needs_tls && session_needs_tls(session))
		return REPLY_TLS_FIRST;
	if ((row->states & here) != 0)
		return REPLY_NONE;
	/* States are in order: a higher bit is a later state. */
	reply = row->states > here ? row->early : row->nested;
	return reply != REPLY_NONE ? reply : REPLY_UNKNOWN_COMMAND;
}

void
dispatch_serve(struct session *session, const struct dispatch_row *row,
    const char *argument)
{
	enum reply reply = refusal(session, row, argument);

	if (reply != REPLY_NONE)
		dialogue_reply(&session->dialogue, reply);
	else
		row->serve(session, argument);
}

/* ---- lines -------------------------------------------------------------- */

/* A client that begins with wrong commands is hardly a mail program. */
#define ERROR_BEFORE_EHLO 5 /* counts as so many errors */

static enum reply
reply_for_flaws(unsigned flaws)
{
	if ((flaws & LINE_BARE_LF) != 0)
		return REPLY_BARE_LF;
	if ((flaws & LINE_TOO_LONG) != 0)
		return REPLY_LINE_TOO_LONG;
	if ((flaws & (LINE_NUL | LINE_CONTROL | LINE_BARE_CR)) != 0)
		return REPLY_LINE_HAS_CONTROL;
	return REPLY_LINE_IS_8BIT;
}

/* In a client's name; in an address when SMTPUTF8 was offered (RFC 6531, 3.4).
 */
static bool
may_be_8bit(const struct session *session, const struct line *line,
    enum command_verb verb)
{
	bool is_address = verb == COMMAND_MAIL || verb == COMMAND_RCPT;
	bool is_name = verb == COMMAND_EHLO || verb == COMMAND_HELO;

	return line->flaws == LINE_8BIT &&
	       (is_name || (is_address && session->is_esmtp &&
			       session->offered.has_smtputf8)) &&
	       utf8_is_valid(line->text);
}

/* Returns the reply that refuses the line, or REPLY_NONE. */
static enum reply
flaw_of(const struct session *session, const struct line *line,
    enum command_verb verb)
{
	if (line->flaws != 0 && !may_be_8bit(session, line, verb))
		return reply_for_flaws(line->flaws);
	if (line->n_bytes > command_max_bytes(verb))
		return REPLY_LINE_TOO_LONG;
	return REPLY_NONE;
}

static void
serve_line(struct session *session, struct line *line)
{
	struct dialogue *dialogue = &session->dialogue;
	uint32_t n_errors = dialogue->n_errors;
	struct command command;
	enum reply flaw;

	/* Lines with flaws too: a malformed BDAT is still followed by a
	 * chunk. */
	command_parse(line->text, &command);
	flaw = flaw_of(session, line, command.verb);
	if (flaw == REPLY_NONE && command.verb == COMMAND_RCPT)
		dispatch_serve(session, &rows[COMMAND_RCPT], command.argument);
	else if (!transaction_await(session))
		;
	else if (flaw == REPLY_NONE)
		dispatch_serve(session, &rows[command.verb], command.argument);
	else if (command.verb == COMMAND_BDAT)
		content_lost_chunk(session, flaw);
	else
		dialogue_reply(dialogue, flaw);
	if (session->helo[0] == '\0' && command.verb != COMMAND_EHLO &&
	    command.verb != COMMAND_HELO && dialogue->n_errors > n_errors)
		dialogue->n_errors += ERROR_BEFORE_EHLO - 1;
	/* It may contain a password. */
	if (command.verb == COMMAND_AUTH)
		explicit_bzero(line->text, line->len);
}

static void
step(struct session *session)
{
	const struct conf_smtpgate *conf = &session->gate->conf.smtpgate;
	struct dialogue *dialogue = &session->dialogue;
	bool is_last = session->totals.commands >= conf->max_commands;

	if ((is_last || !stream_has_line(&dialogue->client)) &&
	    !transaction_await(session))
		return;
	if (dialogue->n_errors >= conf->max_errors) {
		dialogue_close(
		    dialogue, REPLY_CLOSING_ERRORS, EVENT_END_ERRORS);
	} else if (is_last) {
		dialogue_close(
		    dialogue, REPLY_CLOSING_COMMANDS, EVENT_END_COMMANDS);
	} else if (dialogue_read_line(dialogue, &dialogue->line)) {
		session->totals.commands++;
		serve_line(session, &dialogue->line);
	}
}

/* ---- the session -------------------------------------------------------- */

/* In plain text, unless the client expects a TLS handshake. */
static void
turn_away(struct session *session, enum reply reply, enum event_end end)
{
	if (session->gate->service->tls == CONF_TLS_IMPLICIT)
		dialogue_end(&session->dialogue, end);
	else
		dialogue_close(&session->dialogue, reply, end);
}

/*
 * Learn from a load balancer who the client is.  A listed balancer that sends
 * no header is not served: it would have the balancer's rights.
 */
static void
meet(struct session *session, struct gate *gate)
{
	struct dialogue *dialogue = &session->dialogue;
	bool is_balancer = gate_is_balancer(gate);
	int error = gate->client.is_gone ? -EPIPE : 0;

	if (is_balancer)
		error = proxy_receive(&dialogue->client,
		    dialogue_deadline(dialogue), &gate->client);
	event_connect(gate);
	if (error == -EPIPE || error == -ECONNRESET)
		dialogue_end(dialogue, EVENT_END_EOF);
	else if (error != 0)
		turn_away(session, REPLY_CLOSING_PROXY, EVENT_END_PROXY);
	else if (is_balancer && gate->admits != NULL &&
		 !gate->admits(gate->admits_arg))
		turn_away(session, REPLY_CLOSING_TOO_MANY,
		    EVENT_END_TOO_MANY_OF_CLIENT);
	dialogue->client.patience.crowd = gate->crowd;
}

/* With implicit TLS (RFC 8314) the client speaks first. */
static void
greet(struct session *session)
{
	struct dialogue *dialogue = &session->dialogue;

	if (session->gate->service->tls == CONF_TLS_IMPLICIT)
		starttls_begin(session);
	else if (dialogue->client.is_socket &&
		 stream_try_fill(&dialogue->client))
		dialogue_close(dialogue, REPLY_CLOSING_EARLY_TALKER,
		    EVENT_END_EARLY_TALKER);
	if (!dialogue->is_over)
		dialogue_reply(dialogue, REPLY_GREETING);
}

int
session_run(struct session *session, struct gate *gate, int fd_in, int fd_out)
{
	int error = session_begin(session, gate, fd_in, fd_out);

	if (error != 0) {
		event_socket(gate, error);
		return error;
	}
	meet(session, gate);
	if (!session->dialogue.is_over)
		greet(session);
	while (!session->dialogue.is_over)
		step(session);
	session_finish(session);
	return 0;
}
