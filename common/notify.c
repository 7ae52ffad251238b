/* SPDX-License-Identifier: ISC */
#include "common/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* SD_LISTEN_FDS_START of sd_listen_fds(3) */
#define FIRST_FD 3

static int manager_fd = -1;
static uint32_t watchdog_ms;
static struct notify_socket sockets[NOTIFY_SOCKETS_MAX];
static size_t n_sockets;

/* The number in an environment variable, or fallback. */
static unsigned long long
number_of(const char *variable, unsigned long long fallback)
{
	const char *text = getenv(variable);
	char *end;
	unsigned long long number;

	if (text == NULL || *text == '\0')
		return fallback;
	number = strtoull(text, &end, 10);
	return *end == '\0' ? number : fallback;
}

static void
connect_manager(void)
{
	struct sockaddr_un manager = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	len = strlen(path);
	if (len >= sizeof(manager.sun_path))
		return;
	memcpy(manager.sun_path, path, len);
	if (path[0] == '@') /* an abstract one */
		manager.sun_path[0] = '\0';
	manager_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (manager_fd < 0)
		return;
	if (connect(manager_fd, (struct sockaddr *)&manager,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) !=
	    0) {
		close(manager_fd);
		manager_fd = -1;
	}
}

int
notify_first_other_fd(void)
{
	unsigned long long n = number_of("LISTEN_FDS", 0);

	if (number_of("LISTEN_PID", 0) != (unsigned long long)getpid())
		return FIRST_FD;
	return FIRST_FD +
	       (int)(n < NOTIFY_SOCKETS_MAX ? n : NOTIFY_SOCKETS_MAX);
}

static void
take_sockets(void)
{
	const char *names = getenv("LISTEN_FDNAMES");
	int fd, end = notify_first_other_fd();

	for (fd = FIRST_FD; fd < end; fd++) {
		struct notify_socket *taken = &sockets[n_sockets++];

		taken->fd = fd;
		(void)fcntl(taken->fd, F_SETFD, FD_CLOEXEC);
		if (names == NULL)
			continue;
		snprintf(taken->name, sizeof(taken->name), "%.*s",
		    (int)strcspn(names, ":"), names);
		names = strchr(names, ':');
		if (names != NULL)
			names++;
	}
}

void
notify_init(void)
{
	connect_manager();
	if (number_of("WATCHDOG_PID", (unsigned long long)getpid()) ==
	    (unsigned long long)getpid())
		watchdog_ms =
		    (uint32_t)(number_of("WATCHDOG_USEC", 0) / 1000 / 2);
	take_sockets();
}

const struct notify_socket *
notify_sockets(size_t *n_out)
{
	*n_out = n_sockets;
	return sockets;
}

void
notify(const char *state)
{
	if (manager_fd >= 0)
		(void)!send(manager_fd, state, strlen(state), MSG_NOSIGNAL);
}

void
notify_reloading(void)
{
	struct timespec now;
	char state[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	notify(state);
}

uint32_t
notify_watchdog_ms(void)
{
	return watchdog_ms;
}
