/* SPDX-License-Identifier: ISC */
#include "popauthd/nevergrant.h"

#include <errno.h>
#include <string.h>

/* All of IPv4, and all of IPv6. */
static const struct cidr all[] = {
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}, 96},
    {{{0}}, 0},
};

#define N_ALL (sizeof(all) / sizeof(all[0]))

static int
append(struct nevergrant *list, const struct cidr *networks, size_t n)
{
	if (n > SHMCACHE_NEVER_MAX - list->n)
		return -E2BIG;
	if (n > 0)
		memcpy(list->items + list->n, networks, n * sizeof(*networks));
	list->n += n;
	return 0;
}

int
nevergrant_add_listed(
    struct nevergrant *list, const struct cidr *networks, size_t n)
{
	/* The own addresses need a network of each family at least. */
	if (n + N_ALL > SHMCACHE_NEVER_MAX - list->n)
		return -E2BIG;
	list->n_listed += n;
	return append(list, networks, n);
}

static void
remove_never_granted(struct addresses *own)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < own->n; i++)
		if (!shmcache_never_grants(&own->items[i].net))
			own->items[n_kept++] = own->items[i];
	own->n = n_kept;
}

void
nevergrant_add_own(struct nevergrant *list, struct addresses *own)
{
	remove_never_granted(own);
	addresses_remove(own, list->items, list->n);
	addresses_merge(own);
	addresses_widen(own, SHMCACHE_NEVER_MAX - list->n, &list->widened);
	append(list, own->items, own->n);
}

void
nevergrant_keep_own(
    struct nevergrant *list, const struct nevergrant *known, int error)
{
	const bool is_known = known != NULL && known->n > known->n_listed;

	list->own_error = error;
	if (is_known) {
		list->widened = known->widened;
		if (append(list, known->items + known->n_listed,
			known->n - known->n_listed) == 0)
			return;
	}
	append(list, all, N_ALL);
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
