/* SPDX-License-Identifier: ISC */
/*
 * gateway - the next hops of the machine's default routes.
 */
#ifndef POPAUTH_DAEMON_GATEWAY_H
#define POPAUTH_DAEMON_GATEWAY_H

#include "popauthd/addresses.h"

/*
 * Append the next hops of the default routes of all routing tables, both
 * families.
 * Returns 0 or a negative errno; the set then lacks some.
 * Blocks: while the kernel lists its routes.
 * Source: rtnetlink(7).
 */
int gateway_addresses(struct addresses *set);

#endif
