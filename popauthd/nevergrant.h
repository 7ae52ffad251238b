/* SPDX-License-Identifier: ISC */
/*
 * nevergrant - the networks that the table never grants, as popauthd collects
 * them: first the listed ones of the configuration, then the machine's own
 * addresses and gateways.
 *
 * OWNERSHIP.  The caller's memory; zeroed, it is an empty list.
 */
#ifndef POPAUTH_DAEMON_NEVERGRANT_H
#define POPAUTH_DAEMON_NEVERGRANT_H

#include "popauthd/addresses.h"
#include "shmcache/shmcache.h"

#include <stdbool.h>
#include <stddef.h>

struct nevergrant {
	struct cidr items[SHMCACHE_NEVER_MAX];
	size_t n;
	size_t n_listed;     /* the others are own addresses */
	struct cidr widened; /* the largest of those that nevergrant_add_own()
			      * made larger; a length of 0: none */
	int own_error;       /* why the own addresses could not be read; 0 */
};

/* Append networks of the configuration, before any own ones.  Returns 0, or
 * -E2BIG when they do not fit (then the list is as before). */
int nevergrant_add_listed(
    struct nevergrant *list, const struct cidr *networks, size_t n);

/*
 * Append own addresses, except those that are listed or that no table ever
 * grants.  Neighbours become one network.  If there are still too many, some
 * networks also contain other addresses: no own address is granted.
 * own: changed.
 */
void nevergrant_add_own(struct nevergrant *list, struct addresses *own);

/*
 * Use the own addresses of another list, because the machine's cannot be read
 * now.
 * known: NULL or a list without any: no address at all is granted.
 * error: why.
 */
void nevergrant_keep_own(
    struct nevergrant *list, const struct nevergrant *known, int error);

/* Whether both have the same networks in the same order. */
bool nevergrant_is_same(const struct nevergrant *a, const struct nevergrant *b);

#endif
