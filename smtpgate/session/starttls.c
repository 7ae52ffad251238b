/* SPDX-License-Identifier: ISC */
/*
 * starttls - when a session speaks TLS.
 */
#include "smtpgate/session/starttls.h"

bool
starttls_is_done(const struct session *session)
{
	return session->client.tls != NULL;
}

bool
starttls_is_offered(const struct session *session)
{
	enum conf_tls_use use = session->gate->service->tls;

	return session->gate->keys != NULL && session->client.is_socket &&
	       (use == CONF_TLS_STARTTLS || use == CONF_TLS_REQUIRED) &&
	       !starttls_is_done(session);
}

bool
starttls_is_due(const struct session *session)
{
	return session->gate->service->tls == CONF_TLS_REQUIRED &&
	       !starttls_is_done(session);
}

void
starttls_begin(struct session *session)
{
	const struct gate *gate = session->gate;
	struct tls_facts facts;
	char why[TLS_WHY_BYTES];

	if (stream_start_tls(&session->client, gate->tls, gate->keys,
		session_command_deadline(session), why) == STREAM_DONE) {
		gate->tls->describe(session->client.tls, &facts);
		event_tls(&gate->client, &facts, NULL);
		session->state = SESSION_GREETED;
		session->login[0] = '\0';
	} else {
		event_tls(&gate->client, NULL, why);
		session->state = SESSION_OVER;
		session->end = EVENT_END_TLS;
	}
}

void
starttls_serve(struct session *session, const char *argument)
{
	(void)argument;
	if (starttls_is_done(session)) {
		session_reply(session, REPLY_TLS_ALREADY);
	} else if (!starttls_is_offered(session)) {
		session_reply(session, REPLY_UNKNOWN_COMMAND);
	} else {
		session_reply(session, REPLY_START_TLS);
		if (session->state != SESSION_OVER)
			starttls_begin(session);
	}
}
