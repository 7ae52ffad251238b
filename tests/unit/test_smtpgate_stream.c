/* SPDX-License-Identifier: ISC */
/* stream: bytes with a deadline. */
#include "smtpgate/wire/stream.h"

#include "common/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct stream stream;
static struct line line;
static int peer;

static void
connect_pair(void)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	cr_assert_eq(stream_init(&stream, fds[0], fds[0]), 0);
	peer = fds[1];
}

static void
peer_says(const char *text)
{
	ssize_t len = (ssize_t)strlen(text);

	cr_assert_eq((int)write(peer, text, strlen(text)), (int)len);
}

static int64_t
soon(void)
{
	return clock_mono_ms() + 5000;
}

TestSuite(smtpgate_stream, .init = connect_pair);

Test(smtpgate_stream, lines_come_one_by_one_out_of_one_packet)
{
	peer_says("a\r\nb\r\n");
	cr_assert_eq(stream_read_line(&stream, &line, soon()), 0);
	cr_expect_str_eq(line.text, "a");
	cr_expect(stream_has_input(&stream));
	cr_assert_eq(stream_read_line(&stream, &line, soon()), 0);
	cr_expect_str_eq(line.text, "b");
	cr_expect_not(stream_has_input(&stream));
}

Test(smtpgate_stream, a_closed_peer_is_the_end)
{
	peer_says("half");
	close(peer);
	cr_expect_eq(stream_read_line(&stream, &line, soon()), STREAM_EOF);
}

Test(smtpgate_stream, a_deadline_that_is_over_ends_the_wait)
{
	cr_expect_eq(stream_fill(&stream, clock_mono_ms(), -1), -ETIMEDOUT);
	peer_says("half");
	cr_expect_eq(
	    stream_read_line(&stream, &line, clock_mono_ms() + 20), -ETIMEDOUT);
}

Test(smtpgate_stream, a_watched_descriptor_ends_the_wait)
{
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq((int)write(fds[1], "x", 1), 1);
	cr_expect_eq(stream_fill(&stream, soon(), fds[0]), STREAM_WATCHED);
}

Test(smtpgate_stream, buffered_bytes_need_no_wait)
{
	peer_says("a\r\nb");
	stream_read_line(&stream, &line, soon());
	cr_expect_eq(stream_fill(&stream, 0, -1), STREAM_DONE);
}

Test(smtpgate_stream, a_peer_that_takes_nothing_ends_at_the_deadline)
{
	static char much[4 << 20];

	cr_expect_eq(
	    stream_write(&stream, much, sizeof(much), clock_mono_ms() + 20),
	    -ETIMEDOUT);
}

Test(smtpgate_stream, a_peer_that_is_gone_is_an_error_and_no_signal)
{
	signal(SIGPIPE, SIG_DFL);
	close(peer);
	cr_expect_eq(stream_write(&stream, "x", 1, soon()), -EPIPE);
}

Test(smtpgate_stream, who_speaks_meanwhile_is_heard_first)
{
	peer_says("552 no\r\n");
	cr_expect_eq(stream_write_unless_spoken_to(&stream, "x", 1, soon()),
	    STREAM_WATCHED);
	cr_assert_eq(stream_fill(&stream, soon(), -1), STREAM_DONE);
	cr_expect_eq(stream_write_unless_spoken_to(&stream, "x", 1, soon()),
	    STREAM_WATCHED);
}

Test(smtpgate_stream, trying_tells_bytes_from_their_end)
{
	cr_expect_not(stream_try_fill(&stream));
	peer_says("x");
	cr_expect(stream_try_fill(&stream));
	stream.begin = stream.end;
	close(peer);
	cr_expect_not(stream_try_fill(&stream));
}

/* A peer that owes some ms, of a listener that is crowded or not. */
static void
be_patient(bool is_crowded, int64_t owed_ms)
{
	struct crowd *crowd = crowd_new();

	cr_assert_not_null(crowd);
	crowd_set(crowd, is_crowded);
	stream.patience = (struct stream_patience){.crowd = crowd,
	    .max_debt_ms = 1000,
	    .min_rate = 100,
	    .debt_ms = owed_ms};
}

Test(smtpgate_stream, a_crowded_listener_waits_no_longer_than_a_peer_may_owe)
{
	be_patient(true, 980);
	cr_expect_eq(
	    stream_fill(&stream, clock_mono_ms() + 60000, -1), -ETIMEDOUT);
	cr_expect_geq(stream.patience.debt_ms, 1000);
	cr_expect_eq(stream_read_line(&stream, &line, clock_mono_ms() + 60000),
	    -ETIMEDOUT);
}

Test(smtpgate_stream, a_listener_with_places_waits_until_the_deadline)
{
	be_patient(false, 100000);
	cr_expect_eq(
	    stream_fill(&stream, clock_mono_ms() + 20, -1), -ETIMEDOUT);
	cr_expect_geq(stream.patience.debt_ms, 100020);
}

Test(smtpgate_stream, what_is_there_already_is_read_whatever_is_owed)
{
	be_patient(true, 5000);
	peer_says("a\r\n");
	cr_expect_eq(stream_read_line(&stream, &line, soon()), STREAM_DONE);
}

Test(smtpgate_stream, bytes_pay_for_the_time_at_the_least_rate)
{
	be_patient(true, 500);
	peer_says("twenty bytes are in\n");
	cr_assert_eq(stream_fill(&stream, soon(), -1), STREAM_DONE);
	cr_expect_leq(stream.patience.debt_ms, 320);
	cr_expect_geq(stream.patience.debt_ms, 300);
}

Test(smtpgate_stream, pipes_will_do)
{
	int to[2], from[2];
	char text[8] = "";

	cr_assert_eq(pipe(to), 0);
	cr_assert_eq(pipe(from), 0);
	cr_assert_eq(stream_init(&stream, to[0], from[1]), 0);
	cr_assert_eq((int)write(to[1], "a\r\n", 3), 3);
	cr_expect_eq(stream_read_line(&stream, &line, soon()), 0);
	cr_expect_eq(stream_write(&stream, "ok", 2, soon()), 0);
	cr_expect_eq((int)read(from[0], text, sizeof(text)), 2);
	cr_expect_str_eq(text, "ok");
}

Test(smtpgate_stream, a_closed_descriptor_is_told)
{
	cr_expect_eq(stream_init(&stream, -1, -1), -EBADF);
}
