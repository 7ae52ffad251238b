/* SPDX-License-Identifier: ISC */
/*
 * dial - connect to a server behind the gate.
 */
#include "smtpgate/dial.h"

#include "common/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A unix socket's full queue gives no event to wait for. */
#define QUEUE_FULL_RETRY_MS 20

static int
connect_wait(int fd, int64_t deadline_ms)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
	int64_t left;
	int error = 0, ready;
	socklen_t len = sizeof(error);

	do {
		left = deadline_ms - clock_mono_ms();
		ready = poll(&pollfd, 1, left > 0 ? (int)left : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	if (ready == 0)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return -errno;
	return -error;
}

static int
connect_fd(int fd, const struct conf_endpoint *endpoint, int64_t deadline_ms)
{
	/* connect(2) wants the general type of any socket address. */
	const struct sockaddr *addr = (const struct sockaddr *)&endpoint->addr;

	while (connect(fd, addr, endpoint->addr_len) != 0) {
		if (errno == EINPROGRESS)
			return connect_wait(fd, deadline_ms);
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (clock_mono_ms() >= deadline_ms)
			return -ETIMEDOUT;
		poll(NULL, 0, QUEUE_FULL_RETRY_MS);
	}
	return 0;
}

int
dial(const struct conf_endpoint *endpoint, int type, int64_t deadline_ms)
{
	int fd = socket(
	    endpoint->addr.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error, on = 1;

	if (fd < 0)
		return -errno;
	/* Fails on a unix socket, which has no delay to switch off. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	error = connect_fd(fd, endpoint, deadline_ms);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}
