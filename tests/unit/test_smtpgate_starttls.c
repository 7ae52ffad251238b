/* SPDX-License-Identifier: ISC */
/* starttls: the verb, and what the handshake changes. */
#include "smtpgate/session/starttls.h"

#include "tests/unit/session_fixture.h"

/* ---- a TLS library that agrees at once, or never ------------------------- */

static char anything;
static int handshake_result;
static size_t n_early; /* bytes that begin() got */

static struct tls *
begin(struct tls_keys *keys, const struct tls_start *start)
{
	(void)keys;
	n_early = start->n_early;
	return (struct tls *)&anything;
}

static int
handshake(struct tls *tls)
{
	(void)tls;
	return handshake_result;
}

static void
describe(const struct tls *tls, struct tls_facts *facts_out)
{
	(void)tls;
	*facts_out = (struct tls_facts){"TLSv1.3", "TLS_AES_256_GCM_SHA384"};
}

static const char *
error(const struct tls *tls)
{
	(void)tls;
	return "no shared cipher";
}

static void
end(struct tls *tls)
{
	(void)tls;
}

static const struct tls_library library = {
    .version = TLS_LIBRARY_VERSION,
    .begin = begin,
    .handshake = handshake,
    .describe = describe,
    .error = error,
    .end = end,
};

static void
set_up(void)
{
	session_set_up();
	gate.tls = &library;
	gate.keys = (struct tls_keys *)&anything;
	handshake_result = TLS_DONE;
	session_enter(&session, SESSION_READY);
}

/* This library writes nothing. */
static void
tear_down(void)
{
	stream_stop_tls(&session.dialogue.client);
	session_tear_down();
}

TestSuite(smtpgate_starttls, .init = set_up, .fini = tear_down);

/* ---- the verb ----------------------------------------------------------- */

Test(smtpgate_starttls, tls_begins_and_what_came_before_is_forgotten)
{
	strcpy(session.login, "joe");
	client_says("EHLO attacker.example\r\n");
	cr_assert(stream_try_fill(&session.dialogue.client));
	starttls_serve(&session, "");
	cr_expect_eq(n_early, 0);
	cr_expect(session_has_tls(&session));
	cr_expect_eq(session.state, SESSION_GREETED);
	cr_expect_str_eq(session.login, "");
	cr_expect_not(stream_has_line(&session.dialogue.client));
	cr_expect_not(session.dialogue.is_over);
}

Test(smtpgate_starttls, with_implicit_tls_what_came_before_is_the_handshake)
{
	client_says("the bytes behind a PROXY header");
	cr_assert(stream_try_fill(&session.dialogue.client));
	starttls_begin(&session);
	cr_expect_eq(n_early, 31);
	cr_expect_not(stream_has_line(&session.dialogue.client));
}

Test(smtpgate_starttls, the_reply_is_sent_before_the_handshake)
{
	handshake_result = -EPROTO;
	starttls_serve(&session, "");
	cr_expect_str_eq(client_got(), "220 2.0.0 Begin TLS\r\n");
}

Test(smtpgate_starttls, a_handshake_that_fails_ends_the_session)
{
	handshake_result = -EPROTO;
	starttls_serve(&session, "");
	expect_over(EVENT_END_TLS);
	cr_expect_not(session_has_tls(&session));
}

Test(smtpgate_starttls, it_is_not_implemented_without_keys)
{
	gate.keys = NULL;
	starttls_serve(&session, "");
	expect_got("502 5.5.1 ");
	cr_expect_not(session_has_tls(&session));
}

Test(smtpgate_starttls, it_is_refused_when_tls_is_active)
{
	session.dialogue.client.tls = (struct tls *)&anything;
	starttls_serve(&session, "");
	cr_expect_eq(session.dialogue.n_errors, 1);
	session.dialogue.client.tls = NULL;
	expect_got("503 5.5.1 TLS already active\r\n");
}
