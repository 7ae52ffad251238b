/* SPDX-License-Identifier: ISC */
/*
 *   AUTH mechanism [initial] --> exchange --+--> 235, logged in
 *                                 ^    |    +--> 535, 454, 421
 *                       response  |    | 334 challenge
 *                                 +----+------> 501, 500: "*", no base64
 *
 * A wrong password counts as an error (max_errors), and max_auth_tries wrong
 * passwords end the session.  smtpgate-auth counts those of all sessions.
 *
 * While Dovecot does not run, EHLO still offers PLAIN and LOGIN, and AUTH is
 * answered 454.  Otherwise a mail program would conclude that the server has
 * no AUTH at all.
 */
#include "smtpgate/session/auth.h"

#include "smtpgate/password/auth_pam.h"
#include "smtpgate/password/sasl.h"
#include "smtpgate/syntax/command.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PAM_MECHANISMS "PLAIN LOGIN"

/* "Username:" and "Password:", as servers send it.  The draft has "User Name"
 * and "Password". */
#define ASK_USER "VXNlcm5hbWU6"
#define ASK_PASSWORD "UGFzc3dvcmQ6"

/* RFC 4422, 3.1. */
#define MECHANISM_BYTES 21

/* One AUTH command. */
struct exchange {
	struct session *session;
	const char *mechanism;
	const char *initial; /* base64, or NULL */
	struct line line;    /* the client's latest, or a challenge */
	struct auth_answer answer;
};

/* ---- what is offered ---------------------------------------------------- */

/* Whether the client may send a password now. */
static bool
is_safe(const struct session *session)
{
	const struct conf_cidrs *plain =
	    &session->gate->conf.smtpgate.auth_plain_networks;
	const struct client *client = &session->gate->client;

	return session_has_tls(session) ||
	       (client->is_known &&
		   cidr_list_contains(plain->items, plain->n, &client->addr));
}

const char *
auth_mechanisms(struct session *session)
{
	struct auth_answer answer;

	if (!session_serves_auth(session) || !is_safe(session) ||
	    session->login[0] != '\0')
		return NULL;
	switch (session->gate->conf.smtpgate.auth.kind) {
	case CONF_AUTH_NONE:
		return NULL;
	case CONF_AUTH_PAM:
		return PAM_MECHANISMS;
	case CONF_AUTH_DOVECOT:
		break;
	}
	if (auth_dovecot_open(&session->dovecot, session->gate, &answer) !=
	    AUTH_OK)
		return PAM_MECHANISMS;
	return session->dovecot.mechanisms[0] != '\0'
		   ? session->dovecot.mechanisms
		   : NULL;
}

/* Copy the name as it is in the list.  Returns whether it is there. */
static bool
find_mechanism(const char *list, const char *name, size_t len,
    char mechanism_out[MECHANISM_BYTES])
{
	const char *p = list;
	size_t n;

	while (p != NULL && *p != '\0') {
		n = strcspn(p, " ");
		if (n == len && n < MECHANISM_BYTES &&
		    strncasecmp(p, name, n) == 0) {
			memcpy(mechanism_out, p, n);
			mechanism_out[n] = '\0';
			return true;
		}
		p += n + (p[n] == ' ');
	}
	return false;
}

/* ---- one exchange ------------------------------------------------------- */

static enum auth_result
give_up(struct exchange *exchange, enum auth_result result)
{
	return exchange->answer.result = result;
}

/* Send a challenge (which may be in exchange->line), and read the response
 * into exchange->line.  Returns AUTH_OK, or why there is no response. */
static enum auth_result
challenge(struct exchange *exchange, const char *text)
{
	struct dialogue *dialogue = &exchange->session->dialogue;
	struct line *line = &exchange->line;
	char prompt[LINE_TEXT_MAX_BYTES + sizeof("334 \r\n")];
	int len = snprintf(prompt, sizeof(prompt), "334 %s\r\n", text);

	dialogue_send(dialogue, prompt, (size_t)len);
	if (dialogue->is_over || !dialogue_read_line(dialogue, line))
		return give_up(exchange, AUTH_LOST);
	if (line->n_bytes > COMMAND_SASL_LINE_BYTES)
		return give_up(exchange, AUTH_TOO_LONG);
	if (line->flaws != 0)
		return give_up(exchange, AUTH_MALFORMED);
	if (strcmp(line->text, "*") == 0)
		return give_up(exchange, AUTH_CANCELLED);
	return AUTH_OK;
}

