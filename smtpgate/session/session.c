/* SPDX-License-Identifier: ISC */
/*
 * session - one client's SMTP session from greeting to end.
 *
 *   220 --> GREETED --EHLO,HELO--> READY --MAIL--> MAIL --RCPT--> RCPT --DATA
 *                                   ^ ^             | |            | ^     |
 *                                   | +-RSET,EHLO---+-+------------+ +RCPT |
 *                                   +-----------------the message----------+
 *
 * content.c has the other way to send a message: RCPT --BDAT--> CHUNKS.
 *
 *   any state --QUIT, end of input, a limit--> OVER
 *
 * An arrow into MAIL and RCPT, and back from DATA, is the backend's own 2xx.
 *
 * Who speaks before the greeting is sent away: no mail program does, and what
 * it sent (HTTP made by a web page, say) was not meant for an SMTP server.
 *
 * Commands may be pipelined (RFC 2920): each is served before the next is
 * looked at, and the answers leave together when no more input is there
 * (stream.h).  RCPT alone may be answered later: when the next line is none,
 * or is not there yet.
 *
 * Errors are counted since the last accepted message: commands that are
 * wrong, and relaying that is denied.  What the backend refuses is not, for a
 * message may have many recipients that no longer exist, and the backend
 * keeps its own count.
 */
#include "smtpgate/session/session.h"

#include "common/clock.h"
#include "smtpgate/session/auth.h"
#include "smtpgate/session/content.h"
#include "smtpgate/session/starttls.h"
#include "smtpgate/session/transaction.h"
#include "smtpgate/syntax/command.h"
#include "smtpgate/syntax/utf8.h"
#include "smtpgate/wire/proxy.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* ---- answers ------------------------------------------------------------ */

int64_t
session_command_deadline(const struct session *session)
{
	int64_t deadline_ms =
	    clock_mono_ms() +
	    (int64_t)session->gate->conf.smtpgate.command_timeout_s * 1000;

	return deadline_ms < session->deadline_ms ? deadline_ms
						  : session->deadline_ms;
}

void
session_send(struct session *session, const char *bytes, size_t n)
{
	if (stream_put(&session->client, bytes, n,
		session_command_deadline(session)) == STREAM_DONE)
		return;
	session->state = SESSION_OVER;
	session->end = EVENT_END_EOF;
}

void
session_reply(struct session *session, enum reply reply)
{
	const struct reply_words words = {
	    .host = session->gate->hostname,
	    .client = session->gate->client.text,
	    .window = session->window,
	};
	char text[REPLY_BYTES];

	if (reply_is_error(reply)) {
		session->n_errors++;
		session->totals.errors++;
	}
	session_send(session, text, reply_format(reply, &words, text));
}

void
session_pass_on(struct session *session, const struct response *response)
{
	char wire[RESPONSE_WIRE_BYTES];
	const char *next = response->text;

	while (*next != '\0' && session->state != SESSION_OVER)
		session_send(
		    session, wire, response_format(response, &next, wire));
}

void
session_close(struct session *session, enum reply reply, enum event_end end)
{
	session_reply(session, reply);
	session->state = SESSION_OVER;
	session->end = end;
}

enum backend_result
session_backend(struct session *session, enum backend_result result)
{
	const struct hop *hop = &session->hop;

	if (result != BACKEND_DONE)
		event_backend(
		    &session->gate->client, &hop->backend, hop->stage, result);
	return result;
}

/* ---- commands outside of a transaction ---------------------------------- */

