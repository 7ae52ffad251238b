/* SPDX-License-Identifier: ISC */
/*
 * MAIL asks for the client's right, which fixes the identity that the backend
 * gets.  Each RCPT asks again, and can only lose the right.  After a RCPT was
 * accepted there is no further check: DATA is passed on.
 *
 * The gate pipelines RCPTs if the client and the backend do (RFC 2920).  They
 * wait in session->waiting, in order, until that is full, or until the next
 * line is another command or has not arrived.  The reply to MAIL decides which
 * identity the backend uses, and DATA cannot be undone.  Therefore neither is
 * pipelined.
 *
 * Each reply of the backend is passed on, so that 4xx stays 4xx and 5xx stays
 * 5xx.  After its 421 the session ends, as the client expects.  If the backend
 * fails before a transaction, the client gets 451 to that command.  If the
 * backend fails inside a transaction, the session ends (421): the RCPTs that were
 * accepted can no longer be taken back.
 */
#include "smtpgate/session/transaction.h"

#include "decision/decision.h"
#include "smtpgate/session/denial.h"
#include "smtpgate/syntax/envelope.h"

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

/* ---- MAIL --------------------------------------------------------------- */

/* Returns the reply for what the backend does not support, or REPLY_NONE. */
static enum reply
unsupported(const struct envelope_mail *mail, const struct ehlo *ehlo)
{
	if (mail->body == ENVELOPE_BODY_8BITMIME && !ehlo->has_8bitmime)
		return REPLY_NO_8BIT;
	if (mail->is_smtputf8 && !ehlo->has_smtputf8)
		return REPLY_NO_SMTPUTF8;
	return REPLY_NONE;
}

/* Give the backend the identity, then MAIL, unless it lacks an extension. */
static enum backend_result
mail_once(struct session *session, const struct envelope_mail *mail,
    const struct identity *identity, enum reply *refusal_out)
{
	struct hop *hop = &session->hop;
	char line[ENVELOPE_MAIL_BYTES];
	enum backend_result result = session_backend(
	    session, hop_identify(hop, session->gate, identity));

	if (result != BACKEND_DONE)
		return result;
	*refusal_out = unsupported(mail, &hop->backend.ehlo);
	if (*refusal_out != REPLY_NONE)
		return BACKEND_DONE;
	envelope_format_mail(mail, &hop->backend.ehlo, line);
	return session_backend(session, hop_mail(hop, session->gate, line));
}

static void
log_mail(
    struct session *session, unsigned code, const struct response *response)
{
	const struct event_mail event = {
	    .right = &session->transaction.right_at_mail,
	    .sender = &session->transaction.sender,
	    .code = code,
	    .response = response,
	};

	event_mail(session->gate, &event);
}

static void
refuse_mail(struct session *session, enum reply reply)
{
	dialogue_reply(&session->dialogue, reply);
	log_mail(session, reply_code(reply), NULL);
}

static void
answer_mail(struct session *session, enum backend_result result)
{
	const struct response *response = &session->hop.backend.response;

	switch (result) {
	case BACKEND_DONE:
	case BACKEND_REFUSED:
		if (result == BACKEND_DONE && response_is(response, 2))
			session_enter(session, SESSION_MAIL);
		else
			log_mail(session, response->code, response);
		dialogue_pass_on(&session->dialogue, response);
		break;
	case BACKEND_CLOSING:
		log_mail(session, response->code, response);
		session_lose_backend(session, result);
		break;
	case BACKEND_CLIENT_UNKNOWN:
	case BACKEND_NO_XCLIENT:
	case BACKEND_XCLIENT_FAILED:
		refuse_mail(session, REPLY_BACKEND_MISCONFIGURED);
		break;
	case BACKEND_UNREACHABLE:
	case BACKEND_TIMEOUT:
	case BACKEND_LOST:
	case BACKEND_GARBAGE:
	case BACKEND_REFUSED_GATE:
		refuse_mail(session, REPLY_BACKEND_FAILED);
		break;
	}
}

static struct decision_question
question_of(const struct session *session, const struct path *sender,
    const struct path *recipient)
{
	return (struct decision_question){
	    .client = client_addr(&session->gate->client),
	    .login = session->login,
	    .requires_right = session->gate->service->requires_right,
	    .sender = sender,
	    .recipient = recipient,
	};
}

/* Log once a session that the table cannot be read. */
static void
log_table_error(struct session *session)
{
	struct transaction *transaction = &session->transaction;

	if (transaction->right.kind != RIGHT_UNKNOWN ||
	    session->is_table_logged)
		return;
	session->is_table_logged = true;
	event_table(session->gate, session->gate->conf.table.path,
	    transaction->right.error);
}

