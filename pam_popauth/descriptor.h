/* SPDX-License-Identifier: ISC */
/*
 * descriptor - the peers of this process's sockets.
 *
 * CONCURRENCY.  No state.  Other threads may open and close descriptors at the
 * same time; the only operation on a descriptor is to get its peer.
 */
#ifndef POPAUTH_PAM_DESCRIPTOR_H
#define POPAUTH_PAM_DESCRIPTOR_H

#include "common/addr.h"

#include <stdbool.h>

/* A process with more descriptors is not examined: a login must not wait. */
#define DESCRIPTOR_MAX 1024

/*
 * The address of the peer of a connected inet socket.
 * Returns 0 or a negative errno: -ENOTSOCK, -ENOTCONN, -EAFNOSUPPORT ...
 */
int descriptor_peer(int fd, struct addr *addr_out);

/*
 * Call visit for each descriptor of this process, until it returns true.
 * Returns 0, -EMFILE when there are too many, or another negative errno.
 */
int descriptor_walk(bool (*visit)(int fd, void *arg), void *arg);

/*
 * The client of a process: the peer address of all its connected inet stream
 * sockets, if they have only one.
 * Returns NULL, or why there is none, as a clause.
 */
const char *descriptor_only_peer(struct addr *addr_out);

#endif
