/* SPDX-License-Identifier: ISC */
/* backend: what an MTA may say or do, and which result that is. */
#include "smtpgate/backend/backend.h"

#include "smtpgate/wire/proxy.h"
#include "tests/unit/peer_fixture.h"

#include <errno.h>

#define HOST "gate.example"

static struct backend backend;
static struct client client;
static struct identity identity;
static struct backend_limits limits = {
    .connect_timeout_s = 5,
    .greeting_timeout_s = 5,
};

static void
set_up(void)
{
	const struct right none = {.kind = RIGHT_NONE};

	peer_listen(SOCK_STREAM);
	client = (struct client){.is_known = true, .port = 4711};
	cr_assert_eq(addr_parse("192.0.2.1", &client.addr), 0);
	cr_assert_eq(addr_parse("192.0.2.25", &client.local), 0);
	client.local_port = 25;
	addr_format(&client.addr, client.text);
	identity_set(&identity, &client, "client.example", true, false, &none);
	backend_begin(&backend);
}

TestSuite(smtpgate_backend, .init = set_up, .fini = peer_remove);

static enum backend_result
open_it(void)
{
	return backend_open(&backend, &peer.endpoint, HOST, &limits);
}

static enum backend_result
open_as(void)
{
	return backend_open_as(&backend, &peer.endpoint, &identity, &limits);
}

/* A header with two IPv4 addresses. */
#define PROXY_V4_BYTES (16 + 12)

#define GREETS                                                                 \
	{                                                                      \
		.say = "220 mx ESMTP\r\n"                                      \
	}
#define SAYS_EHLO                                                              \
	{                                                                      \
		.hear = "EHLO " HOST, .say = "250-mx\r\n250 PIPELINING\r\n"    \
	}
#define OFFERS_XCLIENT                                                         \
	{                                                                      \
		.hear = "EHLO " HOST,                                          \
		.say = "250-mx\r\n250 XCLIENT ADDR HELO\r\n"                   \
	}
#define XCLIENT "XCLIENT ADDR=192.0.2.1 HELO=client.example"

/* Serve one connection, which cannot be opened, in this way. */
static void
expect_open(const struct peer_step *script, enum backend_result want)
{
	peer_start_one(script);
	cr_expect_eq(open_it(), want);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
	peer_finish();
}

/* ---- opening ------------------------------------------------------------ */

Test(smtpgate_backend, ehlo_is_said_after_the_greeting_and_its_offer_is_kept)
{
	static const struct peer_step script[] = {GREETS, SAYS_EHLO,
	    {.hear = "NOOP", .say = "250 fine\r\n"}, {.hear = "QUIT"}, {0}};

	peer_start_one(script);
	cr_assert_eq(open_it(), BACKEND_DONE);
	cr_expect_eq(backend.state, BACKEND_GREETED);
	cr_expect(backend.ehlo.has_pipelining);
	cr_expect(backend.ehlo_first.has_pipelining);
	cr_expect_eq(backend_command(&backend, "NOOP", 5), BACKEND_DONE);
	cr_expect_eq(backend.response.code, 250);
	cr_expect_str_eq(backend.response.text, "fine\n");
	backend_quit(&backend);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
	peer_finish();
}

Test(smtpgate_backend, helo_is_said_to_an_mta_that_knows_no_other)
{
	static const struct peer_step script[] = {GREETS,
	    {.hear = "EHLO " HOST, .say = "500 what\r\n"},
	    {.hear = "HELO " HOST, .say = "250 mx\r\n"}, {.hear = "QUIT"}, {0}};

	peer_start_one(script);
	cr_expect_eq(open_it(), BACKEND_DONE);
	cr_expect_not(backend.ehlo.has_pipelining);
	backend_quit(&backend);
	peer_finish();
}

Test(smtpgate_backend, no_server_is_unreachable_with_the_reason)
{
	close(peer.fd);
	cr_expect_eq(open_it(), BACKEND_UNREACHABLE);
	cr_expect_eq(backend.error, ECONNREFUSED);
	cr_expect_eq(backend.endpoint, &peer.endpoint);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
}

