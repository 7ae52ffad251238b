/* SPDX-License-Identifier: ISC */
#include "smtpgate/session/starttls.h"

void
starttls_begin(struct session *session)
{
	const struct gate *gate = session->gate;
	struct dialogue *dialogue = &session->dialogue;
	unsigned char service =
	    (unsigned char)(gate->service - gate->conf.services);
	struct tls_facts facts;
	char why[TLS_WHY_BYTES];

	if (stream_start_tls(&dialogue->client, gate->tls, gate->keys, service,
		dialogue_deadline(dialogue), why) == STREAM_DONE) {
		gate->tls->describe(dialogue->client.tls, &facts);
		event_tls(gate, &facts, NULL);
		session_enter(session, SESSION_GREETED);
		session->login[0] = '\0';
	} else {
		event_tls(gate, NULL, why);
		dialogue_end(dialogue, EVENT_END_TLS);
	}
}

void
starttls_serve(struct session *session, const char *argument)
{
	struct dialogue *dialogue = &session->dialogue;

	(void)argument;
	if (session_has_tls(session)) {
		dialogue_reply(dialogue, REPLY_TLS_ALREADY);
	} else if (!session_offers_tls(session)) {
		dialogue_reply(dialogue, REPLY_UNKNOWN_COMMAND);
	} else {
		/* An attacker on the way may have injected the commands that
		 * came after STARTTLS (RFC 3207, 4.2). */
		stream_discard_input(&dialogue->client);
		dialogue_reply(dialogue, REPLY_START_TLS);
		if (!dialogue->is_over)
			starttls_begin(session);
	}
}