static void
greet_back(struct session *session)
{
	const struct ehlo_own own = {
	    .has_starttls = starttls_is_offered(session),
	    .mechanisms = auth_mechanisms(session),
	};
	const struct response *response = &session->hop.backend.response;
	char wire[EHLO_OFFER_BYTES];
	struct identity identity;
	enum backend_result result;
	struct right hint;

	/* Only where it matters which backend is asked what it offers. */
	memset(&hint, 0, sizeof(hint));
	if (session->gate->conf.smtpgate.backend_relay.is_set)
		right_ask(session->gate, session->login, &hint);
	identity_set(&identity, &session->gate->client, session->helo,
	    session->is_esmtp, starttls_is_done(session), &hint);
	result = session_backend(
	    session, hop_greet(&session->hop, session->gate, &identity));
	if (result == BACKEND_REFUSED) {
		session_pass_on(session, response);
		session->state = SESSION_OVER;
		session->end = EVENT_END_BACKEND;
		return;
	}
	if (result != BACKEND_DONE) {
		session_close(
		    session, REPLY_CLOSING_BACKEND, EVENT_END_BACKEND);
		return;
	}
	session->offered = session->hop.backend.ehlo_first;
	session->offered.has_auth = auth_is_served(session);
	session->state = SESSION_READY;
	session_send(session, wire,
	    ehlo_offer(&session->offered, &own, session->gate->hostname, wire));
}

/* Returns whether the name is one. */
static bool
take_hello(struct session *session, const char *name, bool is_esmtp)
{
	if (!path_is_helo_name(name)) {
		session_reply(session, REPLY_BAD_HELO);
		return false;
	}
	transaction_reset(session);
	snprintf(session->helo, sizeof(session->helo), "%s", name);
	session->is_esmtp = is_esmtp;
	return true;
}

static void
serve_ehlo(struct session *session, const char *argument)
{
	if (take_hello(session, argument, true))
		greet_back(session);
}

static void
serve_helo(struct session *session, const char *argument)
{
	if (!take_hello(session, argument, false))
		return;
	session->state = SESSION_READY;
	session_reply(session, REPLY_HELO);
}

static void
serve_rset(struct session *session, const char *argument)
{
	(void)argument;
	transaction_reset(session);
	session_reply(session, REPLY_OK);
}

static void
serve_noop(struct session *session, const char *argument)
{
	(void)argument;
	session_reply(session, REPLY_OK);
}

static void
serve_vrfy(struct session *session, const char *argument)
{
	(void)argument;
	session_reply(session, REPLY_VRFY);
}

static void
serve_quit(struct session *session, const char *argument)
{
	(void)argument;
	session_close(session, REPLY_QUIT, EVENT_END_QUIT);
}

static void
serve_unknown(struct session *session, const char *argument)
{
	(void)argument;
	session_reply(session, REPLY_UNKNOWN_COMMAND);
}

/* ---- which command may stand where -------------------------------------- */

enum argument {
	ARGUMENT_ANY = 0, /* or none; the command looks for itself */
	ARGUMENT_NONE,
	ARGUMENT_SOME,
};

#define IN(state) (1U << (state))
#define IN_ALL                                                                 \
	(IN(SESSION_GREETED) | IN(SESSION_READY) | IN(SESSION_MAIL) |          \
	    IN(SESSION_RCPT) | IN(SESSION_CHUNKS))

/* RFC 5321, 4.1.1 and 4.1.4; RFC 3030, 2. */
static const struct {
	void (*serve)(struct session *session, const char *argument);
	enum argument argument;
	unsigned states;   /* of IN(): where it may stand */
	enum reply early;  /* what it is told before these */
	enum reply nested; /* and behind */
	/* where the service does (RFC 3207, 4); DATA and BDAT see to it
	 * themselves, since they have to look at what follows a refusal */
	bool needs_tls;
} rules[COMMAND_VERBS] = {
    [COMMAND_UNKNOWN] = {serve_unknown, ARGUMENT_ANY, IN_ALL, 0, 0, false},
    [COMMAND_AUTH] = {auth_serve, ARGUMENT_SOME, IN_ALL, 0, 0, true},
    [COMMAND_BDAT] = {content_bdat, ARGUMENT_ANY, IN_ALL, 0, 0, false},
    [COMMAND_DATA] = {content_data, ARGUMENT_NONE, IN_ALL, 0, 0, false},
    [COMMAND_EHLO] = {serve_ehlo, ARGUMENT_ANY, IN_ALL, 0, 0, false},
    [COMMAND_HELO] = {serve_helo, ARGUMENT_ANY, IN_ALL, 0, 0, false},
    [COMMAND_MAIL] = {transaction_mail, ARGUMENT_ANY, IN(SESSION_READY),
	REPLY_HELO_FIRST, REPLY_NESTED_MAIL, true},
    [COMMAND_NOOP] = {serve_noop, ARGUMENT_ANY, IN_ALL, 0, 0, false},
    [COMMAND_QUIT] = {serve_quit, ARGUMENT_NONE, IN_ALL, 0, 0, false},
    [COMMAND_RCPT] = {transaction_rcpt, ARGUMENT_ANY,
	IN(SESSION_MAIL) | IN(SESSION_RCPT), REPLY_MAIL_FIRST,
	REPLY_NESTED_DATA, true},
    [COMMAND_RSET] = {serve_rset, ARGUMENT_NONE, IN_ALL, 0, 0, true},
    [COMMAND_STARTTLS] = {starttls_serve, ARGUMENT_NONE,
	IN(SESSION_GREETED) | IN(SESSION_READY), 0, REPLY_NESTED_MAIL, false},
    [COMMAND_VRFY] = {serve_vrfy, ARGUMENT_SOME, IN_ALL, 0, 0, true},
};

