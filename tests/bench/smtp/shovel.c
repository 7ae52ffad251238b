/* SPDX-License-Identifier: ISC */
/*
 * shovel - passes bytes between a client on fd 0 and a server, and knows
 * nothing of SMTP: the least cost of any process in between.
 *
 * Usage: shovel ADDRESS PORT
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int
pass(int from, int to)
{
	char buf[16384];
	ssize_t n = read(from, buf, sizeof(buf));

	return n > 0 && write(to, buf, (size_t)n) == n;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in server = {.sin_family = AF_INET};
	struct pollfd fds[2] = {{.fd = 0, .events = POLLIN},
	    {.fd = socket(AF_INET, SOCK_STREAM, 0), .events = POLLIN}};

	if (argc != 3 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
		return 64;
	server.sin_port = htons((unsigned short)atoi(argv[2]));
	if (connect(fds[1].fd, (struct sockaddr *)&server, sizeof(server)) != 0)
		return 69;
	while (poll(fds, 2, -1) > 0)
		if ((fds[0].revents && !pass(0, fds[1].fd)) ||
		    (fds[1].revents && !pass(fds[1].fd, 0)))
			return 0;
	return 71;
}