Test(smtpgate_backend, no_greeting_in_time_is_a_timeout)
{
	static const struct peer_step script[] = {{0}};

	limits.greeting_timeout_s = 0;
	expect_open(script, BACKEND_TIMEOUT);
	cr_expect_eq(backend.error, ETIMEDOUT);
}

Test(smtpgate_backend, the_end_before_the_greeting_is_lost)
{
	static const struct peer_step script[] = {{.closes = true}, {0}};

	expect_open(script, BACKEND_LOST);
}

Test(smtpgate_backend, a_greeting_of_421_refuses_the_gate)
{
	static const struct peer_step script[] = {{.say = "421 busy\r\n"}, {0}};

	expect_open(script, BACKEND_REFUSED_GATE);
}

Test(smtpgate_backend, a_greeting_of_554_refuses_the_gate)
{
	static const struct peer_step script[] = {
	    {.say = "554 go away\r\n"}, {0}};

	expect_open(script, BACKEND_REFUSED_GATE);
	cr_expect_str_eq(backend.response.text, "go away\n");
}

Test(smtpgate_backend, no_helo_is_tried_after_an_ehlo_that_turns_away)
{
	static const struct peer_step script[] = {
	    GREETS, {.hear = "EHLO " HOST, .say = "554 go away\r\n"}, {0}};

	expect_open(script, BACKEND_REFUSED_GATE);
}

Test(smtpgate_backend, a_greeting_of_another_code_is_garbage)
{
	static const struct peer_step script[] = {
	    {.say = "250 hello\r\n"}, {0}};

	expect_open(script, BACKEND_GARBAGE);
}

Test(smtpgate_backend, a_greeting_that_is_no_smtp_is_garbage)
{
	static const struct peer_step script[] = {
	    {.say = "SSH-2.0-OpenSSH\r\n"}, {0}};

	expect_open(script, BACKEND_GARBAGE);
}

/* ---- the client's identity ---------------------------------------------- */

Test(smtpgate_backend, a_proxy_header_comes_before_the_clients_own_ehlo)
{
	static const struct peer_step script[] = {
	    {.skip = PROXY_V4_BYTES, .say = "220 mx ESMTP\r\n"},
	    {.hear = "EHLO client.example", .say = "250 mx\r\n"},
	    {.hear = "QUIT"}, {0}};
	uint8_t want[PROXY_V2_BYTES];

	cr_assert_eq(proxy_format(&client, want), PROXY_V4_BYTES);
	peer_start_one(script);
	cr_expect_eq(open_as(), BACKEND_DONE);
	cr_expect_eq(backend.state, BACKEND_IDENTIFIED);
	backend_quit(&backend);
	peer_finish();
	cr_expect_arr_eq(peer.skipped, want, PROXY_V4_BYTES);
}

Test(smtpgate_backend, for_an_unknown_client_the_proxy_header_is_local)
{
	static const struct peer_step script[] = {{.skip = 16},
	    {.say = "220 mx ESMTP\r\n"},
	    {.hear = "EHLO client.example", .say = "250 mx\r\n"},
	    {.hear = "QUIT"}, {0}};

	client.is_known = false;
	peer_start_one(script);
	cr_expect_eq(open_as(), BACKEND_DONE);
	cr_expect_eq(backend.state, BACKEND_GREETED);
	backend_quit(&backend);
	peer_finish();
	cr_expect_eq(peer.skipped[12], 0x20);
}

Test(smtpgate_backend, a_554_after_a_proxy_header_refuses_the_client)
{
	static const struct peer_step script[] = {
	    {.skip = PROXY_V4_BYTES, .say = "554 not you\r\n"}, {0}};

	peer_start_one(script);
	cr_expect_eq(open_as(), BACKEND_REFUSED);
	cr_expect_str_eq(backend.response.text, "not you\n");
	peer_finish();
}

Test(smtpgate_backend, a_4xx_after_a_proxy_header_refuses_the_client_for_now)
{
	static const struct peer_step script[] = {
	    {.skip = PROXY_V4_BYTES, .say = "450 4.7.1 later\r\n"}, {0}};

	peer_start_one(script);
	cr_expect_eq(open_as(), BACKEND_REFUSED);
	cr_expect_eq(backend.response.code, 450);
	peer_finish();
}