static bool
argument_is_wrong(struct session *session, const struct command *command)
{
	bool has_one = command->argument[0] != '\0';

	switch (rules[command->verb].argument) {
	case ARGUMENT_ANY:
		break;
	case ARGUMENT_NONE:
		if (has_one)
			session_reply(session, REPLY_NO_ARGUMENT_WANTED);
		return has_one;
	case ARGUMENT_SOME:
		if (!has_one)
			session_reply(session, REPLY_ARGUMENT_WANTED);
		return !has_one;
	}
	return false;
}

static bool
is_misplaced(struct session *session, enum command_verb verb)
{
	unsigned here = IN(session->state);

	if ((rules[verb].states & here) != 0)
		return false;
	/* States are in order: a bit above this one is a state to come. */
	session_reply(session,
	    rules[verb].states > here ? rules[verb].early : rules[verb].nested);
	return true;
}

static bool
tls_is_missing(struct session *session, enum command_verb verb)
{
	if (!rules[verb].needs_tls || !starttls_is_due(session))
		return false;
	session_reply(session, REPLY_TLS_FIRST);
	return true;
}

static void
serve(struct session *session, const struct command *command)
{
	if (!argument_is_wrong(session, command) &&
	    !tls_is_missing(session, command->verb) &&
	    !is_misplaced(session, command->verb))
		rules[command->verb].serve(session, command->argument);
}

/* ---- lines -------------------------------------------------------------- */

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

/* Where addresses stand, and SMTPUTF8 was offered: RFC 6531, 3.4. */
static bool
may_be_8bit(const struct session *session, const struct line *line,
    enum command_verb verb)
{
	return line->flaws == LINE_8BIT && session->is_esmtp &&
	       session->offered.has_smtputf8 &&
	       (verb == COMMAND_MAIL || verb == COMMAND_RCPT) &&
	       utf8_is_valid(line->text);
}

/* Why the line cannot be served; else REPLY_OK. */
static enum reply
what_is_wrong(const struct session *session, const struct line *line,
    enum command_verb verb)
{
	if (line->flaws != 0 && !may_be_8bit(session, line, verb))
		return reply_for_flaws(line->flaws);
	if (line->n_bytes > command_max_bytes(verb))
		return REPLY_LINE_TOO_LONG;
	return REPLY_OK;
}

static void
serve_line(struct session *session, struct line *line)
{
	struct command command;
	enum reply flaw;

	/* Of a line with flaws it finds out whether a chunk follows. */
	command_parse(line->text, &command);
	flaw = what_is_wrong(session, line, command.verb);
	if (flaw == REPLY_OK && command.verb == COMMAND_RCPT)
		serve(session, &command);
	else if (!transaction_await(session))
		;
	else if (flaw == REPLY_OK)
		serve(session, &command);
	else if (command.verb == COMMAND_BDAT)
		content_lost_chunk(session, flaw);
	else
		session_reply(session, flaw);
	/* It may have had a password in it. */
	if (command.verb == COMMAND_AUTH)
		explicit_bzero(line->text, line->len);
}

