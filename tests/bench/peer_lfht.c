/* SPDX-License-Identifier: ISC */
/*
 * liburcu's cds_lfht: a lock-free hash table for the threads of one process.
 * It gets its size in advance, inlined read sides without a barrier (the
 * flavour that popauthd uses, too, with membarrier(2)), and the same keyed
 * hash as ours. Removed nodes are gathered and freed together after a grace
 * period, which is not measured.
 */
#define _LGPL_SOURCE /* inline rcu_read_lock() */
#include <urcu/urcu-memb.h>

#include <urcu/rculfhash.h>

#include "common/siphash.h"
#include "tests/bench/peer.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

/* Removed nodes that a thread gathers before it waits for a grace period. */
#define GARBAGE_MAX 4096

struct node {
	struct cds_lfht_node lfht;
	struct addr addr;
	struct stored stored;
	struct node *next_garbage;
};

struct handle {
	struct cds_lfht *lfht;
	uint64_t hash_key[2];
	uint64_t bytes_empty;
};

/* Of each thread; the thread that removes a node also frees it. */
static _Thread_local struct node *garbage;
static _Thread_local unsigned n_garbage;
static _Thread_local bool is_registered;

static void
register_thread(void)
{
	if (!is_registered)
		urcu_memb_register_thread();
	is_registered = true;
}

static struct node *
node_of(struct cds_lfht_node *node)
{
	/* The first member; caa_container_of() casts const away. */
	return (struct node *)(void *)node;
}

/* As many bytes as ours hashes for an address: one of them for the kind. */
static unsigned long
hash_of(const struct handle *h, const struct addr *addr)
{
	uint8_t bytes[sizeof(addr->bytes) + 1];

	memcpy(bytes, addr->bytes, sizeof(addr->bytes));
	bytes[sizeof(addr->bytes)] = 1;
	return siphash13(h->hash_key, bytes, sizeof(bytes));
}

static int
is_match(struct cds_lfht_node *node, const void *key)
{
	return memcmp(node_of(node)->addr.bytes, key,
		   sizeof(node_of(node)->addr.bytes)) == 0;
}

static uint64_t
heap_bytes(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static int
lfht_create(const char *dir, uint32_t n, void **handle_out)
{
	struct handle *h = calloc(1, sizeof(*h));
	unsigned long size = 1;

	(void)dir;
	if (h == NULL)
		return -ENOMEM;
	register_thread();
	while (size < n)
		size *= 2;
	h->bytes_empty = heap_bytes();
	h->hash_key[0] = 0x0706050403020100u;
	h->hash_key[1] = 0x0f0e0d0c0b0a0908u;
	h->lfht =
	    cds_lfht_new_flavor(size, size, size, 0, &urcu_memb_flavor, NULL);
	if (h->lfht == NULL) {
		free(h);
		return -ENOMEM;
	}
	*handle_out = h;
	return 0;
}

/* Outside of any read side: it waits for all that are open. */
static void
throw_away(void)
{
	if (garbage == NULL)
		return;
	urcu_memb_synchronize_rcu();
	while (garbage != NULL) {
		struct node *node = garbage;

		garbage = node->next_garbage;
		free(node);
	}
	n_garbage = 0;
}

static bool
drop(struct handle *h, struct cds_lfht_node *node)
{
	if (cds_lfht_del(h->lfht, node) != 0)
		return false;
	node_of(node)->next_garbage = garbage;
	garbage = node_of(node);
	n_garbage++;
	return true;
}

/* Removes the nodes of that age, in one read side. */
static uint64_t
drop_all(struct handle *h, uint32_t now, uint32_t age_min)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;
	uint64_t n = 0;

	urcu_memb_read_lock();
	cds_lfht_for_each(h->lfht, &iter, node)
	{
		if (now - node_of(node)->stored.stamp >= age_min &&
		    drop(h, node))
			n++;
	}
	urcu_memb_read_unlock();
	throw_away();
	return n;
}

static void
lfht_close(void *arg)
{
	struct handle *h = arg;

	drop_all(h, 0, 0);
	cds_lfht_destroy(h->lfht, NULL);
	free(h);
	malloc_trim(0);
}

static struct cds_lfht_node *
find(struct handle *h, const struct client *client)
{
	struct cds_lfht_iter iter;

	cds_lfht_lookup(h->lfht, hash_of(h, &client->addr), is_match,
	    client->addr.bytes, &iter);
	return cds_lfht_iter_get_node(&iter);
}

static int
lfht_lookup(void *arg, const struct client *client, struct answer *answer)
{
	struct cds_lfht_node *node;
	int found = 0;

	urcu_memb_read_lock();
	if ((node = find(arg, client)) != NULL) {
		const struct stored *stored = &node_of(node)->stored;

		memcpy(answer->user, stored->user, sizeof(answer->user));
		found = bench_is_live(
		    __atomic_load_n(&stored->stamp, __ATOMIC_RELAXED),
		    &answer->age);
	}
	urcu_memb_read_unlock();
	return found;
}

static int
lfht_insert(void *arg, const struct client *client)
{
	struct handle *h = arg;
	struct node *node = malloc(sizeof(*node));
	struct cds_lfht_node *there;

	if (node == NULL)
		return -ENOMEM;
	cds_lfht_node_init(&node->lfht);
	node->addr = client->addr;
	node->stored.stamp = bench_clock();
	memcpy(node->stored.user, client->user, sizeof(node->stored.user));
	urcu_memb_read_lock();
	there = cds_lfht_add_unique(h->lfht, hash_of(h, &client->addr),
	    is_match, client->addr.bytes, &node->lfht);
	urcu_memb_read_unlock();
	if (there == &node->lfht)
		return 0;
	free(node);
	return -EEXIST;
}

static int
lfht_refresh(void *arg, const struct client *client)
{
	const uint32_t now = bench_clock();
	struct cds_lfht_node *node;

	urcu_memb_read_lock();
	if ((node = find(arg, client)) != NULL)
		__atomic_store_n(
		    &node_of(node)->stored.stamp, now, __ATOMIC_RELAXED);
	urcu_memb_read_unlock();
	return node != NULL;
}

static int
lfht_remove(void *arg, const struct client *client)
{
	struct cds_lfht_node *node;
	bool removed;

	urcu_memb_read_lock();
	node = find(arg, client);
	removed = node != NULL && drop(arg, node);
	urcu_memb_read_unlock();
	if (n_garbage >= GARBAGE_MAX)
		throw_away();
	return removed ? 0 : -ENOENT;
}

static int
lfht_sweep(void *arg, uint64_t *n_removed_out)
{
	*n_removed_out = drop_all(arg, bench_clock(), BENCH_WINDOW);
	return 0;
}

static int
lfht_bytes(void *arg, uint64_t *bytes_out)
{
	const struct handle *h = arg;

	*bytes_out = heap_bytes() - h->bytes_empty;
	return 0;
}

/* Threads share the handle; each has to be known to RCU. */
static int
lfht_open(const char *dir, uint32_t n, void **handle_out)
{
	(void)dir;
	(void)n;
	(void)handle_out;
	register_thread();
	return 0;
}

const struct peer peer_lfht = {
    .name = "lfht",
    .title = "liburcu cds_lfht (threads)",
    .kind = PEER_THREADS,
    .create = lfht_create,
    .open = lfht_open,
    .close = lfht_close,
    .lookup = lfht_lookup,
    .insert = lfht_insert,
    .refresh = lfht_refresh,
    .remove = lfht_remove,
    .sweep = lfht_sweep,
    .bytes = lfht_bytes,
    .is_resident = true,
};
