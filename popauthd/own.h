/* SPDX-License-Identifier: ISC */
/*
 * own - addresses that stand for more than one client: the machine's own.
 *
 * A login that seems to come from the machine itself came through a proxy, a
 * webmail or a hairpin; a grant for it would open the relay for all of them.
 */
#ifndef POPAUTH_DAEMON_OWN_H
#define POPAUTH_DAEMON_OWN_H

#include "common/cidr.h"

#include <stddef.h>

/*
 * Append the addresses of all interfaces to list[*n .. max-1].
 * Returns 0, -E2BIG when they do not fit, or another negative errno.
 */
int own_addresses(struct cidr *list, size_t *n, size_t max);

#endif
