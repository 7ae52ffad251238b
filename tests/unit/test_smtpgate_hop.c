/* SPDX-License-Identifier: ISC */
/* hop: which backend serves a client, and what each is told. */
#include "smtpgate/backend/hop.h"

#include "tests/unit/peer_fixture.h"

#define HOST "gate.example"

static struct gate gate;
static struct hop hop;
static struct identity stranger, user;

static void
set_up(void)
{
	const struct right none = {.kind = RIGHT_NONE};
	const struct right login = {.kind = RIGHT_AUTH, .login = "anna"};
	struct conf_smtpgate *conf = &gate.conf.smtpgate;

	peer_listen(SOCK_STREAM);
	snprintf(gate.hostname, sizeof(gate.hostname), HOST);
	conf->backend = peer.endpoint;
	conf->backend_identity = CONF_IDENTITY_XCLIENT;
	conf->backend_relay_identity = CONF_IDENTITY_XCLIENT;
	peer_be_patient(conf);
	gate.client = (struct client){.is_known = true, .port = 4711};
	cr_assert_eq(addr_parse("192.0.2.1", &gate.client.addr), 0);
	cr_assert_eq(addr_parse("192.0.2.25", &gate.client.local), 0);
	addr_format(&gate.client.addr, gate.client.text);
	identity_set(
	    &stranger, &gate.client, "client.example", true, false, &none);
	identity_set(
	    &user, &gate.client, "client.example", true, false, &login);
	hop_begin(&hop);
}

TestSuite(smtpgate_hop, .init = set_up, .fini = peer_remove);

#define GREETS                                                                 \
	{                                                                      \
		.say = "220 mx ESMTP\r\n"                                      \
	}
#define OFFERS_XCLIENT                                                         \
	{                                                                      \
		.hear = "EHLO " HOST,                                          \
		.say = "250-mx\r\n250 XCLIENT ADDR LOGIN\r\n"                  \
	}
#define XCLIENT "XCLIENT ADDR=192.0.2.1"
#define SERVES_CLIENT                                                          \
	{.say = "220 mx ESMTP\r\n"},                                           \
	{                                                                      \
		.hear = "EHLO client.example", .say = "250 mx\r\n"             \
	}
#define PROXY_V4_BYTES (16 + 12)

/* The connection is the stranger's. */
static void
identify(void)
{
	cr_assert_eq(hop_identify(&hop, &gate, &stranger), BACKEND_DONE);
}

/* A connection that XCLIENT has made the stranger's. */
#define STRANGERS GREETS, OFFERS_XCLIENT, {.hear = XCLIENT}, SERVES_CLIENT

