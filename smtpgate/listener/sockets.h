/* SPDX-License-Identifier: ISC */
/*
 * sockets - the sockets where a listener waits for clients.
 *
 * CONCEPT.  systemd's sockets, if it passed some (FileDescriptorName= is the
 * name of the service); else the addresses of listen in [smtp], [submission]
 * and [submissions].
 *
 * LIFETIME.  The sockets stay open over reloads.  Workers inherit them, so that
 * closing them in one process does not end the listening: sockets_end() does.
 */
#ifndef SMTPGATE_LISTENER_SOCKETS_H
#define SMTPGATE_LISTENER_SOCKETS_H

#include "config/conf.h"

#include <stdbool.h>
#include <stddef.h>

struct listening_socket {
	int fd; /* non-blocking */
	enum conf_service_number service;
};

struct sockets {
	struct listening_socket *items;
	size_t n;
	bool is_passed; /* by systemd, which goes on listening */
};

/*
 * Take systemd's sockets, or make sockets.  Ports below 1024 need root.
 * mistake_out: a sentence, on failure.
 * Returns 0, -EINVAL if there is none or one cannot be used, or -ENOMEM.
 */
int sockets_open(const struct conf *conf, struct sockets *sockets_out,
    struct conf_error *mistake_out);

/*
 * End the listening in all processes that hold these sockets: clients are
 * refused, and another listener can bind the ports.  Does nothing to sockets
 * that systemd passed.
 */
void sockets_end(const struct sockets *sockets);

void sockets_close(struct sockets *sockets);

/* Bits 1 << service, of all services that have a socket. */
unsigned sockets_services(const struct sockets *sockets);

#endif
