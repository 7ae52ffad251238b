/* SPDX-License-Identifier: ISC */
/*
 * The addresses are collected first: a walk over a table that changes may visit
 * an entry twice or not at all.  Whether a grant is the user's is asked by
 * look-up, because the table has a long name as a hash.
 */
#include "popauthctl/ending.h"

#include <errno.h>
#include <stdlib.h>

struct addresses {
	struct addr *items;
	size_t n, room;
	const struct cidr *net;
};

static int
collect(const struct shmcache_entry *entry, void *arg)
{
	struct addresses *list = arg;

	if (entry->has_user ||
	    (list->net != NULL && !cidr_contains(list->net, &entry->addr)))
		return 0;
	if (list->n == list->room) {
		const size_t room = list->room == 0 ? 64 : 2 * list->room;
		struct addr *items =
		    reallocarray(list->items, room, sizeof(*items));

		if (items == NULL)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->n++] = entry->addr;
	return 0;
}

/* Returns 0, SHMCACHE_NO_GRANT, or another error. */
static int
end_one(struct shmcache *cache, const struct addr *addr, const char *user)
{
	struct shmcache_grant grant;
	size_t n_others;
	const int error =
	    user != NULL ? shmcache_lookup(cache, addr, user, &grant) : 0;

	return error != 0 ? error
			  : shmcache_revoke(cache, addr, user, &n_others);
}

int
end_grants(struct shmcache *cache, const char *user, const struct cidr *net,
    size_t *n_out)
{
	struct addresses list = {.net = net};
	int error = shmcache_list(cache, collect, &list);

	*n_out = 0;
	for (size_t i = 0; i < list.n; i++) {
		const int failed = end_one(cache, &list.items[i], user);

		if (failed == 0)
			++*n_out;
		else if (failed != SHMCACHE_NO_GRANT && error == 0)
			error = failed;
	}
	free(list.items);
	return error;
}
