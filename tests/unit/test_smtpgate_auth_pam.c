/* SPDX-License-Identifier: ISC */
/* auth_pam: which answer of smtpgate-auth is which result. */
#include "smtpgate/password/auth_pam.h"

#include "tests/unit/peer_fixture.h"

#include <errno.h>

/* recv(2) and send(2) of the gate, which a signal may interrupt. */
static int n_interrupts;

static bool
is_interrupted(int flags)
{
	if ((flags & MSG_DONTWAIT) == 0 || n_interrupts == 0)
		return false;
	n_interrupts--;
	errno = EINTR;
	return true;
}

ssize_t
recv(int fd, void *bytes, size_t n, int flags)
{
	return is_interrupted(flags)
		   ? -1
		   : recvfrom(fd, bytes, n, flags, NULL, NULL);
}

ssize_t
send(int fd, const void *bytes, size_t n, int flags)
{
	return is_interrupted(flags) ? -1
				     : sendto(fd, bytes, n, flags, NULL, 0);
}

static struct gate gate;
static struct auth_answer answer;

/* A server that answers each connection by READY, and then by this. */
static struct {
	pthread_t thread;
	const struct answer *answers;
	size_t n;
	struct request request; /* the latest that came */
} server;

static void
set_up(void)
{
	peer_listen(SOCK_SEQPACKET);
	gate.conf.auth_server.socket = peer.endpoint;
	gate.conf.auth_server.timeout_s = 5;
	strcpy(gate.client.session, "0a1b2c3d4e5f");
}

TestSuite(smtpgate_auth_pam, .init = set_up, .fini = peer_remove);

static void
send_answer(int fd, const struct answer *what)
{
	unsigned char record[ANSWER_BYTES];

	(void)send(fd, record, answer_format(what, record), MSG_NOSIGNAL);
}

static void *
server_main(void *arg)
{
	const struct answer ready = {.kind = ANSWER_READY};
	unsigned char record[REQUEST_BYTES];
	ssize_t len;
	size_t i;
	int fd;

	for (i = 0; i < server.n; i++) {
		fd = accept(peer.fd, NULL, NULL);
		if (server.answers[i].kind != ANSWER_BUSY) {
			send_answer(fd, &ready);
			len = recv(fd, record, sizeof(record), 0);
			if (len > 0)
				request_parse(
				    record, (size_t)len, &server.request);
		}
		if (server.answers[i].kind != ANSWER_READY)
			send_answer(fd, &server.answers[i]);
		close(fd);
	}
	return arg;
}

/* Ask a server that answers so, connection by connection. */
static enum auth_result
ask(const struct answer *answers, size_t n)
{
	struct request request = {.user = "anna", .password = "secret"};

	server.answers = answers;
	server.n = n;
	if (n > 0)
		cr_assert_eq(
		    pthread_create(&server.thread, NULL, server_main, NULL), 0);
	auth_pam_ask(&gate, true, &request, &answer);
	if (n > 0)
		pthread_join(server.thread, NULL);
	return answer.result;
}

static enum auth_result
ask_one(enum answer_kind kind)
{
	const struct answer one = {.kind = kind};

	return ask(&one, 1);
}

Test(smtpgate_auth_pam, the_user_of_an_ok_is_let_in)
{
	const struct answer ok = {.kind = ANSWER_OK, .user = "anna@example"};

	gate.client.is_known = true;
	cr_assert_eq(addr_parse("192.0.2.1", &gate.client.addr), 0);
	cr_expect_eq(ask(&ok, 1), AUTH_OK);
	cr_expect_str_eq(server.request.session, gate.client.session);
	cr_expect_str_eq(answer.user, "anna@example");
	cr_expect_str_eq(server.request.user, "anna");
	cr_expect_str_eq(server.request.password, "secret");
	cr_expect(server.request.is_tls);
	cr_expect(server.request.is_client_known);
	cr_expect_arr_eq(server.request.client.bytes, gate.client.addr.bytes,
	    sizeof(gate.client.addr.bytes));
}

Test(smtpgate_auth_pam, a_denial_is_one)
{
	cr_expect_eq(ask_one(ANSWER_DENIED), AUTH_DENIED);
	cr_expect_str_eq(answer.why, "");
}

Test(smtpgate_auth_pam, too_many_failures_are_said)
{
	cr_expect_eq(ask_one(ANSWER_TOO_MANY), AUTH_TOO_MANY);
}

Test(smtpgate_auth_pam, a_stack_that_cannot_decide_is_unavailable)
{
	cr_expect_eq(ask_one(ANSWER_UNAVAILABLE), AUTH_UNAVAILABLE);
	cr_expect_str_neq(answer.why, "");
}

Test(smtpgate_auth_pam, the_end_without_an_answer_is_unavailable)
{
	/* READY is sent, and nothing else. */
	cr_expect_eq(ask_one(ANSWER_READY), AUTH_UNAVAILABLE);
	cr_expect_str_neq(answer.why, "");
}

Test(smtpgate_auth_pam, a_busy_server_is_asked_again)
{
	const struct answer answers[] = {
	    {.kind = ANSWER_BUSY}, {.kind = ANSWER_DENIED}};

	cr_expect_eq(ask(answers, 2), AUTH_DENIED);
}

Test(smtpgate_auth_pam, no_server_is_unavailable)
{
	close(peer.fd);
	cr_expect_eq(ask(NULL, 0), AUTH_UNAVAILABLE);
	cr_expect_str_eq(answer.why, "smtpgate-auth is not running; start it");
}

Test(smtpgate_auth_pam, a_signal_does_not_make_it_unavailable)
{
	for (int n = 1; n <= 3; n++) {
		n_interrupts = n;
		cr_expect_eq(ask_one(ANSWER_DENIED), AUTH_DENIED, "%d", n);
		cr_expect_eq(n_interrupts, 0);
	}
}
