/* SPDX-License-Identifier: ISC */
/*
 *   220 --> GREETED --EHLO,HELO--> READY --MAIL--> MAIL --RCPT--> RCPT --DATA
 *                                   ^ ^             | |            | ^     |
 *                                   | +-RSET,EHLO---+-+------------+ +RCPT |
 *                                   +-----------------the message----------+
 *
 * content.c has the other way to send a message: RCPT --BDAT--> CHUNKS.
 *
 * An arrow into MAIL and RCPT, and back from DATA, is the backend's own 2xx.
 * In any state QUIT, end of input or a limit ends the dialogue.
 */
#include "smtpgate/session/session.h"

#include "common/clock.h"

#include <stddef.h>
#include <string.h>

int
session_begin(
    struct session *session, const struct gate *gate, int fd_in, int fd_out)
{
	memset(session, 0, offsetof(struct session, dialogue));
	hop_begin(&session->hop);
	session->gate = gate;
	session->totals.begin_ms = clock_mono_ms();
	return dialogue_begin(&session->dialogue, gate, fd_in, fd_out);
}

void
session_finish(struct session *session)
{
	const struct dialogue *dialogue = &session->dialogue;

	dialogue_finish(&session->dialogue);
	auth_dovecot_close(&session->dovecot);
	hop_end(&session->hop);
	session->totals.errors = dialogue->n_errors_total;
	event_disconnect(session->gate, dialogue->end, &session->totals);
}

void
session_enter(struct session *session, enum session_state state)
{
	session->state = state;
}

void
session_reset(struct session *session)
{
	if (session->dialogue.is_over)
		return;
	if (session->state > SESSION_READY)
		session_enter(session, SESSION_READY);
	(void)session_backend(session, hop_reset(&session->hop, session->gate));
}

enum backend_result
session_backend(struct session *session, enum backend_result result)
{
	const struct hop *hop = &session->hop;

	if (result != BACKEND_DONE)
		event_backend(session->gate, &hop->backend,
		    hop_stage_name(hop->stage), result);
	return result;
}

void
session_lose_backend(struct session *session, enum backend_result result)
{
	struct dialogue *dialogue = &session->dialogue;

	if (result == BACKEND_REFUSED || result == BACKEND_CLOSING) {
		dialogue_pass_on(dialogue, &session->hop.backend.response);
		dialogue_end(dialogue, EVENT_END_BACKEND);
	} else {
		dialogue_close(
		    dialogue, REPLY_CLOSING_BACKEND, EVENT_END_BACKEND);
	}
}

bool
session_has_tls(const struct session *session)
{
	return session->dialogue.client.tls != NULL;
}

bool
session_offers_tls(const struct session *session)
{
	enum conf_tls_use use = session->gate->service->tls;

	return session->gate->keys != NULL &&
	       session->dialogue.client.is_socket &&
	       (use == CONF_TLS_STARTTLS || use == CONF_TLS_REQUIRED) &&
	       !session_has_tls(session);
}

bool
session_needs_tls(const struct session *session)
{
	return session->gate->service->tls == CONF_TLS_REQUIRED &&
	       !session_has_tls(session);
}

bool
session_serves_auth(const struct session *session)
{
	return session->gate->conf.smtpgate.auth.kind != CONF_AUTH_NONE &&
	       session->gate->service->offers_auth;
}
