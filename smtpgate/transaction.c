/* SPDX-License-Identifier: ISC */
/*
 * transaction - MAIL and RCPT: the envelope of a message.
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

#include "smtpgate/auth.h"
#include "smtpgate/envelope.h"
#include "smtpgate/policy.h"
#include "smtpgate/sender.h"
#include "smtpgate/starttls.h"

static enum reply
reply_for(enum envelope_error error, enum reply bad_syntax)
{
	switch (error) {
	case ENVELOPE_UNKNOWN_PARAMETER:
		return REPLY_UNKNOWN_PARAMETER;
	case ENVELOPE_BAD_PARAMETER:
		return REPLY_BAD_PARAMETER;
	case ENVELOPE_NOT_ASCII:
		return REPLY_NOT_ASCII;
	case ENVELOPE_BAD_SYNTAX:
	case ENVELOPE_OK:
		break;
	}
	return bad_syntax;
}

void
transaction_reset(struct session *session)
{
	if (session->state < SESSION_MAIL || session->state == SESSION_OVER)
		return;
	session->state = SESSION_READY;
	hop_reset(&session->hop, session->gate);
}

/* ---- MAIL --------------------------------------------------------------- */

/* What the client asked for and this backend cannot do; else REPLY_OK. */
static enum reply
what_is_lacking(const struct envelope_mail *mail, const struct ehlo *ehlo)
{
	if (mail->body == ENVELOPE_BODY_8BITMIME && !ehlo->has_8bitmime)
		return REPLY_NO_8BIT;
	if (mail->is_smtputf8 && !ehlo->has_smtputf8)
		return REPLY_NO_SMTPUTF8;
	return REPLY_OK;
}

/* One try: as whom it is, then MAIL, unless something is lacking. */
static enum backend_result
mail_once(struct session *session, const struct envelope_mail *mail,
    const struct identity *identity, enum reply *lacking_out)
{
	struct hop *hop = &session->hop;
	char line[ENVELOPE_MAIL_BYTES];
	enum backend_result result = hop_identify(hop, session->gate, identity);

	if (result != BACKEND_DONE)
		return result;
	*lacking_out = what_is_lacking(mail, &hop->backend.ehlo);
	if (*lacking_out != REPLY_OK)
		return BACKEND_DONE;
	envelope_format_mail(mail, &hop->backend.ehlo, line);
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
	case BACKEND_UNTELLABLE:
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
	struct envelope_mail mail;
	struct identity identity;
	enum envelope_error error = envelope_parse_mail(
	    argument, session->is_esmtp ? &session->offered : NULL, &mail);
	enum backend_result result;
	enum reply lacking = REPLY_OK;
	bool was_open;

	if (error != ENVELOPE_OK) {
		session_reply(session, reply_for(error, REPLY_BAD_MAIL));
		return;
	}
	if (envelope_is_too_large(&mail, &session->offered)) {
		session_reply(session, REPLY_TOO_LARGE);
		return;
	}
	right_ask(session->gate, session->login, &session->right);
	sender_bind(session->gate, &mail.sender, &session->right);
	tell_table(session);
	session->right_at_mail = session->right;
	session->sender = mail.sender;
	session->is_smtputf8 = mail.is_smtputf8;
	session->chunks = (struct data){.state = DATA_MIDDLE};
	session->n_recipients = session->n_refused = 0;
	identity_set(&identity, &session->gate->client, session->helo,
	    session->is_esmtp, starttls_is_done(session), &session->right);

	was_open = session->hop.backend.state != BACKEND_CLOSED;
	result = mail_once(session, &mail, &identity, &lacking);
	/* It may have grown tired of waiting just now: nothing was begun. */
	if (result == BACKEND_LOST && was_open)
		result = mail_once(session, &mail, &identity, &lacking);
	if (lacking != REPLY_OK)
		session_reply(session, lacking);
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
	    : verdict->reason == POLICY_SENDER  ? REPLY_SENDER_NOT_YOURS
	    : verdict->reason == POLICY_SERVICE ? REPLY_RIGHT_REQUIRED
	    : auth_is_served(session)           ? REPLY_RELAYING_DENIED_LOGIN
						: REPLY_RELAYING_DENIED);
	return 550;
}

/* Why no more recipients are taken; else REPLY_OK. */
static enum reply
why_no_more(const struct session *session)
{
	if (session->n_recipients >=
	    session->gate->conf.smtpgate.max_recipients)
		return REPLY_TOO_MANY_RECIPIENTS;
	if (session->right.is_for_one && session->n_recipients > 0)
		return REPLY_ONE_RECIPIENT;
	return REPLY_OK;
}

/* Returns the code of the answer. */
static unsigned
permit_rcpt(struct session *session, const struct envelope_rcpt *rcpt,
    enum policy_via via)
{
	struct hop *hop = &session->hop;
	const struct response *response = &hop->backend.response;
	enum reply no_more = why_no_more(session);
	char line[ENVELOPE_RCPT_BYTES];

	if (no_more != REPLY_OK) {
		session_reply(session, no_more);
		return 452;
	}
	envelope_format_rcpt(rcpt, &hop->backend.ehlo, line);
	if (hop_command(hop, session->gate, line, "rcpt", 2) != BACKEND_DONE) {
		session_close(
		    session, REPLY_CLOSING_BACKEND, EVENT_END_BACKEND);
		return 421;
	}
	/* Postfix on Debian says so, with 454, of relaying. */
	if (via == POLICY_VIA_BACKEND && response->code == 454) {
		session_reply(session, REPLY_RELAYING_DENIED);
		return 550;
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
	struct envelope_rcpt rcpt;
	enum envelope_error error = envelope_parse_rcpt(argument,
	    session->is_esmtp ? &session->offered : NULL, session->is_smtputf8,
	    &rcpt);
	struct event_rcpt event = {
	    .right = &session->right,
	    .sender = &session->sender,
	    .recipient = &rcpt.recipient,
	};

	if (error != ENVELOPE_OK) {
		session->n_refused++;
		session_reply(session, reply_for(error, REPLY_BAD_RCPT));
		return;
	}
	domains_rename(&gate->domains, rcpt.recipient.domain);
	right_recheck(gate, &session->right);
	tell_table(session);
	event.verdict = policy_decide(&rcpt.recipient,
	    gate->service->requires_right, &gate->domains, &session->right);
	if (event.verdict.result == POLICY_PERMIT) {
		session->totals.permits++;
		event.code = permit_rcpt(session, &rcpt, event.verdict.via);
	} else {
		session->totals.denies++;
		event.code = deny_rcpt(session, &event.verdict);
	}
	if (event.code / 100 != 2)
		session->n_refused++;
	event_rcpt(&gate->client, &event);
}