Test(smtpgate_hop, the_gate_is_greeted_as_itself_and_told_of_the_client_at_mail)
{
	static const struct peer_step script[] = {
	    STRANGERS, {.hear = "QUIT"}, {0}};

	peer_start_one(script);
	cr_expect_eq(hop_greet(&hop, &gate, &stranger), BACKEND_DONE);
	cr_expect_eq(hop.stage, HOP_EHLO);
	cr_expect_eq(hop.backend.state, BACKEND_GREETED);
	cr_expect_eq(hop_identify(&hop, &gate, &stranger), BACKEND_DONE);
	cr_expect_eq(hop.backend.state, BACKEND_IDENTIFIED);
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, an_equal_identity_is_served_by_the_same_connection)
{
	static const struct peer_step script[] = {
	    STRANGERS, {.hear = "QUIT"}, {0}};

	peer_start_one(script);
	identify();
	identify();
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, another_identity_gets_a_connection_of_its_own)
{
	static const struct peer_step first[] = {
	    STRANGERS, {.hear = "QUIT"}, {0}};
	static const struct peer_step second[] = {GREETS, OFFERS_XCLIENT,
	    {.hear = XCLIENT " LOGIN=anna"}, SERVES_CLIENT, {.hear = "QUIT"},
	    {0}};

	peer_start(2, (const struct peer_step *const[]){first, second});
	identify();
	cr_expect_eq(hop_identify(&hop, &gate, &user), BACKEND_DONE);
	cr_expect_str_eq(hop.bound.user, "anna");
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, a_client_that_may_relay_is_served_by_backend_relay)
{
	struct conf_smtpgate *conf = &gate.conf.smtpgate;
	static const struct peer_step script[] = {GREETS,
	    {.hear = "EHLO " HOST, .say = "250 mx\r\n"}, {.hear = "QUIT"}, {0}};

	conf->backend_relay = peer.endpoint;
	conf->backend_relay_identity = CONF_IDENTITY_NONE;
	peer_start_one(script);
	cr_expect_eq(hop_identify(&hop, &gate, &user), BACKEND_DONE);
	cr_expect_eq(hop.backend.endpoint, &conf->backend_relay);
	cr_expect(hop_needs_received(&hop, &gate));
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, a_client_that_may_not_relay_is_served_by_backend)
{
	struct conf_smtpgate *conf = &gate.conf.smtpgate;
	static const struct peer_step script[] = {
	    STRANGERS, {.hear = "QUIT"}, {0}};

	conf->backend_relay = peer.endpoint;
	conf->backend_relay_identity = CONF_IDENTITY_NONE;
	peer_start_one(script);
	identify();
	cr_expect_eq(hop.backend.endpoint, &conf->backend);
	cr_expect_not(hop_needs_received(&hop, &gate));
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, behind_a_proxy_header_the_client_is_told_from_the_beginning)
{
	static const struct peer_step script[] = {
	    {.skip = PROXY_V4_BYTES}, SERVES_CLIENT, {.hear = "QUIT"}, {0}};

	gate.conf.smtpgate.backend_identity = CONF_IDENTITY_PROXY;
	peer_start_one(script);
	cr_expect_eq(hop_greet(&hop, &gate, &stranger), BACKEND_DONE);
	cr_expect_eq(hop.backend.state, BACKEND_IDENTIFIED);
	/* PROXY does not carry the login: no other connection is needed. */
	cr_expect_eq(hop_identify(&hop, &gate, &user), BACKEND_DONE);
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, behind_a_proxy_header_another_ehlo_gets_another_connection)
{
	static const struct peer_step first[] = {
	    {.skip = PROXY_V4_BYTES}, SERVES_CLIENT, {.hear = "QUIT"}, {0}};
	static const struct peer_step second[] = {{.skip = PROXY_V4_BYTES},
	    {.say = "220 mx ESMTP\r\n"},
	    {.hear = "EHLO other.example", .say = "250 mx\r\n"},
	    {.hear = "QUIT"}, {0}};
	const struct right none = {.kind = RIGHT_NONE};
	struct identity other;

	gate.conf.smtpgate.backend_identity = CONF_IDENTITY_PROXY;
	identity_set(&other, &gate.client, "other.example", true, false, &none);
	peer_start(2, (const struct peer_step *const[]){first, second});
	cr_expect_eq(hop_greet(&hop, &gate, &stranger), BACKEND_DONE);
	cr_expect_eq(hop_greet(&hop, &gate, &other), BACKEND_DONE);
	cr_expect_str_eq(hop.bound.helo, "other.example");
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, an_unknown_client_gets_ehlo_by_a_local_header_and_no_mail)
{
	static const struct peer_step script[] = {
	    {.skip = 16}, SERVES_CLIENT, {.hear = "QUIT"}, {0}};

	gate.client.is_known = false;
	gate.conf.smtpgate.backend_identity = CONF_IDENTITY_PROXY;
	peer_start_one(script);
	cr_expect_eq(hop_greet(&hop, &gate, &stranger), BACKEND_DONE);
	cr_expect_eq(
	    hop_identify(&hop, &gate, &stranger), BACKEND_CLIENT_UNKNOWN);
	cr_expect_eq(hop.backend.state, BACKEND_CLOSED);
	peer_finish();
}

Test(smtpgate_hop, a_connection_that_ended_meanwhile_is_made_anew)
{
	static const struct peer_step first[] = {STRANGERS,
	    {.hear = "NOOP", .say = "250 bye\r\n", .closes = true}, {0}};
	static const struct peer_step second[] = {
	    STRANGERS, {.hear = "QUIT"}, {0}};

	peer_start(2, (const struct peer_step *const[]){first, second});
	identify();
	cr_assert_eq(hop_command(&hop, &gate, "NOOP", HOP_RSET), BACKEND_DONE);
	/* Wait until the peer has closed. */
	cr_assert_eq(
	    stream_fill(&hop.backend.stream, INT64_MAX, -1), STREAM_EOF);
	identify();
	hop_end(&hop);
	peer_finish();
}

/* ---- failures ----------------------------------------------------------- */

Test(smtpgate_hop, a_failure_to_connect_names_its_stage)
{
	static const struct peer_step script[] = {{.say = "554 no\r\n"}, {0}};

	peer_start(2, (const struct peer_step *const[]){script, script});
	cr_expect_eq(hop_greet(&hop, &gate, &stranger), BACKEND_REFUSED_GATE);
	cr_expect_eq(hop.stage, HOP_EHLO);
	cr_expect_eq(
	    hop_identify(&hop, &gate, &stranger), BACKEND_REFUSED_GATE);
	cr_expect_eq(hop.stage, HOP_CONNECT);
	peer_finish();
}

