/* SPDX-License-Identifier: ISC */
/* auth: AUTH and its exchange with the client. */
#include "smtpgate/session/auth.h"

#include "tests/unit/session_fixture.h"

/* ---- smtpgate-auth: "joe" has the password "secret" ---------------------- */

static pthread_t thread;
static int n_requests; /* that it will serve */

static void
answer(int fd, enum answer_kind kind, const char *user)
{
	unsigned char record[ANSWER_BYTES];
	struct answer reply = {.kind = kind};

	strcpy(reply.user, user);
	cr_expect_gt(send(fd, record, answer_format(&reply, record), 0), 0);
}

static void *
auth_main(void *arg)
{
	unsigned char record[REQUEST_BYTES];
	struct request request;
	ssize_t len;
	int fd;

	for (; n_requests > 0; n_requests--) {
		fd = accept(peer.fd, NULL, NULL);
		answer(fd, ANSWER_READY, "");
		len = recv(fd, record, sizeof(record), 0);
		cr_expect_eq(request_parse(record, (size_t)len, &request), 0);
		if (strcmp(request.user, "joe") == 0 &&
		    strcmp(request.password, "secret") == 0)
			answer(fd, ANSWER_OK, "joe");
		else
			answer(fd, ANSWER_DENIED, "");
		close(fd);
	}
	return arg;
}

/* The session, after EHLO, on a network where passwords need no TLS. */
static void
set_up(void)
{
	static struct cidr network;
	struct conf_smtpgate *conf = &gate.conf.smtpgate;

	session_set_up();
	cr_assert_eq(cidr_parse("192.0.2.0/24", &network), 0);
	conf->auth_plain_networks.items = &network;
	conf->auth_plain_networks.n = 1;
	conf->auth.kind = CONF_AUTH_PAM;
	gate.conf.services[CONF_SERVICE_SMTP].offers_auth = true;
	session.is_esmtp = true;
	session_enter(&session, SESSION_READY);
}

TestSuite(smtpgate_auth, .init = set_up, .fini = session_tear_down);

/* Have smtpgate-auth answer n requests. */
static void
serve_passwords(int n)
{
	peer_remove();
	peer_listen(SOCK_SEQPACKET);
	gate.conf.auth_server.socket = peer.endpoint;
	gate.conf.auth_server.timeout_s = 5;
	n_requests = n;
	cr_assert_eq(pthread_create(&thread, NULL, auth_main, NULL), 0);
}

static void
all_were_asked(void)
{
	pthread_join(thread, NULL);
	cr_expect_eq(n_requests, 0);
}

#define JOE_SECRET "AGpvZQBzZWNyZXQ=" /* NUL joe NUL secret */
#define JOE_WRONG "AGpvZQB3cm9uZw=="  /* NUL joe NUL wrong */

/* ---- where it may be used ----------------------------------------------- */

Test(smtpgate_auth, it_is_not_implemented_where_it_is_not_served)
{
	gate.conf.services[CONF_SERVICE_SMTP].offers_auth = false;
	auth_serve(&session, "PLAIN " JOE_SECRET);
	expect_got("502 5.5.1 ");
	cr_expect_null(auth_mechanisms(&session));
}

Test(smtpgate_auth, it_needs_ehlo)
{
	session.is_esmtp = false;
	auth_serve(&session, "PLAIN " JOE_SECRET);
	expect_got("503 5.5.1 Send EHLO first\r\n");
}

Test(smtpgate_auth, it_is_refused_in_a_transaction)
{
	session_enter(&session, SESSION_MAIL);
	auth_serve(&session, "PLAIN " JOE_SECRET);
	expect_got("503 5.5.1 A message has already begun");
	session_enter(&session, SESSION_READY);
}

Test(smtpgate_auth, it_needs_tls_outside_of_the_listed_networks)
{
	gate.conf.smtpgate.auth_plain_networks.n = 0;
	cr_expect_null(auth_mechanisms(&session));
	auth_serve(&session, "PLAIN " JOE_SECRET);
	expect_got("538 5.7.11 Send STARTTLS first");
	cr_expect_str_eq(session.login, "");
}

Test(smtpgate_auth, a_client_of_unknown_address_needs_tls)
{
	gate.client.is_known = false;
	auth_serve(&session, "PLAIN " JOE_SECRET);
	expect_got("538 5.7.11 ");
}

Test(smtpgate_auth, a_mechanism_that_is_not_offered_is_refused)
{
	cr_expect_str_eq(auth_mechanisms(&session), "PLAIN LOGIN");
	auth_serve(&session, "CRAM-MD5");
	expect_got("504 5.5.4 ");
	auth_serve(&session, "PLAI " JOE_SECRET);
	expect_got("504 5.5.4 ");
}

/* ---- the exchange ------------------------------------------------------- */