Test(smtpgate_backend, a_421_after_a_proxy_header_is_kept)
{
	static const struct peer_step script[] = {
	    {.skip = PROXY_V4_BYTES, .say = "421 4.7.0 busy\r\n"}, {0}};

	peer_start_one(script);
	cr_expect_eq(open_as(), BACKEND_CLOSING);
	cr_expect_str_eq(backend.response.text, "4.7.0 busy\n");
	peer_finish();
}

Test(smtpgate_backend, an_mta_that_does_not_know_proxy_refuses_the_gate)
{
	static const struct peer_step script[] = {
	    {.skip = PROXY_V4_BYTES, .say = "500 no PROXY here\r\n"}, {0}};

	peer_start_one(script);
	cr_expect_eq(open_as(), BACKEND_REFUSED_GATE);
	peer_finish();
}

/* Open it, send XCLIENT to be answered so, and expect the result. */
static void
expect_xclient(const char *answer, enum backend_result want)
{
	const struct peer_step script[] = {
	    GREETS, OFFERS_XCLIENT, {.hear = XCLIENT, .say = answer}, {0}};

	peer_start_one(script);
	cr_assert_eq(open_it(), BACKEND_DONE);
	cr_expect_eq(backend_xclient(&backend, &identity, &limits), want);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
	peer_finish();
}

Test(smtpgate_backend, xclient_is_answered_by_220_and_the_clients_ehlo_follows)
{
	static const struct peer_step script[] = {GREETS, OFFERS_XCLIENT,
	    {.hear = XCLIENT, .say = "220 mx\r\n"},
	    {.hear = "EHLO client.example", .say = "250-mx\r\n250 DSN\r\n"},
	    {.hear = "QUIT"}, {0}};

	peer_start_one(script);
	cr_assert_eq(open_it(), BACKEND_DONE);
	cr_expect_eq(
	    backend_xclient(&backend, &identity, &limits), BACKEND_DONE);
	cr_expect_eq(backend.state, BACKEND_IDENTIFIED);
	cr_expect(backend.ehlo.has_dsn);
	cr_expect_not(backend.ehlo_first.has_dsn);
	backend_quit(&backend);
	peer_finish();
}

Test(smtpgate_backend, xclient_is_not_sent_where_it_is_not_offered)
{
	static const struct peer_step script[] = {GREETS, SAYS_EHLO, {0}};

	peer_start_one(script);
	cr_assert_eq(open_it(), BACKEND_DONE);
	cr_expect_eq(
	    backend_xclient(&backend, &identity, &limits), BACKEND_NO_XCLIENT);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
	peer_finish();
}

Test(smtpgate_backend, xclient_answered_by_554_refuses_the_client)
{
	expect_xclient("554 not you\r\n", BACKEND_REFUSED);
}

Test(smtpgate_backend, xclient_answered_by_521_refuses_the_client)
{
	expect_xclient("521 not you\r\n", BACKEND_REFUSED);
}

Test(smtpgate_backend, xclient_answered_by_another_refusal_refuses_the_client)
{
	expect_xclient("550 not you\r\n", BACKEND_REFUSED);
}

Test(smtpgate_backend, xclient_answered_by_4xx_refuses_the_client_for_now)
{
	expect_xclient("450 not now\r\n", BACKEND_REFUSED);
	cr_expect_eq(backend.response.code, 450);
}

Test(smtpgate_backend, xclient_answered_by_421_ends_the_connection)
{
	expect_xclient("421 busy\r\n", BACKEND_CLOSING);
}

Test(smtpgate_backend, xclient_that_was_not_understood_has_failed)
{
	expect_xclient("501 bad attribute\r\n", BACKEND_XCLIENT_FAILED);
}

Test(smtpgate_backend, xclient_that_the_gate_may_not_send_has_failed)
{
	expect_xclient("550 5.7.0 Error: insufficient authorization\r\n",
	    BACKEND_XCLIENT_FAILED);
}

