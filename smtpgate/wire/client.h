/* SPDX-License-Identifier: ISC */
/*
 * client - who is at the other end of fd 0.
 *
 * CONCEPT.  The peer's address of a connected inet socket, and nothing else:
 * no name is looked up.  At any other descriptor (a pipe, a unix socket) the
 * client is unknown: it has no right and is in no network.
 */
#ifndef SMTPGATE_WIRE_CLIENT_H
#define SMTPGATE_WIRE_CLIENT_H

#include "common/addr.h"
#include "smtpgate/wire/serial.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct client {
	bool is_known;
	bool is_gone; /* it reset the connection before it could be asked */
	struct addr addr;
	uint16_t port;
	struct addr local; /* where it connected to */
	uint16_t local_port;
	char text[ADDR_TEXT_BYTES];  /* of addr, or "unknown" */
	char proxy[ADDR_TEXT_BYTES]; /* the balancer (proxy.h), or "" */
	char session[SERIAL_BYTES];  /* names the connection in the log */
};

/* The address; NULL: unknown. */
const struct addr *client_addr(const struct client *client);

/* Fill in the client that is connected to fd; unknown when that fails. */
void client_of_fd(int fd, struct client *client_out);

/* The same with the address that accept(2) returned: a client that has reset
 * the connection meanwhile is still known. */
void client_of_accept(int fd, const struct sockaddr_storage *peer,
    socklen_t len, struct client *client_out);

#endif
