/* SPDX-License-Identifier: ISC */
/*
 * descriptor - what the sockets among this process's descriptors lead to.
 *
 * CONCURRENCY.  No state.  Other threads may open and close descriptors
 * meanwhile; nothing is done to a descriptor but to ask it for its peer.
 */
#ifndef POPAUTH_PAM_DESCRIPTOR_H
#define POPAUTH_PAM_DESCRIPTOR_H

#include "common/addr.h"

#include <stdbool.h>

/* More descriptors than this are not looked through: a login must not wait. */
#define DESCRIPTOR_MAX 1024

/*
 * The address that a connected inet socket leads to.
 * Returns 0 or a negative errno: -ENOTSOCK, -ENOTCONN, -EAFNOSUPPORT ...
 */
int descriptor_peer(int fd, struct addr *addr_out);

/*
 * Call visit for each descriptor of this process, until it returns true.
 * Returns 0, -EMFILE when there are too many, or another negative errno.
 */
int descriptor_walk(bool (*visit)(int fd, void *arg), void *arg);

/*
 * The client of a process that has one: the address that all its connected
 * inet stream sockets lead to.
 * Returns NULL, or why there is none, as a clause.
 */
const char *descriptor_only_peer(struct addr *addr_out);

#endif
