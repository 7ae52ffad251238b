/* SPDX-License-Identifier: ISC */
/* dial: a connection, or why there is none. */
#include "smtpgate/wire/dial.h"

#include "common/clock.h"
#include "tests/unit/peer_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static int64_t deadline_ms;

static void
set_up(void)
{
	peer_listen(SOCK_STREAM);
	deadline_ms = clock_mono_ms() + 5000;
}

TestSuite(smtpgate_dial, .init = set_up, .fini = peer_remove);

/* An endpoint of 127.0.0.1; returns a socket that is bound to it. */
static int
bind_inet(struct conf_endpoint *endpoint)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*endpoint = (struct conf_endpoint){.is_set = true, .addr_len = len};
	memcpy(&endpoint->addr, &in, sizeof(in));
	return fd;
}

Test(smtpgate_dial, a_unix_socket_is_found_from_the_root)
{
	int fd = dial(&peer.endpoint, SOCK_STREAM, deadline_ms);

	cr_assert_geq(fd, 0);
	cr_expect_neq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	cr_expect_neq(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

Test(smtpgate_dial, the_path_is_taken_from_the_working_directory)
{
	cr_assert_eq(chdir(peer.dir), 0);
	cr_expect_eq(dial(&peer.endpoint, SOCK_STREAM, deadline_ms), -ENOENT);
}

Test(smtpgate_dial, a_socket_of_another_type_is_refused)
{
	cr_expect_eq(
	    dial(&peer.endpoint, SOCK_SEQPACKET, deadline_ms), -EPROTOTYPE);
}

Test(smtpgate_dial, a_queue_that_stays_full_is_a_timeout)
{
	int i, error = 0;

	cr_assert_eq(listen(peer.fd, 0), 0);
	for (i = 0; i < 4 && error >= 0; i++)
		error = dial(&peer.endpoint, SOCK_STREAM, clock_mono_ms());
	cr_expect_eq(error, -ETIMEDOUT);
}

Test(smtpgate_dial, tcp_is_connected_without_delay)
{
	struct conf_endpoint endpoint;
	int listener = bind_inet(&endpoint), fd, on = 0;
	socklen_t len = sizeof(on);

	cr_assert_eq(listen(listener, 1), 0);
	fd = dial(&endpoint, SOCK_STREAM, deadline_ms);
	cr_assert_geq(fd, 0);
	cr_expect_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	cr_expect_eq(on, 1);
}

Test(smtpgate_dial, a_port_without_a_server_is_refused)
{
	struct conf_endpoint endpoint;

	bind_inet(&endpoint);
	cr_expect_eq(dial(&endpoint, SOCK_STREAM, deadline_ms), -ECONNREFUSED);
}
