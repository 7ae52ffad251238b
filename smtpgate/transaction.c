/* SPDX-License-Identifier: ISC */
/*
 * transaction - MAIL, RCPT, DATA: one message of a session.
 *
 * The right is asked for at MAIL, and with it the identity that the backend
 * is told is fixed.  Each RCPT asks again, and can only lose the right.  Once
 * a RCPT was accepted nothing is asked any more: DATA goes through.
 *
 * A backend that fails before a message was begun costs the client that
 * command (451); one that fails inside a transaction costs the session (421),
 * for there is no honest answer to the RCPTs that were accepted.
 */
#include "smtpgate/transaction.h"

#include "smtpgate/command.h"
#include "smtpgate/message.h"
#include "smtpgate/policy.h"
#include "smtpgate/starttls.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* "MAIL FROM:" path " SIZE=" digits " BODY=8BITMIME" */
#define MAIL_BYTES (PATH_TEXT_BYTES + COMMAND_SIZE_BYTES + 40)

static enum reply
reply_for(enum command_error error, enum reply bad_syntax)
{
	switch (error) {
	case COMMAND_UNKNOWN_PARAMETER:
		return REPLY_UNKNOWN_PARAMETER;
	case COMMAND_BAD_PARAMETER:
		return REPLY_BAD_PARAMETER;
	case COMMAND_BAD_SYNTAX:
	case COMMAND_OK:
		break;
	}
	return bad_syntax;
}

void
transaction_reset(struct session *session)
{
	struct hop *hop = &session->hop;

	if (session->state != SESSION_MAIL && session->state != SESSION_RCPT)
		return;
	session->state = SESSION_READY;
	if (hop_command(hop, session->gate, "RSET", "rset", 2) ==
		BACKEND_DONE &&
	    !response_is(&hop->backend.response, 2))
		backend_drop(&hop->backend);
}

/* ---- MAIL --------------------------------------------------------------- */

/* What this backend understands of what the client gave. */
static bool
format_mail(const struct command_mail *mail, const struct ehlo *ehlo,
    char line[MAIL_BYTES])
{
	char path[PATH_TEXT_BYTES];
	const char *body = "";

	if (mail->body == COMMAND_BODY_8BITMIME) {
		if (!ehlo->has_8bitmime)
			return false;
		body = " BODY=8BITMIME";
	} else if (mail->body == COMMAND_BODY_7BIT && ehlo->has_8bitmime) {
		body = " BODY=7BIT";
	}
	snprintf(line, MAIL_BYTES, "MAIL FROM:%s%s%s%s",
	    path_format(&mail->sender, path),
	    mail->size[0] != '\0' && ehlo->has_size ? " SIZE=" : "",
	    ehlo->has_size ? mail->size : "", body);
	return true;
}

/* One try: as whom it is, then MAIL. */
static enum backend_result
mail_once(struct session *session, const struct command_mail *mail,
    const struct identity *identity, bool *is_8bit_refused_out)
{
	struct hop *hop = &session->hop;
	char line[MAIL_BYTES];
	enum backend_result result = hop_identify(hop, session->gate, identity);

	if (result != BACKEND_DONE)
		return result;
	*is_8bit_refused_out = !format_mail(mail, &hop->backend.ehlo, line);
	if (*is_8bit_refused_out)
		return BACKEND_DONE;
	return hop_command(hop, session->gate, line, "mail", 2);
}

static void
answer_mail(struct session *session, enum backend_result result)
{
	const struct response *response = &session->hop.backend.response;

	switch (result) {
	case BACKEND_DONE:
		if (response_is(response, 2))
			session->state = SESSION_MAIL;
		session_pass_on(session, response);
		break;
	case BACKEND_REFUSED:
		session_pass_on(session, response);
		break;
	case BACKEND_NO_XCLIENT:
	case BACKEND_XCLIENT_FAILED:
		session_reply(session, REPLY_BACKEND_MISCONFIGURED);
		break;
	case BACKEND_UNREACHABLE:
	case BACKEND_TIMEOUT:
	case BACKEND_LOST:
	case BACKEND_GARBAGE:
	case BACKEND_REFUSED_GATE:
		session_reply(session, REPLY_BACKEND_FAILED);
		break;
	}
}

