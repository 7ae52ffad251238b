/* SPDX-License-Identifier: ISC */
/* notify: a service manager of the test's own. */
#include "common/notify.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char text[200];

/* A manager at an abstract address; returns its socket. */
static int
manager(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int len = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1,
	    "popauth-test-notify-%d", (int)getpid());

	cr_assert_eq(bind(fd, (struct sockaddr *)&addr,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				     1 + (size_t)len)),
	    0);
	addr.sun_path[0] = '@';
	setenv("NOTIFY_SOCKET", addr.sun_path, 1);
	return fd;
}

static const char *
heard(int fd)
{
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

Test(common_notify, what_is_told_is_heard)
{
	int fd = manager();

	notify_init();
	notify("READY=1");
	cr_expect_str_eq(heard(fd), "READY=1");
	notify_reloading();
	cr_expect_eq(strncmp(heard(fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
}

Test(common_notify, without_a_manager_nothing_happens)
{
	unsetenv("NOTIFY_SOCKET");
	notify_init();
	notify("READY=1");
	setenv("NOTIFY_SOCKET", "no path", 1);
	notify_init();
	notify("READY=1");
}

Test(common_notify, the_watchdog_is_fed_twice_as_often_as_it_wants)
{
	setenv("WATCHDOG_USEC", "10000000", 1);
	notify_init();
	cr_expect_eq(notify_watchdog_ms(), 5000);
}

Test(common_notify, sockets_for_another_process_are_left_alone)
{
	size_t n;

	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_PID", "1", 1);
	cr_expect_eq(notify_first_other_fd(), 3);
	notify_init();
	(void)notify_sockets(&n);
	cr_expect_eq(n, 0);
}

Test(common_notify, sockets_have_their_names)
{
	const struct notify_socket *sockets;
	char pid[20];
	size_t n;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_FDS", "3", 1);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDNAMES", "smtp:submission", 1);
	cr_expect_eq(notify_first_other_fd(), 6);
	notify_init();
	sockets = notify_sockets(&n);
	cr_assert_eq(n, 3);
	cr_expect_str_eq(sockets[0].name, "smtp");
	cr_expect_str_eq(sockets[1].name, "submission");
	cr_expect_str_eq(sockets[2].name, "");
	cr_expect_eq(sockets[2].fd, 5);
}
