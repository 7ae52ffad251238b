/* SPDX-License-Identifier: ISC */
/*
 * listen - the socket that gates connect to: systemd's, or a new one.
 */
#ifndef SMTPGATE_AUTH_LISTEN_H
#define SMTPGATE_AUTH_LISTEN_H

#include "config/conf.h"

#include <stdbool.h>
#include <sys/types.h>

/* The descriptor that a service manager passes (sd_listen_fds(3)). */
#define LISTEN_PASSED_FD 3

/* Whether the environment says that exactly one descriptor was passed. */
bool listen_is_passed(void);

/*
 * Use the socket that was passed, after checking that it is a listening unix
 * socket of type SOCK_SEQPACKET.
 * Returns the descriptor, or -EINVAL.
 */
int listen_take(void);

/*
 * Make the socket, for root and the group only, and its directory if that does
 * not exist.
 * endpoint: a unix socket.
 * Returns a descriptor; -EADDRINUSE when another process serves it; or another
 * negative errno.
 */
int listen_make(const struct conf_endpoint *endpoint, gid_t group);

#endif
