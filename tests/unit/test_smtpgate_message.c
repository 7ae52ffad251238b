/* SPDX-License-Identifier: ISC */
/* message: no 250 that is not the backend's, none for half a message. */
#include "smtpgate/backend/message.h"

#include "common/clock.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct stream client;
static struct backend backend;
static struct message message;
static int client_peer, backend_peer;

/* What the backend's thread has read, and what it answers at the end. */
static char got[65536];
static size_t got_len;
static const char *answer;

static void
set_up(void)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	cr_assert_eq(stream_init(&client, fds[0], fds[0]), 0);
	client_peer = fds[1];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	cr_assert_eq(stream_init(&backend.stream, fds[0], fds[0]), 0);
	backend_peer = fds[1];
	backend.state = BACKEND_IDENTIFIED;
	message = (struct message){
	    .client = &client,
	    .backend = &backend,
	    .block_timeout_s = 5,
	    .reply_timeout_s = 5,
	    .data_timeout_s = 5,
	    .deadline_ms = clock_mono_ms() + 5000,
	};
}

TestSuite(smtpgate_message, .init = set_up);

static void *
backend_main(void *arg)
{
	ssize_t n;

	while ((n = read(backend_peer, got + got_len,
		    sizeof(got) - 1 - got_len)) > 0) {
		got_len += (size_t)n;
		if (got_len >= 3 && answer != NULL &&
		    memcmp(got + got_len - 3, ".\r\n", 3) == 0 &&
		    write(backend_peer, answer, strlen(answer)) < 0)
			break;
	}
	close(backend_peer);
	return arg;
}

/* Carry it with a thread for a backend, and see that it ended. */
static enum message_result
carry(const char *said, size_t n)
{
	enum message_result result;
	pthread_t thread;

	cr_assert_eq((int)write(client_peer, said, n), (int)n);
	cr_assert_eq(pthread_create(&thread, NULL, backend_main, NULL), 0);
	result = message_carry(&message);
	backend_drop(&backend);
	pthread_join(thread, NULL);
	return result;
}

Test(smtpgate_message, it_is_carried_with_its_header_and_answered)
{
	static const char said[] = "a\r\n.\r\nQUIT\r\n";

	answer = "250 2.0.0 Ok: queued as 7\r\n";
	message.header = "Received: x\r\n";
	message.header_len = strlen(message.header);
	cr_assert_eq(carry(said, sizeof(said) - 1), MESSAGE_ANSWERED);
	cr_expect_eq(backend.response.code, 250);
	cr_expect_str_eq(got, "Received: x\r\na\r\n.\r\n");
	cr_expect_eq(message.size, 3);
	/* the commands behind it are still there */
	cr_expect_eq(client.end - client.begin, 6);
}

Test(smtpgate_message, a_client_that_vanishes_sends_no_end)
{
	cr_assert_eq((int)write(client_peer, "a\r\n.\r", 5), 5);
	close(client_peer);
	cr_expect_eq(message_carry(&message), MESSAGE_CLIENT_LOST);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
	cr_expect_eq((int)read(backend_peer, got, sizeof(got)), 3);
	cr_expect_str_eq(got, "a\r\n");
}

Test(smtpgate_message, a_client_that_stalls_sends_no_end)
{
	message.deadline_ms = clock_mono_ms() + 20;
	cr_assert_eq((int)write(client_peer, "a\r\n", 3), 3);
	cr_expect_eq(message_carry(&message), MESSAGE_CLIENT_TIMEOUT);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
}

Test(smtpgate_message, a_client_that_owes_a_data_timeout_sends_no_end)
{
	client.patience.min_rate = 500;
	client.patience.debt_ms = 7000;
	message.begin_debt_ms = 1980;
	message.deadline_ms = clock_mono_ms() + 60000;
	message.data_timeout_s = 5;
	cr_assert_eq((int)write(client_peer, "a\r\n", 3), 3);
	cr_expect_eq(message_carry(&message), MESSAGE_CLIENT_TIMEOUT);
	cr_expect_eq(backend.state, BACKEND_CLOSED);
}