Test(smtpgate_hop, a_refused_xclient_names_its_stage)
{
	static const struct peer_step script[] = {GREETS, OFFERS_XCLIENT,
	    {.hear = XCLIENT, .say = "501 no\r\n"}, {0}};

	peer_start_one(script);
	cr_expect_eq(
	    hop_identify(&hop, &gate, &stranger), BACKEND_XCLIENT_FAILED);
	cr_expect_eq(hop.stage, HOP_XCLIENT);
	peer_finish();
}

/* Answer the command of the stage so, and expect the result. */
static void
expect_answer(
    enum hop_stage stage, const char *answer, enum backend_result result)
{
	const struct peer_step script[] = {
	    STRANGERS, {.hear = "VERB", .say = answer}, {0}};

	peer_start_one(script);
	identify();
	cr_expect_eq(hop_command(&hop, &gate, "VERB", stage), result);
	cr_expect_eq(hop.stage, stage);
	cr_expect_eq(hop.backend.state,
	    result == BACKEND_DONE ? BACKEND_IDENTIFIED : BACKEND_CLOSED);
	backend_drop(&hop.backend);
	peer_finish();
}

Test(smtpgate_hop, any_2xx_is_an_answer_where_2xx_is_wanted)
{
	expect_answer(HOP_MAIL, "251 fine\r\n", BACKEND_DONE);
}

Test(smtpgate_hop, a_refusal_is_an_answer)
{
	expect_answer(HOP_DATA, "452 later\r\n", BACKEND_DONE);
}

Test(smtpgate_hop, a_refusal_with_a_code_that_no_rfc_knows_is_an_answer)
{
	expect_answer(HOP_RCPT, "571 no\r\n", BACKEND_DONE);
}

Test(smtpgate_hop, a_421_is_an_answer_that_ends_the_connection)
{
	expect_answer(HOP_RCPT, "421 4.3.2 bye\r\n", BACKEND_CLOSING);
	cr_expect_str_eq(hop.backend.response.text, "4.3.2 bye\n");
}

Test(smtpgate_hop, a_2xx_is_garbage_where_354_is_wanted)
{
	expect_answer(HOP_DATA, "250 fine\r\n", BACKEND_GARBAGE);
}

Test(smtpgate_hop, a_354_is_garbage_where_2xx_is_wanted)
{
	expect_answer(HOP_MAIL, "354 go\r\n", BACKEND_GARBAGE);
}

Test(smtpgate_hop, each_stage_has_its_name_and_its_time_limit)
{
	struct conf_smtpgate *conf = &gate.conf.smtpgate;
	static const struct {
		const char *name;
		enum hop_stage stage;
		uint32_t timeout_s;
	} stages[] = {{"connect", HOP_CONNECT, 1}, {"ehlo", HOP_EHLO, 2},
	    {"xclient", HOP_XCLIENT, 2}, {"mail", HOP_MAIL, 3},
	    {"rset", HOP_RSET, 3}, {"rcpt", HOP_RCPT, 4}, {"data", HOP_DATA, 5},
	    {"bdat", HOP_CHUNK, 6}, {"message", HOP_MESSAGE, 7}};
	size_t i;

	conf->backend_connect_timeout_s = 1;
	conf->backend_greeting_timeout_s = 2;
	conf->backend_mail_timeout_s = 3;
	conf->backend_rcpt_timeout_s = 4;
	conf->backend_data_timeout_s = 5;
	conf->backend_block_timeout_s = 6;
	conf->backend_message_timeout_s = 7;
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		cr_expect_str_eq(
		    hop_stage_name(stages[i].stage), stages[i].name);
		cr_expect_eq(hop_timeout(&gate, stages[i].stage),
		    stages[i].timeout_s, "%s", stages[i].name);
	}
}

/* ---- a transaction ------------------------------------------------------ */

Test(smtpgate_hop, what_was_asked_is_answered_in_order)
{
	static const struct peer_step script[] = {STRANGERS, {.hear = "RCPT 1"},
	    {.hear = "RCPT 2", .say = "250 1\r\n354 2\r\n"}, {0}};

	peer_start_one(script);
	identify();
	cr_expect_eq(hop_ask_rcpt(&hop, &gate, "RCPT 1"), BACKEND_DONE);
	cr_expect_eq(hop_ask_rcpt(&hop, &gate, "RCPT 2"), BACKEND_DONE);
	cr_expect_eq(hop_answer_rcpt(&hop, &gate), BACKEND_DONE);
	cr_expect_eq(hop_answer_rcpt(&hop, &gate), BACKEND_GARBAGE);
	cr_expect_eq(hop.stage, HOP_RCPT);
	peer_finish();
}

