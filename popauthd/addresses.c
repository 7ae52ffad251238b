/* SPDX-License-Identifier: ISC */
/*
 * In a sorted set, the addresses of a network are adjacent.  Each pass appends
 * the networks one by one to those that it keeps, and joins the last two while
 * they may be joined.
 */
#include "popauthd/addresses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The cost of an IPv6 /64, where all addresses belong to one link. */
#define LINK_COST 8
#define COST_MAX (LINK_COST + 64)

int
addresses_add(struct addresses *set, const struct addr *addr)
{
	if (set->n == set->room) {
		const size_t room = set->room == 0 ? 64 : set->room * 2;
		struct cidr *grown =
		    reallocarray(set->items, room, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		set->items = grown;
		set->room = room;
	}
	set->items[set->n++] = (struct cidr){.net = *addr, .prefix_len = 128};
	return 0;
}

void
addresses_remove(struct addresses *set, const struct cidr *networks, size_t n)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < set->n; i++)
		if (!cidr_list_contains(networks, n, &set->items[i].net))
			set->items[n_kept++] = set->items[i];
	set->n = n_kept;
}

void
addresses_free(struct addresses *set)
{
	free(set->items);
	*set = (struct addresses){0};
}

/* By family and address; a network before those that it contains. */
static int
compare(const void *a, const void *b)
{
	const struct cidr *left = a, *right = b;
	const bool is_v4 = addr_is_v4(&left->net);

	if (is_v4 != addr_is_v4(&right->net))
		return is_v4 ? -1 : 1;

	const int order =
	    memcmp(left->net.bytes, right->net.bytes, sizeof(left->net.bytes));

	return order != 0 ? order : left->prefix_len - right->prefix_len;
}

/* The longest prefix of both. */
static unsigned
common_prefix(const struct cidr *a, const struct cidr *b)
{
	const unsigned max =
	    a->prefix_len < b->prefix_len ? a->prefix_len : b->prefix_len;
	unsigned len = 0;

	while (len < max && ((a->net.bytes[len / 8] ^ b->net.bytes[len / 8]) &
				(0x80U >> (len % 8))) == 0)
		len++;
	return len;
}

/* The bits of the smallest network that contains both. */
static unsigned
cost(const struct cidr *a, const struct cidr *b)
{
	const unsigned len = common_prefix(a, b);

	if (addr_is_v4(&a->net) != addr_is_v4(&b->net))
		return COST_MAX + 1;
	if (addr_is_v4(&a->net))
		return 128 - len;
	if (len >= 64)
		return 128 - len < LINK_COST ? 128 - len : LINK_COST;
	return LINK_COST + 64 - len;
}

/* Whether one network contains exactly these two, or one is in the other. */
static bool
are_neighbours(const struct cidr *a, const struct cidr *b)
{
	const unsigned len = common_prefix(a, b);

	if (addr_is_v4(&a->net) != addr_is_v4(&b->net))
		return false;
	return len == a->prefix_len || len == b->prefix_len ||
	       (a->prefix_len == b->prefix_len && len + 1 == a->prefix_len);
}

/* Make a the smallest network that contains both. */
static void
join(struct cidr *a, const struct cidr *b)
{
	const unsigned len = common_prefix(a, b);

	addr_mask(&a->net, len);
	a->prefix_len = (uint8_t)len;
}

void
addresses_merge(struct addresses *set)
{
	struct cidr *items = set->items;
	size_t n = 0;

	if (set->n > 0)
		qsort(items, set->n, sizeof(*items), compare);
	for (size_t i = 0; i < set->n; i++) {
		items[n++] = items[i];
		while (n > 1 && are_neighbours(&items[n - 2], &items[n - 1])) {
			join(&items[n - 2], &items[n - 1]);
			n--;
		}
	}
	set->n = n;
}

bool
addresses_widen(struct addresses *set, size_t max, struct cidr *widest_out)
{
	struct cidr *items = set->items;
	bool is_widened = false;

	for (unsigned limit = 1; limit <= COST_MAX && set->n > max; limit++) {
		size_t n = 0, n_joined = 0;

		for (size_t i = 0; i < set->n; i++) {
			items[n++] = items[i];
			while (n > 1 && set->n - n_joined > max &&
			       cost(&items[n - 2], &items[n - 1]) <= limit) {
				join(&items[n - 2], &items[n - 1]);
				n--;
				n_joined++;
				*widest_out = items[n - 1];
				is_widened = true;
			}
		}
		set->n = n;
	}
	return is_widened;
}
