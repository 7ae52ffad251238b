/* SPDX-License-Identifier: ISC */
#include "popauthd/nevergrant.h"

#include <errno.h>
#include <string.h>

int
nevergrant_add_networks(
    struct nevergrant *list, const struct cidr *networks, size_t n)
{
	if (n > SHMCACHE_NEVER_MAX - list->n)
		return -E2BIG;
	if (n > 0)
		memcpy(list->items + list->n, networks, n * sizeof(*networks));
	list->n += n;
	return 0;
}

int
nevergrant_add(struct nevergrant *list, const struct addr *addr)
{
	const struct cidr network = {.net = *addr, .prefix_len = 128};

	if (shmcache_never_grants(addr) ||
	    cidr_list_contains(list->items, list->n, addr))
		return 0;
	return nevergrant_add_networks(list, &network, 1);
}

bool
nevergrant_is_same(const struct nevergrant *a, const struct nevergrant *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->items[i].prefix_len != b->items[i].prefix_len ||
		    !addr_equal(&a->items[i].net, &b->items[i].net))
			return false;
	return true;
}
