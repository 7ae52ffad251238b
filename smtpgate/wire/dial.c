/* SPDX-License-Identifier: ISC */
#include "smtpgate/wire/dial.h"

#include "common/clock.h"
#include "common/wait.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* No event reports that a unix socket's queue has room again. */
#define QUEUE_FULL_RETRY_MS 20

static int
connect_wait(int fd, int64_t deadline_ms)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
	int error = wait_until(&pollfd, 1, deadline_ms);
	socklen_t len = sizeof(error);

	if (error != 0)
		return error;
	if ((pollfd.revents & (POLLERR | POLLHUP)) == 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return -errno;
	return -error;
}

/* The same address without the first "/" of its path. */
static socklen_t
path_from_here(
    const struct conf_endpoint *endpoint, struct sockaddr_storage *here_out)
{
	struct sockaddr_un un;
	size_t len;

	memcpy(&un, &endpoint->addr, sizeof(un));
	len = strnlen(un.sun_path, sizeof(un.sun_path) - 1);
	memmove(un.sun_path, un.sun_path + 1, len);
	memcpy(here_out, &un, sizeof(un));
	return endpoint->addr_len - 1;
}

static int
connect_fd(int fd, const struct conf_endpoint *endpoint, int64_t deadline_ms)
{
	struct sockaddr_storage addr = endpoint->addr;
	socklen_t len = endpoint->addr_len;

	if (addr.ss_family == AF_UNIX)
		len = path_from_here(endpoint, &addr);
	/* connect(2) wants the general type of any socket address. */
	while (connect(fd, (const struct sockaddr *)&addr, len) != 0) {
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