/* Decode the initial response, or else the response to a challenge. */
static enum auth_result
response(struct exchange *exchange, const char *prompt,
    char message[SASL_MESSAGE_MAX_BYTES], size_t *len_out)
{
	const char *text = exchange->initial;

	exchange->initial = NULL;
	if (text == NULL) {
		if (challenge(exchange, prompt) != AUTH_OK)
			return exchange->answer.result;
		text = exchange->line.text;
	}
	if (sasl_decode(text, message, len_out) != 0)
		return give_up(exchange, AUTH_MALFORMED);
	return AUTH_OK;
}

static enum auth_result
judge(struct exchange *exchange, enum sasl_result result)
{
	switch (result) {
	case SASL_OK:
		return AUTH_OK;
	case SASL_MALFORMED:
		return give_up(exchange, AUTH_MALFORMED);
	case SASL_REFUSED:
		break;
	}
	return give_up(exchange, AUTH_DENIED);
}

static enum auth_result
take_plain(struct exchange *exchange, struct request *request)
{
	char message[SASL_MESSAGE_MAX_BYTES];
	size_t len;
	enum auth_result result = response(exchange, "", message, &len);

	if (result != AUTH_OK)
		return result;
	result = judge(exchange, sasl_read_plain(message, len, request));
	explicit_bzero(message, len);
	return result;
}

static enum auth_result
take_login(struct exchange *exchange, struct request *request)
{
	char message[SASL_MESSAGE_MAX_BYTES];
	enum sasl_result read;
	size_t len;
	enum auth_result result = response(exchange, ASK_USER, message, &len);

	if (result != AUTH_OK)
		return result;
	/* An impossible name is denied only after the password, as others. */
	read = sasl_read_login(message, len, false, request);
	if (read == SASL_MALFORMED)
		return judge(exchange, read);
	result = response(exchange, ASK_PASSWORD, message, &len);
	if (result != AUTH_OK)
		return result;
	if (read == SASL_OK)
		read = sasl_read_login(message, len, true, request);
	explicit_bzero(message, len);
	return judge(exchange, read);
}

static void
exchange_pam(struct exchange *exchange)
{
	const struct session *session = exchange->session;
	struct request request = {0};
	enum auth_result result = strcmp(exchange->mechanism, "PLAIN") == 0
				      ? take_plain(exchange, &request)
				      : take_login(exchange, &request);

	if (result == AUTH_OK)
		auth_pam_ask(session->gate, session_has_tls(session), &request,
		    &exchange->answer);
	if (exchange->answer.result != AUTH_OK)
		snprintf(exchange->answer.user, sizeof(exchange->answer.user),
		    "%s", request.user);
	explicit_bzero(request.password, sizeof(request.password));
}

/* Whether text is base64, and therefore one word of Dovecot's protocol. */
static bool
is_base64(const char *text)
{
	char message[SASL_MESSAGE_MAX_BYTES];
	size_t len;
	bool is_it = sasl_decode(text, message, &len) == 0;

	if (is_it)
		explicit_bzero(message, len);
	return is_it;
}

static void
exchange_dovecot(struct exchange *exchange)
{
	struct session *session = exchange->session;
	struct auth_dovecot *dovecot = &session->dovecot;
	const struct auth_start start = {
	    .mechanism = exchange->mechanism,
	    .initial = exchange->initial,
	    .is_tls = session_has_tls(session),
	};
	enum auth_result result = AUTH_UNAVAILABLE;

	if (exchange->initial != NULL && !is_base64(exchange->initial)) {
		give_up(exchange, AUTH_MALFORMED);
		return;
	}
	if (auth_dovecot_open(dovecot, session->gate, &exchange->answer) ==
	    AUTH_OK)
		result = auth_dovecot_begin(dovecot, session->gate, &start,
		    &exchange->line, &exchange->answer);
	while (result == AUTH_CHALLENGE) {
		result = challenge(exchange, exchange->line.text);
		if (result == AUTH_OK && !is_base64(exchange->line.text))
			result = give_up(exchange, AUTH_MALFORMED);
		if (result == AUTH_OK)
			result = auth_dovecot_go_on(dovecot, session->gate,
			    exchange->line.text, &exchange->line,
			    &exchange->answer);
		else
			/* Dovecot still waits for a response. */
			auth_dovecot_close(dovecot);
	}
}

