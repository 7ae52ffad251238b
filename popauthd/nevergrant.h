/* SPDX-License-Identifier: ISC */
/*
 * nevergrant - the networks that the table never grants, as popauthd collects
 * them.
 *
 * OWNERSHIP.  The caller's memory; zeroed, it is an empty list.
 *
 * CONCURRENCY.  No state.
 */
#ifndef POPAUTH_DAEMON_NEVERGRANT_H
#define POPAUTH_DAEMON_NEVERGRANT_H

#include "shmcache/shmcache.h"

#include <stdbool.h>
#include <stddef.h>

struct nevergrant {
	struct cidr items[SHMCACHE_NEVER_MAX];
	size_t n;
};

/* Append n networks.  Returns 0, or -E2BIG when they do not fit (then the list
 * is as before). */
int nevergrant_add_networks(
    struct nevergrant *list, const struct cidr *networks, size_t n);

/* Append an address, unless the list has it or no table ever grants it.
 * Returns 0, or -E2BIG when it does not fit. */
int nevergrant_add(struct nevergrant *list, const struct addr *addr);

/* Whether both have the same networks in the same order. */
bool nevergrant_is_same(const struct nevergrant *a, const struct nevergrant *b);

#endif
