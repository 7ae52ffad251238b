/* SPDX-License-Identifier: ISC */
/*
 * listener - the sockets where a gate of its own waits for clients.
 *
 * CONCEPT.  From systemd, if it passed some (their names are those of the
 * services, FileDescriptorName=), else as [smtp], [submission] and
 * [submissions] say.
 *
 * LIFETIME.  They stay open over reloads.
 */
#ifndef SMTPGATE_LISTENER_LISTENER_H
#define SMTPGATE_LISTENER_LISTENER_H

#include "config/conf.h"

#include <stddef.h>

struct listener {
	int fd; /* non-blocking */
	enum conf_service_number service;
};

struct listeners {
	struct listener *items;
	size_t n;
};

/*
 * Take or make them.  As root, for ports below 1024.
 * mistake_out: a sentence, on failure.
 * Returns 0, -EINVAL when there is none or one cannot be used, -ENOMEM.
 */
int listeners_open(const struct conf *conf, struct listeners *listeners_out,
    struct conf_error *mistake_out);

void listeners_close(struct listeners *listeners);

/* Bits 1 << service of all that are there. */
unsigned listeners_services(const struct listeners *listeners);

#endif
