/* SPDX-License-Identifier: ISC */
/*
 * own - addresses that stand for more than one client: the machine's own, and
 * its default gateways.
 *
 * A login that seems to come from the machine itself came through a proxy, a
 * webmail or a hairpin; one that seems to come from its gateway came through
 * an address translation, as that of a container's host.  A grant for either
 * would open the relay for all who come that way.
 *
 * CONCURRENCY.  No state but the descriptor of a watch.
 */
#ifndef POPAUTH_DAEMON_OWN_H
#define POPAUTH_DAEMON_OWN_H

#include "popauthd/nevergrant.h"

#include <stdbool.h>

/*
 * Append the addresses of all interfaces, and the next hops of all default
 * routes.
 * Returns 0, -E2BIG when they do not fit, or another negative errno.
 */
int own_addresses(struct nevergrant *list);

/*
 * Begin to watch for changes of addresses and routes.
 * Returns a descriptor to close, or a negative errno.
 */
int own_watch(void);

/* Whether there was a change since it was asked last.  Blocks: never. */
bool own_changed(int watch_fd);

#endif
