/* SPDX-License-Identifier: ISC */
/*
 * addresses - any number of addresses, as networks.
 *
 * OWNERSHIP.  Zeroed, it is an empty set; addresses_free() releases it.
 */
#ifndef POPAUTH_DAEMON_ADDRESSES_H
#define POPAUTH_DAEMON_ADDRESSES_H

#include "common/cidr.h"

#include <stddef.h>

struct addresses {
	struct cidr *items;
	size_t n;
	size_t room;
};

/* Returns 0 or -ENOMEM. */
int addresses_add(struct addresses *set, const struct addr *addr);

/* Remove the addresses that one of these networks contains. */
void addresses_remove(
    struct addresses *set, const struct cidr *networks, size_t n);

/* Sort, and make one network of neighbours: the fewest networks that contain
 * exactly these addresses. */
void addresses_merge(struct addresses *set);

/*
 * Make at most max networks (2 or more) of a merged set.  The networks that
 * become larger contain other addresses too.  The smallest gaps are closed
 * first; an IPv6 /64 counts as much as an IPv4 /24.
 * widest_out: the largest of these networks.
 * Returns whether there is one.
 */
bool addresses_widen(
    struct addresses *set, size_t max, struct cidr *widest_out);

void addresses_free(struct addresses *set);

#endif