Test(smtpgate_backend, xclient_answered_by_another_2xx_is_garbage)
{
	expect_xclient("250 ok\r\n", BACKEND_GARBAGE);
}

/* ---- commands and replies ----------------------------------------------- */

/* Open it, and have the rest of a script served. */
static void
begin(const struct peer_step *script)
{
	peer_start_one(script);
	cr_assert_eq(open_it(), BACKEND_DONE);
}

Test(smtpgate_backend, replies_are_read_in_the_order_of_what_was_asked)
{
	static const struct peer_step script[] = {GREETS, SAYS_EHLO,
	    {.hear = "A"}, {.hear = "B", .say = "250 a\r\n550 b\r\n"},
	    {.hear = "QUIT"}, {0}};

	begin(script);
	cr_expect_eq(backend_ask(&backend, "A", 5), BACKEND_DONE);
	cr_expect_eq(backend_ask(&backend, "B", 5), BACKEND_DONE);
	cr_expect_eq(backend_reply(&backend, 5), BACKEND_DONE);
	cr_expect_str_eq(backend.response.text, "a\n");
	cr_expect_eq(backend_reply(&backend, 5), BACKEND_DONE);
	cr_expect_str_eq(backend.response.text, "b\n");
	backend_quit(&backend);
	peer_finish();
}

Test(smtpgate_backend, an_mta_that_speaks_unasked_is_lost)
{
	static const struct peer_step script[] = {GREETS,
	    {.hear = "EHLO " HOST, .say = "250 mx\r\n250 unasked\r\n"}, {0}};

	begin(script);
	cr_expect(backend_is_stale(&backend));
	cr_expect_eq(backend_command(&backend, "NOOP", 5), BACKEND_LOST);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
	peer_finish();
}

Test(smtpgate_backend, an_mta_that_has_closed_is_stale)
{
	static const struct peer_step script[] = {
	    GREETS, SAYS_EHLO, {.closes = true}, {0}};

	begin(script);
	peer_finish();
	cr_expect(backend_is_stale(&backend));
	backend_drop(&backend);
}

Test(smtpgate_backend, an_answer_of_421_is_kept_and_ends_the_connection)
{
	static const struct peer_step script[] = {
	    GREETS, SAYS_EHLO, {.hear = "NOOP", .say = "421 closing\r\n"}, {0}};

	begin(script);
	cr_expect_eq(backend_command(&backend, "NOOP", 5), BACKEND_CLOSING);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
	cr_expect_eq(backend.response.code, 421);
	peer_finish();
}

Test(smtpgate_backend, no_answer_in_time_is_a_timeout)
{
	static const struct peer_step script[] = {
	    GREETS, SAYS_EHLO, {.hear = "NOOP"}, {0}};

	begin(script);
	cr_expect_eq(backend_command(&backend, "NOOP", 0), BACKEND_TIMEOUT);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
	peer_finish();
}

Test(smtpgate_backend, what_interrupts_a_message_is_kept_and_ends_it)
{
	static const struct peer_step script[] = {GREETS, SAYS_EHLO,
	    {.hear = "DATA", .say = "354 go\r\n552 too much\r\n"}, {0}};

	begin(script);
	cr_assert_eq(backend_command(&backend, "DATA", 5), BACKEND_DONE);
	cr_expect_eq(backend_send(&backend, "text\r\n", 6, 5), BACKEND_LOST);
	cr_expect_eq(backend.response.code, 552);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
	peer_finish();
}

Test(smtpgate_backend, dropping_a_closed_one_does_nothing)
{
	backend_drop(&backend);
	backend_quit(&backend);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
}

/* ---- names -------------------------------------------------------------- */

Test(smtpgate_backend, each_result_has_a_name_of_its_own)
{
	const enum backend_result last = BACKEND_XCLIENT_FAILED;
	unsigned a, b;

	for (a = 0; a <= last; a++) {
		cr_assert_not_null(backend_result_name(a));
		for (b = 0; b < a; b++)
			cr_expect_str_neq(
			    backend_result_name(a), backend_result_name(b));
	}
}
