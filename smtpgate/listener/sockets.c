/* SPDX-License-Identifier: ISC */
#include "smtpgate/listener/sockets.h"

#include "common/addr.h"
#include "common/notify.h"
#include "config/conf_endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel has a limit of its own (net.core.somaxconn). */
#define BACKLOG 4096

static int
append(struct sockets *sockets, int fd, enum conf_service_number service)
{
	struct listening_socket *grown =
	    reallocarray(sockets->items, sockets->n + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	sockets->items = grown;
	grown[sockets->n++] = (struct listening_socket){fd, service};
	return 0;
}

/* ---- from the service manager ------------------------------------------- */

static int
take(const struct notify_socket *given, struct sockets *sockets,
    struct conf_error *mistake)
{
	int service = conf_service_find(given->name);
	int accepts = 0, flags = fcntl(given->fd, F_GETFL);
	socklen_t len = sizeof(accepts);

	if (service < 0) {
		snprintf(mistake->text, sizeof(mistake->text),
		    "a socket named '%s' was passed; set FileDescriptorName= "
		    "to smtp, submission or submissions",
		    given->name);
		return -EINVAL;
	}
	if (getsockopt(given->fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) !=
		0 ||
	    accepts == 0 || flags < 0 ||
	    fcntl(given->fd, F_SETFL, flags | O_NONBLOCK) != 0) {
		snprintf(mistake->text, sizeof(mistake->text),
		    "the socket passed for %s does not listen; set "
		    "ListenStream=",
		    given->name);
		return -EINVAL;
	}
	return append(sockets, given->fd, (enum conf_service_number)service);
}

/* ---- of the configuration ---------------------------------------------------------- */

/* Returns the port of an address of this family, or 0. */
static uint16_t
port_of(const struct sockaddr_storage *at, socklen_t len, sa_family_t family)
{
	struct addr addr;
	uint16_t port;

	/* The function wants the general type of any socket address. */
	if (at->ss_family != family ||
	    addr_from_sockaddr(
		(const struct sockaddr *)at, len, &addr, &port) != 0)
		return 0;
	return port;
}

/* Whether an IPv4 address with this port is listed.  The kernel refuses it
 * beside [::] with the port, unless the latter is for IPv6 alone. */
static bool
has_ipv4(const struct conf *conf, uint16_t port)
{
	unsigned service;
	size_t i;

	for (service = 0; service < CONF_SERVICES; service++) {
		const struct conf_endpoints *at =
		    &conf->services[service].listen;

		for (i = 0; i < at->n; i++)
			if (port_of(&at->items[i].addr, at->items[i].addr_len,
				AF_INET) == port)
				return true;
	}
	return false;
}

/* Whether one of the sockets has the port already. */
static bool
is_taken(const struct sockets *sockets, const struct conf_endpoint *endpoint)
{
	sa_family_t family = endpoint->addr.ss_family;
	struct sockaddr_storage at;
	socklen_t len;
	size_t i;

	for (i = 0; i < sockets->n; i++) {
		len = sizeof(at);
		if (getsockname(sockets->items[i].fd, (struct sockaddr *)&at,
			&len) == 0 &&
		    port_of(&at, len, family) ==
			port_of(&endpoint->addr, endpoint->addr_len, family))
			return true;
	}
	return false;
}

static int
listen_fd(const struct conf_endpoint *endpoint, bool is_ipv6_only)
{
	int on = 1, error;
	int fd = socket(endpoint->addr.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (is_ipv6_only)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	/* bind(2) takes the general type of a socket address. */
	if (bind(fd, (const struct sockaddr *)&endpoint->addr,
		endpoint->addr_len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

static int
open_one(const struct conf *conf, const struct conf_endpoint *endpoint,
    enum conf_service_number service, struct sockets *sockets,
    struct conf_error *mistake)
{
	uint16_t ipv6_port =
	    port_of(&endpoint->addr, endpoint->addr_len, AF_INET6);
	char text[CONF_UNIX_PATH_MAX + sizeof("unix:")] = "";
	const char *why = "";
	FILE *out;
	int fd =
	    listen_fd(endpoint, ipv6_port != 0 && has_ipv4(conf, ipv6_port));

	if (fd >= 0)
		return append(sockets, fd, service);
	out = fmemopen(text, sizeof(text), "w");
	if (out != NULL) {
		conf_endpoint_format(endpoint, out);
		fclose(out);
	}
	if (fd == -EADDRINUSE && is_taken(sockets, endpoint))
		why = "; an earlier address of listen has the port";
	else if (fd == -EADDRINUSE)
		why = "; another program, the mail server perhaps, has the "
		      "port";
	snprintf(mistake->text, sizeof(mistake->text), "[%s] listen: %s: %s%s",
	    conf_service_names[service], text, strerror(-fd), why);
	return -EINVAL;
}

/* ---- all ----------------------------------------------------------------- */

static int
open_all(const struct conf *conf, struct sockets *sockets,
    struct conf_error *mistake)
{
	const struct notify_socket *given;
	size_t i, n_given;
	unsigned service;
	int error = 0;

	given = notify_sockets(&n_given);
	sockets->is_passed = n_given > 0;
	for (i = 0; i < n_given && error == 0; i++)
		error = take(&given[i], sockets, mistake);
	if (n_given > 0)
		return error;
	for (service = 0; service < CONF_SERVICES; service++) {
		const struct conf_endpoints *at =
		    &conf->services[service].listen;

		for (i = 0; i < at->n && error == 0; i++)
			error = open_one(conf, &at->items[i],
			    (enum conf_service_number)service, sockets,
			    mistake);
	}
	return error;
}

int
sockets_open(const struct conf *conf, struct sockets *sockets_out,
    struct conf_error *mistake_out)
{
	struct sockets sockets = {.n = 0};
	int error;

	snprintf(mistake_out->text, sizeof(mistake_out->text),
	    "there is nowhere to listen; set listen in [smtp], like "
	    "listen = [::]:25");
	error = open_all(conf, &sockets, mistake_out);
	if (error == 0 && sockets.n == 0)
		error = -EINVAL;
	if (error != 0)
		sockets_close(&sockets);
	*sockets_out = sockets;
	return error;
}

void
sockets_end(const struct sockets *sockets)
{
	size_t i;

	/* Linux: this takes a TCP socket out of LISTEN. */
	for (i = 0; i < sockets->n && !sockets->is_passed; i++)
		(void)shutdown(sockets->items[i].fd, SHUT_RD);
}

void
sockets_close(struct sockets *sockets)
{
	size_t i;

	for (i = 0; i < sockets->n; i++)
		close(sockets->items[i].fd);
	free(sockets->items);
	*sockets = (struct sockets){.n = 0};
}

unsigned
sockets_services(const struct sockets *sockets)
{
	unsigned services = 0;
	size_t i;

	for (i = 0; i < sockets->n; i++)
		services |= 1U << sockets->items[i].service;
	return services;
}
