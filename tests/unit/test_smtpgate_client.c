/* SPDX-License-Identifier: ISC */
/* client: the peer of a descriptor. */
#include "smtpgate/wire/client.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct client client;

/* What a client before may have left. */
static void
set_up(void)
{
	client = (struct client){
	    .is_known = true, .is_gone = true, .text = "192.0.2.1"};
}

TestSuite(smtpgate_client, .init = set_up);

Test(smtpgate_client, a_pipe_and_a_unix_socket_are_unknown)
{
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	client_of_fd(fds[0], &client);
	cr_expect_not(client.is_known);
	cr_expect_not(client.is_gone);
	cr_expect_str_eq(client.text, "unknown");
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	set_up();
	client_of_fd(fds[0], &client);
	cr_expect_not(client.is_known);
	cr_expect_str_eq(client.text, "unknown");
}

Test(smtpgate_client, a_closed_descriptor_is_unknown)
{
	client_of_fd(-1, &client);
	cr_expect_not(client.is_known);
	cr_expect_not(client.is_gone);
	cr_expect_str_eq(client.text, "unknown");
}

static int
listen_on_loopback(struct sockaddr_in6 *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET6, SOCK_STREAM, 0), off = 0;

	memset(addr, 0, sizeof(*addr));
	addr->sin6_family = AF_INET6;
	cr_assert_eq(
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)), 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)addr, len), 0);
	cr_assert_eq(listen(fd, 1), 0);
	getsockname(fd, (struct sockaddr *)addr, &len);
	return fd;
}

Test(smtpgate_client, ipv4_on_an_ipv6_socket_is_ipv4)
{
	struct sockaddr_in6 addr6;
	struct sockaddr_in addr4 = {.sin_family = AF_INET};
	int listener = listen_on_loopback(&addr6), near, far;

	addr4.sin_port = addr6.sin6_port;
	addr4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	near = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(
	    connect(near, (struct sockaddr *)&addr4, sizeof(addr4)), 0);
	far = accept(listener, NULL, NULL);
	client_of_fd(far, &client);
	cr_expect(client.is_known);
	cr_expect_str_eq(client.text, "127.0.0.1");
	cr_expect_neq(client.port, 0);
	close(near);
	close(far);
	close(listener);
}

Test(smtpgate_client, a_client_that_has_reset_is_known_from_accept)
{
	const struct linger at_once = {.l_onoff = 1};
	struct sockaddr_storage peer;
	struct sockaddr_in6 addr;
	socklen_t len = sizeof(peer);
	int listener = listen_on_loopback(&addr), near, far;

	addr.sin6_addr = in6addr_loopback;
	near = socket(AF_INET6, SOCK_STREAM, 0);
	cr_assert_eq(connect(near, (struct sockaddr *)&addr, sizeof(addr)), 0);
	setsockopt(near, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(near);
	far = accept(listener, (struct sockaddr *)&peer, &len);
	cr_assert_geq(far, 0);
	client_of_fd(far, &client);
	cr_expect_not(client.is_known);
	cr_expect(client.is_gone);
	client_of_accept(far, &peer, len, &client);
	cr_expect(client.is_known);
	cr_expect_str_eq(client.text, "::1");
	close(far);
	close(listener);
}
