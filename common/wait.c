/* SPDX-License-Identifier: ISC */
#include "common/wait.h"

#include "common/clock.h"

#include <errno.h>
#include <limits.h>

int
wait_until(struct pollfd *fds, nfds_t n, int64_t deadline_ms)
{
	int64_t left_ms;
	int ready;

	for (;;) {
		left_ms = deadline_ms - clock_mono_ms();
		if (left_ms < 0)
			left_ms = 0;
		if (left_ms > INT_MAX)
			left_ms = INT_MAX;
		ready = poll(fds, n, (int)left_ms);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
		/* A signal ended poll(2), or the deadline is far away. */
		if (clock_mono_ms() >= deadline_ms)
			return -ETIMEDOUT;
	}
}

int
wait_fd(int fd, short events, int64_t deadline_ms)
{
	struct pollfd pollfd = {.fd = fd, .events = events};

	return wait_until(&pollfd, 1, deadline_ms);
}