/* ---- the verb ----------------------------------------------------------- */

static void
log_in(struct session *session, const char *user)
{
	snprintf(session->login, sizeof(session->login), "%s", user);
	auth_dovecot_close(&session->dovecot);
	session->dialogue.client.patience.crowd = NULL;
	dialogue_reply(&session->dialogue, REPLY_AUTH_OK);
}

static void
deny(struct session *session)
{
	session->n_wrong_passwords++;
	dialogue_reply(&session->dialogue, REPLY_AUTH_DENIED);
	if (session->n_wrong_passwords >=
	    session->gate->conf.smtpgate.max_auth_tries)
		dialogue_close(
		    &session->dialogue, REPLY_CLOSING_AUTH, EVENT_END_AUTH);
}

static void
answer(struct session *session, const struct auth_answer *auth)
{
	switch (auth->result) {
	case AUTH_OK:
		log_in(session, auth->user);
		break;
	case AUTH_DENIED:
		deny(session);
		break;
	case AUTH_TOO_MANY:
		dialogue_close(
		    &session->dialogue, REPLY_CLOSING_AUTH, EVENT_END_AUTH);
		break;
	case AUTH_MALFORMED:
		dialogue_reply(&session->dialogue, REPLY_AUTH_MALFORMED);
		break;
	case AUTH_TOO_LONG:
		dialogue_reply(&session->dialogue, REPLY_AUTH_TOO_LONG);
		break;
	case AUTH_CANCELLED:
		dialogue_reply(&session->dialogue, REPLY_AUTH_CANCELLED);
		break;
	case AUTH_UNAVAILABLE:
	case AUTH_CHALLENGE:
		dialogue_reply(&session->dialogue, REPLY_AUTH_UNAVAILABLE);
		break;
	case AUTH_LOST:
		break;
	}
}

static void
run(struct session *session, const char *mechanism, const char *initial)
{
	struct exchange exchange = {
	    .session = session,
	    .mechanism = mechanism,
	    .initial = initial,
	};

	line_init(&exchange.line);
	if (session->gate->conf.smtpgate.auth.kind == CONF_AUTH_PAM)
		exchange_pam(&exchange);
	else
		exchange_dovecot(&exchange);
	explicit_bzero(exchange.line.text, sizeof(exchange.line.text));
	event_auth(session->gate, mechanism, session_has_tls(session),
	    &exchange.answer);
	answer(session, &exchange.answer);
}

/* Returns the reply that refuses AUTH in this session, or REPLY_NONE. */
static enum reply
why_not_now(const struct session *session)
{
	if (!session_serves_auth(session))
		return REPLY_UNKNOWN_COMMAND;
	if (session->login[0] != '\0')
		return REPLY_AUTH_TWICE;
	if (session->state == SESSION_GREETED || !session->is_esmtp)
		return REPLY_AUTH_NEEDS_EHLO;
	if (session->state != SESSION_READY)
		return REPLY_NESTED_MAIL;
	return is_safe(session) ? REPLY_NONE : REPLY_AUTH_NEEDS_TLS;
}

void
auth_serve(struct session *session, const char *argument)
{
	size_t len = strcspn(argument, " ");
	const char *initial = argument[len] != '\0' ? argument + len + 1 : NULL;
	char mechanism[MECHANISM_BYTES];
	enum reply refusal = why_not_now(session);

	if (refusal == REPLY_NONE &&
	    !find_mechanism(auth_mechanisms(session), argument, len, mechanism))
		refusal = REPLY_AUTH_NO_MECHANISM;
	else if (refusal == REPLY_NONE && initial != NULL && initial[0] == '\0')
		refusal = REPLY_AUTH_MALFORMED;
	if (refusal != REPLY_NONE)
		dialogue_reply(&session->dialogue, refusal);
	else if (initial != NULL && strcmp(initial, "=") == 0)
		run(session, mechanism, ""); /* RFC 4954, 4 */
	else
		run(session, mechanism, initial);
}