Test(smtpgate_auth, plain_logs_in_with_the_initial_response)
{
	serve_passwords(1);
	auth_serve(&session, "plain " JOE_SECRET);
	cr_expect_str_eq(client_got(), "235 2.7.0 Logged in\r\n");
	cr_expect_str_eq(session.login, "joe");
	all_were_asked();
}

Test(smtpgate_auth, plain_asks_where_the_initial_response_is_missing)
{
	serve_passwords(1);
	client_says(JOE_SECRET "\r\n");
	auth_serve(&session, "PLAIN");
	cr_expect_str_eq(client_got(), "334 \r\n235 2.7.0 Logged in\r\n");
	all_were_asked();
}

Test(smtpgate_auth, login_asks_for_user_and_password)
{
	serve_passwords(1);
	client_says("am9l\r\nc2VjcmV0\r\n");
	auth_serve(&session, "LOGIN");
	cr_expect_str_eq(client_got(),
	    "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n"
	    "235 2.7.0 Logged in\r\n");
	cr_expect_str_eq(session.login, "joe");
	all_were_asked();
}

Test(smtpgate_auth, a_client_that_is_logged_in_cannot_log_in_again)
{
	strcpy(session.login, "joe");
	cr_expect_null(auth_mechanisms(&session));
	auth_serve(&session, "PLAIN " JOE_SECRET);
	expect_got("503 5.5.1 Already logged in\r\n");
}

Test(smtpgate_auth, a_wrong_password_is_an_error_and_the_last_try_the_end)
{
	serve_passwords(2);
	gate.conf.smtpgate.max_auth_tries = 2;
	auth_serve(&session, "PLAIN " JOE_WRONG);
	expect_got("535 5.7.8 ");
	cr_expect_eq(session.dialogue.n_errors, 1);
	cr_expect_not(session.dialogue.is_over);
	auth_serve(&session, "PLAIN " JOE_WRONG);
	expect_got("535 5.7.8 Wrong user name or password\r\n421 4.7.0 ");
	expect_over(EVENT_END_AUTH);
	cr_expect_str_eq(session.login, "");
	all_were_asked();
}

Test(smtpgate_auth, without_smtpgate_auth_the_client_may_try_later)
{
	gate.conf.auth_server.socket = peer.endpoint;
	close(peer.fd);
	auth_serve(&session, "PLAIN " JOE_SECRET);
	expect_got("454 4.7.0 ");
	cr_expect_str_eq(session.login, "");
	cr_expect_eq(session.dialogue.n_errors, 0);
}

Test(smtpgate_auth, a_star_cancels)
{
	client_says("*\r\n");
	auth_serve(&session, "LOGIN");
	cr_expect_str_eq(
	    client_got(), "334 VXNlcm5hbWU6\r\n501 5.7.0 Cancelled\r\n");
}

Test(smtpgate_auth, what_is_no_base64_is_refused)
{
	auth_serve(&session, "PLAIN a");
	expect_got("501 5.5.2 Invalid base64");
	auth_serve(&session, "PLAIN ");
	expect_got("501 5.5.2 ");
	auth_serve(&session, "PLAIN =");
	expect_got("501 5.5.2 ");
}

Test(smtpgate_auth, a_client_that_closes_in_the_exchange_is_over)
{
	shutdown(client_fd, SHUT_WR);
	auth_serve(&session, "LOGIN");
	cr_expect_str_eq(client_got(), "334 VXNlcm5hbWU6\r\n");
	expect_over(EVENT_END_EOF);
}

/* ---- Dovecot ------------------------------------------------------------ */

#define DOVECOT_GREETS                                                         \
	{                                                                      \
		.say = "VERSION\t1\t1\nMECH\tCRAM-MD5\nMECH\tPLAIN\n"          \
		       "SPID\t1\nCUID\t1\nCOOKIE\tx\nDONE\n"                   \
	}

static void
use_dovecot(void)
{
	gate.conf.smtpgate.auth.kind = CONF_AUTH_DOVECOT;
	gate.conf.smtpgate.auth.dovecot = peer.endpoint;
}

Test(smtpgate_auth, dovecots_mechanisms_are_offered)
{
	static const struct peer_step script[] = {
	    {.hear = "VERSION\t1\t1"}, {.skip = 4}, DOVECOT_GREETS, {0}};

	use_dovecot();
	peer_start_one(script);
	cr_expect_str_eq(auth_mechanisms(&session), "CRAM-MD5 PLAIN");
	auth_dovecot_close(&session.dovecot);
	pthread_join(peer.thread, NULL);
}

Test(smtpgate_auth, without_dovecot_the_usual_mechanisms_are_offered)
{
	use_dovecot();
	close(peer.fd);
	cr_expect_str_eq(auth_mechanisms(&session), "PLAIN LOGIN");
	auth_serve(&session, "PLAIN " JOE_SECRET);
	expect_got("454 4.7.0 ");
}
