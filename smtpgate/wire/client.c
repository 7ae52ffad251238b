/* SPDX-License-Identifier: ISC */
#include "smtpgate/wire/client.h"

#include <errno.h>
#include <string.h>

void
client_of_fd(int fd, struct client *client_out)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0) {
		client_of_accept(fd, &peer, len, client_out);
	} else {
		*client_out = (struct client){
		    .is_gone = errno == ENOTCONN, .text = "unknown"};
		serial_next(client_out->session);
	}
}

void
client_of_accept(int fd, const struct sockaddr_storage *peer, socklen_t len,
    struct client *client_out)
{
	struct sockaddr_storage local;
	socklen_t local_len = sizeof(local);
	struct client client = {.text = "unknown"};

	/* These want the general type of any socket address. */
	if (addr_from_sockaddr((const struct sockaddr *)peer, len, &client.addr,
		&client.port) == 0 &&
	    getsockname(fd, (struct sockaddr *)&local, &local_len) == 0 &&
	    addr_from_sockaddr((struct sockaddr *)&local, local_len,
		&client.local, &client.local_port) == 0) {
		client.is_known = true;
		addr_format(&client.addr, client.text);
	}
	serial_next(client.session);
	*client_out = client;
}

const struct addr *
client_addr(const struct client *client)
{
	return client->is_known ? &client->addr : NULL;
}
