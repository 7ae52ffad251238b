/* SPDX-License-Identifier: ISC */
/*
 * sockets - the sockets where a listener waits for clients.
 *
 * CONCEPT.  systemd's sockets, if it passed some (FileDescriptorName= is the
 * name of the service); else the addresses of listen in [smtp], [submission]
 * and [submissions].
 *
 * LIFETIME.  The sockets stay open over reloads.
 */
#ifndef SMTPGATE_LISTENER_SOCKETS_H
#define SMTPGATE_LISTENER_SOCKETS_H

#include "config/conf.h"

#include <stddef.h>

struct listening_socket {
	int fd; /* non-blocking */
	enum conf_service_number service;
};

struct sockets {
	struct listening_socket *items;
	size_t n;
};

/*
 * Take systemd's sockets, or make sockets.  Ports below 1024 need root.
 * mistake_out: a sentence, on failure.
 * Returns 0, -EINVAL if there is none or one cannot be used, or -ENOMEM.
 */
int sockets_open(const struct conf *conf, struct sockets *sockets_out,
    struct conf_error *mistake_out);

void sockets_close(struct sockets *sockets);

/* Bits 1 << service, of all services that have a socket. */
unsigned sockets_services(const struct sockets *sockets);

#endif