void
transaction_mail(struct session *session, const char *argument)
{
	struct transaction *transaction = &session->transaction;
	struct envelope_mail mail;
	struct decision_question question;
	struct identity identity;
	enum envelope_error error = envelope_parse_mail(
	    argument, session->is_esmtp ? &session->offered : NULL, &mail);
	enum backend_result result;
	enum reply refusal = REPLY_NONE;
	bool was_open;

	if (error != ENVELOPE_OK) {
		dialogue_reply(
		    &session->dialogue, reply_for(error, REPLY_BAD_MAIL));
		return;
	}
	question = question_of(session, &mail.sender, NULL);
	decision_mail(&session->gate->site, &question, &transaction->right);
	log_table_error(session);
	transaction->right_at_mail = transaction->right;
	transaction->sender = mail.sender;
	if (envelope_is_too_large(&mail, &session->offered)) {
		refuse_mail(session, REPLY_TOO_LARGE);
		return;
	}
	transaction->is_smtputf8 = mail.is_smtputf8;
	transaction->chunks = (struct data){.state = DATA_MIDDLE};
	transaction->n_recipients = transaction->n_refused = 0;
	identity_set(&identity, &session->gate->client, session->helo,
	    session->is_esmtp, session_has_tls(session), &transaction->right);

	was_open = session->hop.backend.state != BACKEND_CLOSED;
	result = mail_once(session, &mail, &identity, &refusal);
	/* An idle connection may have ended just now: nothing was begun. */
	if ((result == BACKEND_LOST || result == BACKEND_CLOSING) && was_open)
		result = mail_once(session, &mail, &identity, &refusal);
	if (refusal != REPLY_NONE)
		refuse_mail(session, refusal);
	else
		answer_mail(session, result);
}

/* ---- RCPT --------------------------------------------------------------- */

/* Count and log a recipient: the verdict agrees with the reply that the client
 * got.  response: the backend's, if it refused; else NULL. */
static void
conclude_rcpt(struct session *session, const struct transaction_rcpt *rcpt,
    unsigned code, const struct response *response)
{
	struct transaction *transaction = &session->transaction;
	const struct event_rcpt event = {
	    .sender = &transaction->sender,
	    .recipient = &rcpt->recipient,
	    .verdict = &rcpt->verdict,
	    .code = code,
	    .response = response,
	};

	switch (rcpt->verdict.result) {
	case POLICY_PERMIT:
		session->totals.permits++;
		break;
	case POLICY_DENY_FOR_NOW:
		session->totals.defers++;
		transaction->n_refused++;
		break;
	case POLICY_DENY:
		session->totals.denies++;
		transaction->n_refused++;
		break;
	}
	event_rcpt(session->gate, &event);
}

/* Give the gate's own reply to a recipient that is denied. */
static void
deny_rcpt(struct session *session, const struct transaction_rcpt *rcpt)
{
	unsigned code = dialogue_deny(&session->dialogue,
	    policy_answer(&rcpt->verdict), session_serves_auth(session));

	conclude_rcpt(session, rcpt, code, NULL);
}

/* The backend did not answer, and the session ends with 421. */
static void
lose_rcpt(struct session *session, struct transaction_rcpt *rcpt)
{
	rcpt->verdict.result = POLICY_DENY_FOR_NOW;
	rcpt->verdict.reason = REASON_BACKEND_FAILED;
	conclude_rcpt(session, rcpt, 421, NULL);
}

/* Returns why a recipient is refused after n others; REASON_LOCAL: it is not. */
static enum reason
why_no_more(const struct session *session, uint32_t n)
{
	if (n >= session->gate->conf.smtpgate.max_recipients)
		return REASON_MAX_RECIPIENTS;
	if (session->transaction.right.is_for_one && n > 0)
		return REASON_ONE_RECIPIENT;
	return REASON_LOCAL;
}

/* The backend has answered: pass its reply on, or give the gate's own, which
 * says what the client can do. */
static void
answer_rcpt(struct session *session, struct transaction_rcpt *rcpt)
{
	const struct response *response = &session->hop.backend.response;
	bool is_accepted = response_is(response, 2);
	struct decision_question question;

	if (denial_learn(&rcpt->verdict, response)) {
		question = question_of(
		    session, &session->transaction.sender, &rcpt->recipient);
		decision_explain(&session->gate->site, &question,
		    &session->transaction.right, &rcpt->verdict);
		deny_rcpt(session, rcpt);
		return;
	}
	if (is_accepted) {
		session->transaction.n_recipients++;
		session_enter(session, SESSION_RCPT);
	}
	dialogue_pass_on(&session->dialogue, response);
	conclude_rcpt(
	    session, rcpt, response->code, is_accepted ? NULL : response);
}

