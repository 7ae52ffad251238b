/* SPDX-License-Identifier: ISC */
/* hello: what EHLO and HELO are answered. */
#include "smtpgate/session/hello.h"

#include "tests/unit/session_fixture.h"

TestSuite(smtpgate_hello, .init = session_set_up, .fini = session_tear_down);

static char anything;
#define SOME_KEYS ((struct tls_keys *)&anything)

Test(smtpgate_hello, helo_is_answered_without_the_backend)
{
	hello_helo(&session, "client.example");
	cr_expect_str_eq(client_got(), "250 " HOST "\r\n");
	cr_expect_eq(session.state, SESSION_READY);
	cr_expect_str_eq(session.helo, "client.example");
	cr_expect_not(session.is_esmtp);
	cr_expect_eq(session.hop.backend.state, BACKEND_CLOSED);
}

Test(smtpgate_hello, ehlo_offers_what_the_gate_and_the_backend_have)
{
	static const struct peer_step script[] = {
	    GREETS, OFFERS("250-8BITMIME\r\n250-TURN\r\n"), QUITS};

	peer_start_one(script);
	hello_ehlo(&session, "client.example");
	cr_expect_str_eq(client_got(), "250-" HOST "\r\n"
				       "250-PIPELINING\r\n"
				       "250 8BITMIME\r\n");
	cr_expect_eq(session.state, SESSION_READY);
	cr_expect(session.is_esmtp);
	cr_expect(session.offered.has_8bitmime);
	hop_end(&session.hop);
	peer_finish();
}

Test(smtpgate_hello, ehlo_offers_starttls_and_auth_where_they_can_be_used)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""), QUITS};
	struct conf_service *service = &gate.conf.services[CONF_SERVICE_SMTP];
	const char *got;
	struct cidr client;

	peer_start_one(script);
	gate.keys = SOME_KEYS;
	service->offers_auth = true;
	gate.conf.smtpgate.auth.kind = CONF_AUTH_PAM;
	cr_assert_eq(cidr_parse("192.0.2.0/24", &client), 0);
	gate.conf.smtpgate.auth_plain_networks.items = &client;
	gate.conf.smtpgate.auth_plain_networks.n = 1;
	hello_ehlo(&session, "client.example");
	got = client_got();
	cr_expect(strstr(got, "STARTTLS\r\n") != NULL, "%s", got);
	cr_expect(strstr(got, "AUTH PLAIN LOGIN\r\n") != NULL, "%s", got);
	cr_expect(session.offered.has_auth);
	hop_end(&session.hop);
	peer_finish();
}

Test(smtpgate_hello, a_name_that_is_none_is_refused_and_changes_nothing)
{
	hello_helo(&session, "client.example");
	expect_got("250 ");
	hello_ehlo(&session, "two\twords");
	expect_got("501 5.5.4 ");
	hello_helo(&session, "");
	expect_got("501 5.5.4 ");
	cr_expect_str_eq(session.helo, "client.example");
	cr_expect_not(session.is_esmtp);
}

Test(smtpgate_hello, a_transaction_is_given_up_at_the_backend_too)
{
	static const struct peer_step script[] = {GREETS, OFFERS(""),
	    {.hear = "RSET", .say = "250 2.0.0 Ok\r\n"}, QUITS};

	peer_start_one(script);
	hello_ehlo(&session, "client.example");
	session.hop.may_be_in_transaction = true;
	session_enter(&session, SESSION_RCPT);
	hello_helo(&session, "client.example");
	cr_expect_eq(session.state, SESSION_READY);
	hop_end(&session.hop);
	peer_finish();
}

Test(smtpgate_hello, a_backend_that_is_away_ends_the_session)
{
	close(peer.fd);
	hello_ehlo(&session, "client.example");
	expect_got("421 4.3.0 ");
	expect_over(EVENT_END_BACKEND);
	cr_expect_eq(session.state, SESSION_GREETED);
}

Test(smtpgate_hello, a_client_that_the_backend_refuses_gets_its_reply)
{
	static const struct peer_step script[] = {{.skip = 16 + 12},
	    {.say = "554 5.7.1 Blocked\r\n", .closes = true}, {0}};

	gate.conf.smtpgate.backend_identity = CONF_IDENTITY_PROXY;
	peer_start_one(script);
	hello_ehlo(&session, "client.example");
	cr_expect_str_eq(client_got(), "554 5.7.1 Blocked\r\n");
	expect_over(EVENT_END_BACKEND);
	peer_finish();
}

Test(smtpgate_hello, a_name_of_another_form_is_kept_as_it_came)
{
	hello_helo(&session, "Joe's iPhone (2)");
	expect_got("250 ");
	cr_expect_str_eq(session.helo, "Joe's iPhone (2)");
}