Test(smtpgate_message, a_nul_closes_the_backend_and_is_read_to_its_end)
{
	static const char said[] = "a\r\n.\0\r\nb\r\n.\r\nQUIT\r\n";

	cr_expect_eq(carry(said, sizeof(said) - 1), MESSAGE_HAS_NUL);
	cr_expect_eq(got_len, 0);
	cr_expect_eq(client.end - client.begin, 6);
}

Test(smtpgate_message, an_early_250_is_no_answer)
{
	static const char early[] = "250 Ok\r\n", said[] = "a\r\n.\r\n";

	cr_assert_eq((int)write(backend_peer, early, sizeof(early) - 1),
	    (int)sizeof(early) - 1);
	cr_expect_eq(carry(said, sizeof(said) - 1), MESSAGE_BACKEND_FAILED);
	cr_expect_eq(message.backend_result, BACKEND_LOST);
	cr_expect_eq(got_len, 0);
}

Test(smtpgate_message, an_early_refusal_is_one)
{
	static const char early[] = "552 Big\r\n", said[] = "a\r\n.\r\n";

	cr_assert_eq((int)write(backend_peer, early, sizeof(early) - 1),
	    (int)sizeof(early) - 1);
	cr_expect_eq(carry(said, sizeof(said) - 1), MESSAGE_ANSWERED);
	cr_expect_eq(backend.response.code, 552);
}

Test(smtpgate_message, a_backend_that_dies_costs_the_message_only)
{
	static const char said[] = "a\r\n.\r\nQUIT\r\n";

	cr_assert_eq((int)write(client_peer, said, sizeof(said) - 1),
	    (int)sizeof(said) - 1);
	close(backend_peer);
	cr_expect_eq(message_carry(&message), MESSAGE_BACKEND_FAILED);
	cr_expect_eq(client.end - client.begin, 6);
}

Test(smtpgate_message, a_3xx_at_the_end_is_no_answer)
{
	static const char said[] = "a\r\n.\r\n";

	answer = "354 more\r\n";
	cr_expect_eq(carry(said, sizeof(said) - 1), MESSAGE_BACKEND_FAILED);
	cr_expect_eq(message.backend_result, BACKEND_GARBAGE);
}

Test(smtpgate_message, a_bare_newline_is_refused_if_it_is_to_be)
{
	static const char said[] = "a\nb\r\n.\r\nQUIT\r\n";

	message.is_bare_refused = true;
	cr_expect_eq(carry(said, sizeof(said) - 1), MESSAGE_HAS_BARE);
	cr_expect_eq(got_len, 0);
	cr_expect_eq(client.end - client.begin, 6);
}

Test(smtpgate_message, a_chunk_is_carried_as_it_is)
{
	static const char said[] = "a\n.\r\nb\r.QUIT\r\n";
	struct data chunks = {.state = DATA_MIDDLE};
	pthread_t thread;

	answer = "250 2.0.0 Ok\r\n";
	cr_assert_eq((int)write(client_peer, said, sizeof(said) - 1),
	    (int)sizeof(said) - 1);
	/* the backend's thread answers behind ".\r\n" */
	cr_assert_eq(pthread_create(&thread, NULL, backend_main, NULL), 0);
	cr_expect_eq(
	    message_carry_chunk(&message, &chunks, 5), MESSAGE_ANSWERED);
	cr_expect_eq(backend.response.code, 250);
	backend_drop(&backend);
	pthread_join(thread, NULL);
	cr_expect_str_eq(got, "a\n.\r\n");
	cr_expect_eq(client.end - client.begin, sizeof(said) - 1 - 5);
}

Test(smtpgate_message, a_chunk_without_a_backend_is_read_and_forgotten)
{
	struct data chunks = {.state = DATA_MIDDLE};

	message.backend = NULL;
	cr_assert_eq((int)write(client_peer, "\0bcdeQUIT\r\n", 11), 11);
	cr_expect_eq(
	    message_carry_chunk(&message, &chunks, 5), MESSAGE_SKIPPED);
	cr_expect_eq(client.end - client.begin, 6);
}
