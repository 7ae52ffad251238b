/* SPDX-License-Identifier: ISC */
#include "smtpgate/session/hello.h"

#include "smtpgate/session/auth.h"
#include "smtpgate/syntax/command.h"

#include <stdio.h>
#include <string.h>

/* Connect to the backend that MAIL will probably need. */
static enum backend_result
reach_backend(struct session *session)
{
	struct identity identity;
	struct right hint;

	/* Asked for only where it selects the backend. */
	memset(&hint, 0, sizeof(hint));
	if (session->gate->conf.smtpgate.backend_relay.is_set)
		right_ask(&session->gate->site,
		    client_addr(&session->gate->client), session->login, &hint);
	identity_set(&identity, &session->gate->client, session->helo,
	    session->is_esmtp, session_has_tls(session), &hint);
	return session_backend(
	    session, hop_greet(&session->hop, session->gate, &identity));
}

static void
offer(struct session *session, const struct ehlo_own *own)
{
	char wire[EHLO_OFFER_BYTES];

	session->offered = session->hop.backend.ehlo_first;
	session->offered.has_auth = session_serves_auth(session);
	session_enter(session, SESSION_READY);
	dialogue_send(&session->dialogue, wire,
	    ehlo_offer(&session->offered, own, session->gate->hostname, wire));
}

/* Returns whether the name is valid. */
static bool
take_name(struct session *session, const char *name, bool is_esmtp)
{
	if (!command_is_hello(name)) {
		dialogue_reply(&session->dialogue, REPLY_BAD_HELO);
		return false;
	}
	if (!path_is_helo_name(name) && strcmp(name, session->helo) != 0)
		event_helo(session->gate, name);
	session_reset(session);
	snprintf(session->helo, sizeof(session->helo), "%s", name);
	session->is_esmtp = is_esmtp;
	return true;
}

void
hello_ehlo(struct session *session, const char *argument)
{
	struct ehlo_own own;
	enum backend_result result;

	if (!take_name(session, argument, true))
		return;
	own.has_starttls = session_offers_tls(session);
	own.mechanisms = auth_mechanisms(session);
	result = reach_backend(session);
	if (result == BACKEND_DONE)
		offer(session, &own);
	else
		session_lose_backend(session, result);
}

void
hello_helo(struct session *session, const char *argument)
{
	if (!take_name(session, argument, false))
		return;
	session_enter(session, SESSION_READY);
	dialogue_reply(&session->dialogue, REPLY_HELO);
}
