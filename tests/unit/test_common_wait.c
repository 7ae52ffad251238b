/* SPDX-License-Identifier: ISC */
#include "common/wait.h"

#include "common/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int ours, peers;

static void
set_up(void)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ours = fds[0];
	peers = fds[1];
}

static volatile sig_atomic_t n_signals;

static void
on_alarm(int number)
{
	n_signals += number == SIGALRM;
}

TestSuite(common_wait, .init = set_up);

Test(common_wait, a_readable_descriptor_ends_it)
{
	cr_assert_eq(write(peers, "x", 1), 1);
	cr_expect_eq(wait_fd(ours, POLLIN, WAIT_FOR_EVER), 0);
}

Test(common_wait, a_deadline_that_has_passed_still_finds_an_event)
{
	cr_assert_eq(write(peers, "x", 1), 1);
	cr_expect_eq(wait_fd(ours, POLLIN, 0), 0);
	cr_expect_eq(wait_fd(ours, POLLIN, INT64_MIN / 2), 0);
}

Test(common_wait, it_ends_at_the_deadline_and_not_before)
{
	int64_t deadline_ms = clock_mono_ms() + 30;

	cr_expect_eq(wait_fd(ours, POLLIN, deadline_ms), -ETIMEDOUT);
	cr_expect_geq(clock_mono_ms(), deadline_ms);
}

Test(common_wait, it_waits_for_nothing_but_the_deadline)
{
	int64_t deadline_ms = clock_mono_ms() + 20;

	cr_expect_eq(wait_until(NULL, 0, deadline_ms), -ETIMEDOUT);
	cr_expect_geq(clock_mono_ms(), deadline_ms);
}

Test(common_wait, a_descriptor_of_minus_one_is_ignored)
{
	struct pollfd fds[] = {
	    {.fd = ours, .events = POLLIN},
	    {.fd = -1, .events = POLLIN},
	};

	cr_expect_eq(wait_until(fds, 2, 0), -ETIMEDOUT);
	cr_assert_eq(write(peers, "x", 1), 1);
	cr_expect_eq(wait_until(fds, 2, WAIT_FOR_EVER), 0);
	cr_expect_eq(fds[0].revents, POLLIN);
	cr_expect_eq(fds[1].revents, 0);
}

Test(common_wait, the_end_of_the_peer_is_an_event)
{
	close(peers);
	cr_expect_eq(wait_fd(ours, POLLIN, WAIT_FOR_EVER), 0);
}

Test(common_wait, a_signal_does_not_end_it)
{
	const struct sigaction action = {.sa_handler = on_alarm};
	const struct itimerval often = {{0, 2000}, {0, 2000}}, never = {0};
	int64_t deadline_ms = clock_mono_ms() + 50;

	cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
	cr_assert_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	cr_expect_eq(wait_fd(ours, POLLIN, deadline_ms), -ETIMEDOUT);
	cr_assert_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	cr_expect_geq(clock_mono_ms(), deadline_ms);
	cr_expect_gt(n_signals, 0);
}

Test(common_wait, what_poll_refuses_is_an_error)
{
	/* More descriptors than the process may have. */
	cr_expect_eq(wait_until(NULL, (nfds_t)-1, 0), -EINVAL);
}