Test(smtpgate_hop, a_chunk_of_our_own_is_sent_whole_and_answered)
{
	static const struct peer_step script[] = {STRANGERS, {.hear = "BDAT 5"},
	    {.hear = "abc", .say = "250 got it\r\n"}, {.hear = "BDAT 7 LAST"},
	    {0}};

	peer_start_one(script);
	identify();
	cr_expect_eq(hop_send_chunk(&hop, &gate, "abc\r\n", 5), BACKEND_DONE);
	cr_expect_eq(hop.stage, HOP_CHUNK);
	cr_expect_eq(hop_begin_chunk(&hop, &gate, 7, true), BACKEND_DONE);
	backend_drop(&hop.backend);
	peer_finish();
}

/* The connection, with MAIL answered so. */
static void
begin_transaction(const char *code)
{
	identify();
	cr_assert_eq(hop_mail(&hop, &gate, "MAIL FROM:<>"), BACKEND_DONE);
	cr_assert_eq(hop.backend.response.code, (unsigned)atoi(code));
}

#define TAKES_MAIL                                                             \
	{                                                                      \
		.hear = "MAIL FROM:<>", .say = "250 ok\r\n"                    \
	}

Test(smtpgate_hop, rset_precedes_the_next_mail_unless_the_message_was_accepted)
{
	static const struct peer_step script[] = {STRANGERS, TAKES_MAIL,
	    {.hear = "MAIL FROM:<>", .say = "450 later\r\n"},
	    {.hear = "RSET", .say = "250 ok\r\n"}, TAKES_MAIL, {.hear = "QUIT"},
	    {0}};

	peer_start_one(script);
	begin_transaction("250");
	hop_accepted(&hop);
	begin_transaction("450");
	begin_transaction("250");
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, mail_goes_over_a_new_connection_if_rset_is_refused)
{
	static const struct peer_step first[] = {
	    STRANGERS, TAKES_MAIL, {.hear = "RSET", .say = "503 no\r\n"}, {0}};
	static const struct peer_step second[] = {
	    STRANGERS, TAKES_MAIL, {.hear = "QUIT"}, {0}};

	peer_start(2, (const struct peer_step *const[]){first, second});
	begin_transaction("250");
	begin_transaction("250");
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, a_new_connection_needs_no_rset)
{
	static const struct peer_step first[] = {STRANGERS, TAKES_MAIL, {0}};
	static const struct peer_step second[] = {
	    STRANGERS, TAKES_MAIL, {.hear = "QUIT"}, {0}};

	peer_start(2, (const struct peer_step *const[]){first, second});
	begin_transaction("250");
	backend_drop(&hop.backend);
	begin_transaction("250");
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, a_reset_without_a_transaction_is_not_sent)
{
	static const struct peer_step script[] = {
	    STRANGERS, {.hear = "QUIT"}, {0}};

	peer_start_one(script);
	identify();
	cr_expect_eq(hop_reset(&hop, &gate), BACKEND_DONE);
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, a_reset_that_is_taken_keeps_the_connection)
{
	static const struct peer_step script[] = {STRANGERS, TAKES_MAIL,
	    {.hear = "RSET", .say = "250 ok\r\n"}, {.hear = "QUIT"}, {0}};

	peer_start_one(script);
	begin_transaction("250");
	cr_expect_eq(hop_reset(&hop, &gate), BACKEND_DONE);
	cr_expect_eq(hop.backend.state, BACKEND_IDENTIFIED);
	hop_end(&hop);
	peer_finish();
}

Test(smtpgate_hop, a_reset_that_is_refused_costs_the_connection)
{
	static const struct peer_step script[] = {STRANGERS, TAKES_MAIL,
	    {.hear = "RSET", .say = "500 what\r\n"}, {0}};

	peer_start_one(script);
	begin_transaction("250");
	cr_expect_eq(hop_reset(&hop, &gate), BACKEND_DONE);
	cr_expect_eq(hop.backend.state, BACKEND_CLOSED);
	peer_finish();
}

Test(smtpgate_hop, a_reset_that_fails_is_a_result)
{
	static const struct peer_step script[] = {
	    STRANGERS, TAKES_MAIL, {.hear = "RSET", .closes = true}, {0}};

	peer_start_one(script);
	begin_transaction("250");
	cr_expect_eq(hop_reset(&hop, &gate), BACKEND_LOST);
	cr_expect_eq(hop.stage, HOP_RSET);
	peer_finish();
}

Test(smtpgate_hop, without_a_connection_there_is_nothing_to_reset)
{
	cr_expect_eq(hop_reset(&hop, &gate), BACKEND_DONE);
	cr_expect_eq(hop.backend.state, BACKEND_CLOSED);
}
