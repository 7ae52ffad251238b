/* SPDX-License-Identifier: ISC */
/*
 * own - addresses that several clients share: the machine's own, and its
 * default gateways.
 *
 * A login from the machine's own address came through a proxy, a webmail or a
 * hairpin NAT.  A login from its gateway came through a NAT, such as that of a
 * container's host.  A grant for such an address would open the relay to all
 * clients that come that way.
 *
 * CONCURRENCY.  No state but the descriptor of a watch.
 */
#ifndef POPAUTH_DAEMON_OWN_H
#define POPAUTH_DAEMON_OWN_H

#include "popauthd/addresses.h"

#include <stdbool.h>

/*
 * Append the addresses of all interfaces, and the next hops of all default
 * routes.
 * Returns 0 or a negative errno; the set then lacks some.
 */
int own_addresses(struct addresses *set);

/*
 * Begin to watch for changes of addresses and routes.
 * Returns a descriptor to close, or a negative errno.
 */
int own_watch(void);

/* Whether there was a change since the last call.  Blocks: never. */
bool own_changed(int watch_fd);

#endif