void
session_no_line(struct session *session, const struct line *line, int result)
{
	if (result == STREAM_WATCHED) {
		session_close(session, REPLY_CLOSING_STOP, EVENT_END_STOP);
	} else if (result != -ETIMEDOUT) {
		session->state = SESSION_OVER;
		session->end = EVENT_END_EOF;
	} else if ((line->flaws & LINE_BARE_LF) != 0) {
		session_reply(session, REPLY_BARE_LF);
		session_close(
		    session, REPLY_CLOSING_BARE_LF, EVENT_END_BARE_LF);
	} else if (clock_mono_ms() >= session->deadline_ms) {
		session_close(session, REPLY_CLOSING_SESSION_TIME,
		    EVENT_END_SESSION_TIME);
	} else {
		session_close(
		    session, REPLY_CLOSING_TIMEOUT, EVENT_END_TIMEOUT);
	}
}

static void
step(struct session *session)
{
	const struct conf_smtpgate *conf = &session->gate->conf.smtpgate;
	int result;

	/* Before it waits for the client, or tells him to go. */
	if ((session->totals.commands >= conf->max_commands ||
		!stream_has_line(&session->client)) &&
	    !transaction_await(session))
		return;
	if (session->n_errors >= conf->max_errors) {
		session_close(session, REPLY_CLOSING_ERRORS, EVENT_END_ERRORS);
		return;
	}
	if (session->totals.commands >= conf->max_commands) {
		session_close(
		    session, REPLY_CLOSING_COMMANDS, EVENT_END_COMMANDS);
		return;
	}
	result = stream_read_line(&session->client, &session->line,
	    session_command_deadline(session));
	if (result != STREAM_DONE) {
		session_no_line(session, &session->line, result);
		return;
	}
	session->totals.commands++;
	serve_line(session, &session->line);
}

/* With implicit TLS (RFC 8314) it is the client who speaks first. */
static void
greet(struct session *session)
{
	if (session->gate->service->tls == CONF_TLS_IMPLICIT)
		starttls_begin(session);
	else if (session->client.is_socket && stream_try_fill(&session->client))
		session_close(session, REPLY_CLOSING_EARLY_TALKER,
		    EVENT_END_EARLY_TALKER);
	if (session->state != SESSION_OVER)
		session_reply(session, REPLY_GREETING);
}

/*
 * Behind a balancer, find out who the client is.  A listed one without a
 * header is not served as itself: it would be somebody's way around the rule.
 */
static void
meet(struct session *session, struct client *client)
{
	const struct conf_cidrs *from =
	    &session->gate->conf.smtpgate.proxy_from;
	int error = 0;

	if (client->is_known &&
	    cidr_list_contains(from->items, from->n, &client->addr))
		error = proxy_receive(&session->client,
		    session_command_deadline(session), client);
	event_connect(client);
	if (error == -EPIPE) {
		session->state = SESSION_OVER;
		session->end = EVENT_END_EOF;
	} else if (error != 0) {
		session_close(session, REPLY_CLOSING_PROXY, EVENT_END_PROXY);
	}
}

void
session_run(struct session *session, struct gate *gate, int fd_in, int fd_out)
{
	int on = 1;

	memset(session, 0, offsetof(struct session, line));
	hop_begin(&session->hop);
	session->gate = gate;
	session->totals.begin_ms = clock_mono_ms();
	session->deadline_ms =
	    session->totals.begin_ms +
	    (int64_t)gate->conf.smtpgate.session_timeout_s * 1000;
	duration_format(gate->conf.table.window_s, session->window);
	if (stream_init(&session->client, fd_in, fd_out) != 0)
		return;
	session->client.stop_fd = gate->stop_fd;
	/* Fails on what is no TCP socket, where nothing is delayed. */
	(void)setsockopt(fd_out, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

	meet(session, &gate->client);
	if (session->state != SESSION_OVER)
		greet(session);
	while (session->state != SESSION_OVER)
		step(session);
	/* Who does not take his last answers is gone. */
	(void)stream_flush(&session->client, session_command_deadline(session));
	auth_end(session);
	hop_end(&session->hop);
	stream_stop_tls(&session->client);
	event_disconnect(&gate->client, session->end, &session->totals);
}