/* The backend is lost, and so are its replies to the RCPTs from first on. */
static void
lose_waiting(
    struct session *session, uint32_t first, enum backend_result result)
{
	struct transaction *transaction = &session->transaction;
	uint32_t i;

	for (i = first; i < transaction->n_waiting; i++)
		lose_rcpt(session, &session->waiting[i]);
	transaction->n_waiting = 0;
	session_lose_backend(session, result);
}

/* Read the backend's reply.  Any result but BACKEND_DONE: it is lost. */
static enum backend_result
hear_rcpt(struct session *session, struct transaction_rcpt *rcpt)
{
	enum backend_result result = session_backend(
	    session, hop_answer_rcpt(&session->hop, session->gate));

	if (result == BACKEND_DONE)
		answer_rcpt(session, rcpt);
	else
		lose_rcpt(session, rcpt);
	return result;
}

bool
transaction_await(struct session *session)
{
	struct transaction *transaction = &session->transaction;
	enum backend_result result;
	uint32_t i = 0;

	while (i < transaction->n_waiting) {
		result = hear_rcpt(session, &session->waiting[i++]);
		if (result != BACKEND_DONE)
			lose_waiting(session, i, result);
	}
	transaction->n_waiting = 0;
	return !session->dialogue.is_over;
}

static bool
may_wait(const struct session *session)
{
	return session->transaction.n_waiting > 0 ||
	       (session->hop.backend.ehlo.has_pipelining &&
		   stream_has_line(&session->dialogue.client));
}

static void
ask_rcpt(struct session *session, const struct envelope_rcpt *envelope,
    struct transaction_rcpt *rcpt)
{
	struct transaction *transaction = &session->transaction;
	struct hop *hop = &session->hop;
	char line[ENVELOPE_RCPT_BYTES];
	enum backend_result result;

	envelope_format_rcpt(envelope, &hop->backend.ehlo, line);
	result =
	    session_backend(session, hop_ask_rcpt(hop, session->gate, line));
	if (result != BACKEND_DONE) {
		session->waiting[transaction->n_waiting++] = *rcpt;
		lose_waiting(session, 0, result);
	} else if (may_wait(session)) {
		session->waiting[transaction->n_waiting++] = *rcpt;
		if (transaction->n_waiting == TRANSACTION_WAITING_MAX)
			transaction_await(session);
	} else {
		result = hear_rcpt(session, rcpt);
		if (result != BACKEND_DONE)
			lose_waiting(session, 0, result);
	}
}

static void
permit_rcpt(struct session *session, const struct envelope_rcpt *envelope,
    struct transaction_rcpt *rcpt)
{
	struct transaction *transaction = &session->transaction;
	enum reason no_more = why_no_more(
	    session, transaction->n_recipients + transaction->n_waiting);

	/* The backend may refuse some of the RCPTs that wait. */
	if (no_more != REASON_LOCAL) {
		if (!transaction_await(session))
			return;
		no_more = why_no_more(session, transaction->n_recipients);
	}
	if (no_more == REASON_LOCAL) {
		ask_rcpt(session, envelope, rcpt);
		return;
	}
	rcpt->verdict.result = POLICY_DENY_FOR_NOW;
	rcpt->verdict.reason = no_more;
	deny_rcpt(session, rcpt);
}

void
transaction_rcpt(struct session *session, const char *argument)
{
	struct transaction *transaction = &session->transaction;
	const struct gate *gate = session->gate;
	struct envelope_rcpt envelope;
	enum envelope_error error = envelope_parse_rcpt(argument,
	    session->is_esmtp ? &session->offered : NULL,
	    transaction->is_smtputf8, &envelope);
	struct decision_question question;
	struct transaction_rcpt rcpt;

	if (error != ENVELOPE_OK) {
		if (!transaction_await(session))
			return;
		transaction->n_refused++;
		dialogue_reply(
		    &session->dialogue, reply_for(error, REPLY_BAD_RCPT));
		return;
	}
	domains_rename(&gate->site.domains, envelope.recipient.domain);
	rcpt.recipient = envelope.recipient;
	question = question_of(session, &transaction->sender, &rcpt.recipient);
	rcpt.verdict =
	    decision_rcpt(&gate->site, &question, &transaction->right);
	log_table_error(session);
	if (rcpt.verdict.result == POLICY_PERMIT)
		permit_rcpt(session, &envelope, &rcpt);
	else if (transaction_await(session))
		deny_rcpt(session, &rcpt);
}
