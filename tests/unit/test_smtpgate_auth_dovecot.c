/* SPDX-License-Identifier: ISC */
/* auth_dovecot: an exchange with a server that follows a script. */
#include "smtpgate/password/auth_dovecot.h"

#include "tests/unit/peer_fixture.h"

static struct gate gate;
static struct auth_dovecot dovecot;
static struct auth_answer answer;
static struct line challenge;

static void
set_up(void)
{
	peer_listen(SOCK_STREAM);
	gate.conf.smtpgate.auth.dovecot = peer.endpoint;
	gate.conf.auth_server.timeout_s = 5;
	gate.client.is_known = false;
}

TestSuite(smtpgate_auth_dovecot, .init = set_up, .fini = peer_remove);

#define HELLO                                                                  \
	{                                                                      \
		.hear = "VERSION\t1\t1"                                        \
	}
#define SHAKES                                                                 \
	HELLO,                                                                 \
	{                                                                      \
		.hear = "CPID\t*",                                             \
		.say = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nDONE\n"         \
	}

/* ---- the handshake ------------------------------------------------------ */

/* The server's lines are at fault, and no timeout. */
static void
expect_not_understood(void)
{
	cr_expect_not_null(strstr(answer.why, "understand"), "%s", answer.why);
}

/* Say so after the hello. */
static enum auth_result
open_with(const char *said)
{
	const struct peer_step script[] = {
	    HELLO, {.hear = "CPID\t*", .say = said}, {0}};
	enum auth_result result;

	peer_start_one(script);
	result = auth_dovecot_open(&dovecot, &gate, &answer);
	if (result == AUTH_OK)
		auth_dovecot_close(&dovecot);
	peer_finish();
	cr_expect_not(dovecot.is_open);
	return result;
}

Test(smtpgate_auth_dovecot, mechanisms_that_the_gate_can_carry_are_offered)
{
	static const struct peer_step script[] = {HELLO,
	    {.hear = "CPID\t*",
		.say = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\n"
		       "MECH\tLOGIN\tplaintext\nMECH\tANONYMOUS\n"
		       "MECH\tEXTERNAL\nMECH\tSCRAM-SHA-256-PLUS\n"
		       "MECH\tSECRET\tprivate\nMECH\tlower\nMECH\n"
		       "SPID\t1\nDONE\n"},
	    {0}};

	peer_start_one(script);
	cr_expect_eq(auth_dovecot_open(&dovecot, &gate, &answer), AUTH_OK);
	cr_expect_str_eq(dovecot.mechanisms, "PLAIN LOGIN");
	/* It is connected: nothing more is said. */
	cr_expect_eq(auth_dovecot_open(&dovecot, &gate, &answer), AUTH_OK);
	auth_dovecot_close(&dovecot);
	peer_finish();
}

Test(smtpgate_auth_dovecot, another_major_version_is_unavailable)
{
	cr_expect_eq(open_with("VERSION\t2\t0\nDONE\n"), AUTH_UNAVAILABLE);
	expect_not_understood();
}

Test(smtpgate_auth_dovecot, a_handshake_without_a_version_is_unavailable)
{
	cr_expect_eq(open_with("MECH\tPLAIN\nDONE\n"), AUTH_UNAVAILABLE);
	expect_not_understood();
}

Test(smtpgate_auth_dovecot, a_handshake_without_an_end_is_unavailable)
{
	char lines[128 * 4] = "";
	unsigned i;

	for (i = 0; i < 101; i++)
		strcat(lines, "SP\n");
	cr_expect_eq(open_with(lines), AUTH_UNAVAILABLE);
	expect_not_understood();
}

/* A line of one byte too many, and its end. */
static enum auth_result
open_with_long_line(const char *end)
{
	static char line[LINE_TEXT_MAX_BYTES + 3];

	memset(line, 'x', LINE_TEXT_MAX_BYTES + 1);
	strcpy(line + LINE_TEXT_MAX_BYTES + 1, end);
	return open_with(line);
}

Test(smtpgate_auth_dovecot, a_line_that_is_too_long_is_unavailable)
{
	cr_expect_eq(open_with_long_line("\n"), AUTH_UNAVAILABLE);
	expect_not_understood();
}

Test(smtpgate_auth_dovecot, the_end_of_a_line_that_is_too_long_is_not_awaited)
{
	cr_expect_eq(open_with_long_line(""), AUTH_UNAVAILABLE);
	expect_not_understood();
}

Test(smtpgate_auth_dovecot, no_server_is_unavailable)
{
	close(peer.fd);
	cr_expect_eq(
	    auth_dovecot_open(&dovecot, &gate, &answer), AUTH_UNAVAILABLE);
	cr_expect_not(dovecot.is_open);
}

/* ---- an exchange -------------------------------------------------------- */

static const struct auth_start plain = {
    .mechanism = "PLAIN",
    .initial = "AGEAYg==",
    .is_tls = true,
};

#define AUTH "AUTH\t1\tPLAIN\tservice=smtp\tnologin\tsecured\tresp=AGEAYg=="

/* Answer AUTH so. */
static enum auth_result
begin_with(const char *said)
{
	const struct peer_step script[] = {
	    SHAKES, {.hear = AUTH, .say = said}, {0}};
	enum auth_result result;

	peer_start_one(script);
	cr_assert_eq(auth_dovecot_open(&dovecot, &gate, &answer), AUTH_OK);
	result =
	    auth_dovecot_begin(&dovecot, &gate, &plain, &challenge, &answer);
	cr_expect_eq(answer.result, result);
	auth_dovecot_close(&dovecot);
	peer_finish();
	return result;
}

Test(smtpgate_auth_dovecot, ok_lets_the_named_user_in)
{
	cr_expect_eq(begin_with("OK\t1\tuser=anna\tx=y\n"), AUTH_OK);
	cr_expect_str_eq(answer.user, "anna");
}

Test(smtpgate_auth_dovecot, ok_without_a_user_lets_no_one_in)
{
	cr_expect_eq(begin_with("OK\t1\n"), AUTH_UNAVAILABLE);
}

Test(smtpgate_auth_dovecot, ok_with_an_unclean_name_lets_no_one_in)
{
	cr_expect_eq(begin_with("OK\t1\tuser=a/b\n"), AUTH_UNAVAILABLE);
}

Test(smtpgate_auth_dovecot, a_cr_before_the_lf_is_part_of_the_name)
{
	cr_expect_eq(begin_with("OK\t1\tuser=anna\r\n"), AUTH_UNAVAILABLE);
}

Test(smtpgate_auth_dovecot, fail_denies)
{
	cr_expect_eq(begin_with("FAIL\t1\tuser=anna\n"), AUTH_DENIED);
	cr_expect_str_eq(answer.user, "anna");
}

Test(smtpgate_auth_dovecot, a_temporary_failure_is_unavailable)
{
	cr_expect_eq(begin_with("FAIL\t1\ttemp\n"), AUTH_UNAVAILABLE);
}

Test(smtpgate_auth_dovecot, a_temporary_code_is_unavailable)
{
	cr_expect_eq(begin_with("FAIL\t1\tcode=temp_fail\n"), AUTH_UNAVAILABLE);
}

Test(smtpgate_auth_dovecot, the_answers_to_others_are_passed_over)
{
	cr_expect_eq(
	    begin_with("OK\t7\tuser=bert\nOK\nOK\t1\tuser=anna\n"), AUTH_OK);
	cr_expect_str_eq(answer.user, "anna");
}

Test(smtpgate_auth_dovecot, a_challenge_that_is_no_base64_is_unavailable)
{
	cr_expect_eq(begin_with("CONT\t1\ta b\n"), AUTH_UNAVAILABLE);
}

Test(smtpgate_auth_dovecot, a_word_that_is_unknown_is_unavailable)
{
	cr_expect_eq(begin_with("WHAT\t1\n"), AUTH_UNAVAILABLE);
}

Test(smtpgate_auth_dovecot, a_challenge_is_handed_on_and_its_response_back)
{
	static const struct peer_step script[] = {SHAKES,
	    {.hear = AUTH, .say = "CONT\t1\tYWJj\n"},
	    {.hear = "CONT\t1\tZGVm", .say = "OK\t1\tuser=anna\n"}, {0}};

	peer_start_one(script);
	cr_assert_eq(auth_dovecot_open(&dovecot, &gate, &answer), AUTH_OK);
	cr_expect_eq(
	    auth_dovecot_begin(&dovecot, &gate, &plain, &challenge, &answer),
	    AUTH_CHALLENGE);
	cr_expect_str_eq(challenge.text, "YWJj");
	cr_expect_eq(
	    auth_dovecot_go_on(&dovecot, &gate, "ZGVm", &challenge, &answer),
	    AUTH_OK);
	auth_dovecot_close(&dovecot);
	peer_finish();
}

Test(smtpgate_auth_dovecot, the_clients_address_is_told_when_it_is_known)
{
	static const struct peer_step script[] = {SHAKES,
	    {.hear = "AUTH\t1\tLOGIN\tservice=smtp\tnologin"
		     "\tlip=192.0.2.25\trip=192.0.2.1",
		.say = "FAIL\t1\n"},
	    {0}};
	const struct auth_start login = {.mechanism = "LOGIN"};
	struct client *client = &gate.client;

	client->is_known = true;
	cr_assert_eq(addr_parse("192.0.2.1", &client->addr), 0);
	cr_assert_eq(addr_parse("192.0.2.25", &client->local), 0);
	addr_format(&client->addr, client->text);
	peer_start_one(script);
	cr_assert_eq(auth_dovecot_open(&dovecot, &gate, &answer), AUTH_OK);
	cr_expect_eq(
	    auth_dovecot_begin(&dovecot, &gate, &login, &challenge, &answer),
	    AUTH_DENIED);
	auth_dovecot_close(&dovecot);
	peer_finish();
}
