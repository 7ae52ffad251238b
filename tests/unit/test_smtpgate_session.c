/* SPDX-License-Identifier: ISC */
/* session: the state, its end, and the predicates for verbs. */
#include "smtpgate/session/session.h"

#include "tests/unit/session_fixture.h"

TestSuite(smtpgate_session, .init = session_set_up, .fini = session_tear_down);

/* They are compared with NULL only. */
static char anything;
#define SOME_TLS ((struct tls *)&anything)
#define SOME_KEYS ((struct tls_keys *)&anything)

Test(smtpgate_session, begins_greeted_and_without_a_trace_of_another_client)
{
	memset(&session, 0xff, sizeof(session));
	cr_assert_eq(session_begin(&session, &gate, gate_fd, gate_fd), 0);
	cr_expect_eq(session.state, SESSION_GREETED);
	cr_expect_str_eq(session.helo, "");
	cr_expect_str_eq(session.login, "");
	cr_expect_not(session_has_tls(&session));
	cr_expect_not(session.dialogue.is_over);
	cr_expect_eq(session.dialogue.n_errors, 0);
	cr_expect_eq(session.transaction.n_waiting, 0);
	cr_expect_eq(session.transaction.right.kind, RIGHT_NONE);
	cr_expect_eq(session.hop.backend.state, BACKEND_CLOSED);
}

Test(smtpgate_session, reset_gives_up_the_transaction_at_the_backend_too)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""),
	    {.hear = "RSET", .say = "250 2.0.0 Ok\r\n"}, QUITS};
	struct identity identity = {0};

	peer_start_one(script);
	cr_assert_eq(
	    hop_identify(&session.hop, &gate, &identity), BACKEND_DONE);
	session.hop.may_be_in_transaction = true;
	session_enter(&session, SESSION_RCPT);
	session_reset(&session);
	cr_expect_eq(session.state, SESSION_READY);
	cr_expect_str_eq(client_got(), "");
	hop_end(&session.hop);
	peer_finish();
}

Test(smtpgate_session, reset_reaches_a_backend_that_may_keep_a_refused_message)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""),
	    {.hear = "RSET", .say = "250 2.0.0 Ok\r\n"}, QUITS};
	struct identity identity = {0};

	peer_start_one(script);
	cr_assert_eq(
	    hop_identify(&session.hop, &gate, &identity), BACKEND_DONE);
	session.hop.may_be_in_transaction = true;
	session_enter(&session, SESSION_READY);
	session_reset(&session);
	cr_expect_eq(session.state, SESSION_READY);
	hop_end(&session.hop);
	peer_finish();
}

Test(smtpgate_session, reset_outside_of_a_transaction_changes_nothing)
{
	session_reset(&session);
	cr_expect_eq(session.state, SESSION_GREETED);
	session_enter(&session, SESSION_READY);
	session_reset(&session);
	cr_expect_eq(session.state, SESSION_READY);
}

Test(smtpgate_session, reset_says_nothing_to_the_backend_when_it_is_over)
{
	session_enter(&session, SESSION_MAIL);
	dialogue_end(&session.dialogue, EVENT_END_EOF);
	session_reset(&session);
	cr_expect_eq(session.state, SESSION_MAIL);
}

Test(smtpgate_session, starttls_is_offered_with_keys_and_until_tls_is_there)
{
	cr_expect_not(session_offers_tls(&session));
	gate.keys = SOME_KEYS;
	cr_expect(session_offers_tls(&session));
	session.dialogue.client.tls = SOME_TLS;
	cr_expect(session_has_tls(&session));
	cr_expect_not(session_offers_tls(&session));
	session.dialogue.client.tls = NULL;
	session.dialogue.client.is_socket = false;
	cr_expect_not(session_offers_tls(&session));
}

Test(smtpgate_session, starttls_is_not_offered_where_tls_is_implicit_or_none)
{
	struct conf_service *service = &gate.conf.services[CONF_SERVICE_SMTP];

	gate.keys = SOME_KEYS;
	service->tls = CONF_TLS_IMPLICIT;
	cr_expect_not(session_offers_tls(&session));
	service->tls = CONF_TLS_NONE;
	cr_expect_not(session_offers_tls(&session));
}

Test(smtpgate_session, a_service_that_requires_tls_needs_it_until_it_is_there)
{
	struct conf_service *service = &gate.conf.services[CONF_SERVICE_SMTP];

	service->tls = CONF_TLS_STARTTLS;
	cr_expect_not(session_needs_tls(&session));
	service->tls = CONF_TLS_REQUIRED;
	cr_expect(session_needs_tls(&session));
	session.dialogue.client.tls = SOME_TLS;
	cr_expect_not(session_needs_tls(&session));
	session.dialogue.client.tls = NULL;
}

Test(smtpgate_session, auth_is_served_if_the_service_and_the_gate_have_it)
{
	struct conf_service *service = &gate.conf.services[CONF_SERVICE_SMTP];

	service->offers_auth = true;
	cr_expect_not(session_serves_auth(&session));
	gate.conf.smtpgate.auth.kind = CONF_AUTH_PAM;
	cr_expect(session_serves_auth(&session));
	service->offers_auth = false;
	cr_expect_not(session_serves_auth(&session));
}

Test(smtpgate_session, the_end_says_quit_to_the_backend_and_counts_the_errors)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""), QUITS};
	struct identity identity = {0};

	peer_start_one(script);
	cr_assert_eq(
	    hop_identify(&session.hop, &gate, &identity), BACKEND_DONE);
	dialogue_reply(&session.dialogue, REPLY_UNKNOWN_COMMAND);
	session_finish(&session);
	cr_expect_eq(session.totals.errors, 1);
	cr_expect_eq(session.hop.backend.state, BACKEND_CLOSED);
	peer_finish();
}