/* Once a session: the reason is the same at every recipient. */
static void
tell_table(struct session *session)
{
	if (session->right.kind != RIGHT_UNKNOWN || session->is_table_told)
		return;
	session->is_table_told = true;
	event_table(session->gate, session->right.error);
}

void
transaction_mail(struct session *session, const char *argument)
{
	struct command_mail mail;
	struct identity identity;
	enum command_error error = command_parse_mail(
	    argument, session->is_esmtp ? &session->offered : NULL, &mail);
	enum backend_result result;
	bool was_open, is_8bit_refused = false;

	if (error != COMMAND_OK) {
		session_reply(session, reply_for(error, REPLY_BAD_MAIL));
		return;
	}
	right_ask(session->gate, &session->right);
	tell_table(session);
	session->sender = mail.sender;
	session->n_recipients = session->n_refused = 0;
	identity_set(&identity, &session->gate->client, session->helo,
	    session->is_esmtp, starttls_is_done(session), &session->right);

	was_open = session->hop.backend.state != BACKEND_CLOSED;
	result = mail_once(session, &mail, &identity, &is_8bit_refused);
	/* It may have grown tired of waiting just now: nothing was begun. */
	if (result == BACKEND_LOST && was_open)
		result = mail_once(session, &mail, &identity, &is_8bit_refused);
	if (is_8bit_refused)
		session_reply(session, REPLY_NO_8BIT);
	else
		answer_mail(session, result);
}

/* ---- RCPT --------------------------------------------------------------- */

/* Returns the code of the answer. */
static unsigned
deny_rcpt(struct session *session, const struct policy_verdict *verdict)
{
	if (verdict->result == POLICY_DENY_FOR_NOW) {
		session_reply(session, REPLY_RELAYING_DENIED_FOR_NOW);
		return 451;
	}
	session_reply(session,
	    !session->gate->client.is_known     ? REPLY_RELAYING_DENIED_UNKNOWN
	    : verdict->reason == POLICY_SERVICE ? REPLY_RIGHT_REQUIRED
						: REPLY_RELAYING_DENIED);
	return 550;
}

/* Returns the code of the answer. */
static unsigned
permit_rcpt(struct session *session, const struct path *recipient)
{
	struct hop *hop = &session->hop;
	const struct response *response = &hop->backend.response;
	char path[PATH_TEXT_BYTES], line[PATH_TEXT_BYTES + sizeof("RCPT TO:")];

	if (session->n_recipients >=
	    session->gate->conf.smtpgate.max_recipients) {
		session_reply(session, REPLY_TOO_MANY_RECIPIENTS);
		return 452;
	}
	snprintf(
	    line, sizeof(line), "RCPT TO:%s", path_format(recipient, path));
	if (hop_command(hop, session->gate, line, "rcpt", 2) != BACKEND_DONE) {
		session_close(
		    session, REPLY_CLOSING_BACKEND, EVENT_END_BACKEND);
		return 421;
	}
	if (response_is(response, 2)) {
		session->n_recipients++;
		session->state = SESSION_RCPT;
	}
	session_pass_on(session, response);
	return response->code;
}

void
transaction_rcpt(struct session *session, const char *argument)
{
	const struct gate *gate = session->gate;
	struct path recipient;
	enum command_error error = command_parse_rcpt(argument, &recipient);
	struct event_rcpt event = {
	    .right = &session->right,
	    .sender = &session->sender,
	    .recipient = &recipient,
	};

	if (error != COMMAND_OK) {
		session->n_refused++;
		session_reply(session, reply_for(error, REPLY_BAD_RCPT));
		return;
	}
	right_recheck(gate, &session->right);
	tell_table(session);
	event.verdict = policy_decide(&recipient, gate->service->requires_right,
	    &gate->conf.smtpgate.local_domains, &session->right);
	if (event.verdict.result == POLICY_PERMIT) {
		session->totals.permits++;
		event.code = permit_rcpt(session, &recipient);
	} else {
		session->totals.denies++;
		event.code = deny_rcpt(session, &event.verdict);
	}
	if (event.code / 100 != 2)
		session->n_refused++;
	event_rcpt(&gate->client, &event);
}

/* ---- DATA --------------------------------------------------------------- */

/*
 * Refuse DATA, with the backend's words or else with one of ours.
 * Bytes that stand behind it before it was answered come from a client that
 * sent the message without leave: its lines would be commands.
 */
static void
refuse_data(
    struct session *session, const struct response *response, enum reply reply)
{
	bool is_pipelined = stream_try_fill(&session->client);

	if (response != NULL)
		session_pass_on(session, response);
	else
		session_reply(session, reply);
	if (is_pipelined)
		session_close(session, REPLY_CLOSING_PIPELINED_DATA,
		    EVENT_END_PIPELINED_DATA);
}

static void
answer_message(struct session *session, enum message_result result)
{
	const struct response *response = &session->hop.backend.response;

	switch (result) {
	case MESSAGE_ANSWERED:
		session_pass_on(session, response);
		break;
	case MESSAGE_HAS_NUL:
		session_reply(session, REPLY_NUL_IN_MESSAGE);
		break;
	case MESSAGE_BACKEND_FAILED:
		session_reply(session, REPLY_BACKEND_FAILED);
		break;
	case MESSAGE_CLIENT_TIMEOUT:
		session_close(
		    session, REPLY_CLOSING_TIMEOUT, EVENT_END_TIMEOUT);
		break;
	case MESSAGE_CLIENT_LOST:
		session->state = SESSION_OVER;
		session->end = EVENT_END_EOF_IN_MESSAGE;
		break;
	}
}

static enum event_message_result
outcome_of(enum message_result result, const struct response *response)
{
	switch (result) {
	case MESSAGE_ANSWERED:
		return response_is(response, 2) ? EVENT_MESSAGE_ACCEPTED
						: EVENT_MESSAGE_REFUSED;
	case MESSAGE_HAS_NUL:
		return EVENT_MESSAGE_REFUSED;
	case MESSAGE_BACKEND_FAILED:
		return EVENT_MESSAGE_FAILED;
	case MESSAGE_CLIENT_TIMEOUT:
	case MESSAGE_CLIENT_LOST:
		break;
	}
	return EVENT_MESSAGE_ABANDONED;
}

static void
carry_message(struct session *session)
{
	const struct gate *gate = session->gate;
	struct hop *hop = &session->hop;
	char header[IDENTITY_RECEIVED_BYTES];
	struct message message = {
	    .client = &session->client,
	    .backend = &hop->backend,
	    .limits = hop_limits(gate),
	    .data_timeout_s = gate->conf.smtpgate.data_timeout_s,
	    .deadline_ms = session->deadline_ms,
	    .header = header,
	};
	struct event_message event = {
	    .right = &session->right,
	    .sender = &session->sender,
	    .n_recipients = session->n_recipients,
	};
	enum message_result result;

	if (hop_is_untold(hop, gate))
		message.header_len = identity_received(
		    &hop->bound, gate->hostname, time(NULL), header);
	result = message_carry(&message);
	session->state = SESSION_READY;

	event.result = outcome_of(result, &hop->backend.response);
	event.size = message.size;
	if (result == MESSAGE_ANSWERED)
		event.response = &hop->backend.response;
	if (message.backend_result != BACKEND_DONE)
		event_backend(&gate->client, &hop->backend, "message",
		    message.backend_result);
	event_message(&gate->client, &event);
	if (event.result == EVENT_MESSAGE_ACCEPTED) {
		session->n_errors = 0;
		session->totals.messages++;
		session->totals.bytes += message.size;
	}
	answer_message(session, result);
}

void
transaction_data(struct session *session, const char *argument)
{
	struct hop *hop = &session->hop;
	const struct response *response = &hop->backend.response;

	(void)argument;
	if (session->state != SESSION_RCPT) {
		refuse_data(session, NULL,
		    session->state != SESSION_MAIL ? REPLY_MAIL_FIRST
		    : session->n_refused > 0       ? REPLY_NO_VALID_RECIPIENTS
						   : REPLY_RCPT_FIRST);
		return;
	}
	if (hop_command(hop, session->gate, "DATA", "data", 354) !=
	    BACKEND_DONE) {
		session_close(
		    session, REPLY_CLOSING_BACKEND, EVENT_END_BACKEND);
		return;
	}
	if (response->code != 354) {
		/* The reply of RSET would take the place of this one. */
		struct response refusal = *response;

		transaction_reset(session);
		refuse_data(session, &refusal, REPLY_BACKEND_FAILED);
		return;
	}
	session_reply(session, REPLY_START_DATA);
	carry_message(session);
}
