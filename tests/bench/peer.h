/* SPDX-License-Identifier: ISC */
/*
 * peer - one way to store recent logins.
 *
 * CONCEPT.  Every peer keeps, for each client's address, a stamp and (the
 * limit and the files' stat(2) excepted) the user's name; it reads the clock
 * and checks the age itself.  A handle belongs to one process (PEER_THREADS:
 * to all threads of one).
 *
 * All functions return a negative errno for an error.
 */
#ifndef POPAUTH_TESTS_BENCH_PEER_H
#define POPAUTH_TESTS_BENCH_PEER_H

#include "tests/bench/bench.h"

enum peer_kind {
	PEER_OURS = 0,
	PEER_PROCESSES, /* works across processes */
	PEER_THREADS,   /* of one process only */
	PEER_LIMIT,     /* no table at all: the limit of the memory */
};

struct peer {
	const char *name; /* in the CSV */
	const char *title;
	enum peer_kind kind;

	/* Make an empty store for n clients in the directory, and open it.
	 * The handle that made it is the last one to be closed. */
	int (*create)(const char *dir, uint32_t n, void **handle_out);
	int (*open)(const char *dir, uint32_t n, void **handle_out);
	void (*close)(void *handle);

	/* Insert the clients 0 to n - 1, as fast as possible; NULL: one by
	 * one. */
	int (*fill)(void *handle, uint32_t n);

	/* 1: lives, 0: does not. */
	int (*lookup)(
	    void *handle, const struct client *client, struct answer *answer);

	/* A client that is not there; 0. */
	int (*insert)(void *handle, const struct client *client);

	/* A client that is there; 1, or 0 when it was not. */
	int (*refresh)(void *handle, const struct client *client);

	int (*remove)(void *handle, const struct client *client);

	/* Remove expired entries; NULL: not necessary. */
	int (*sweep)(void *handle, uint64_t *n_removed_out);

	/* Memory that holds the entries. */
	int (*bytes)(void *handle, uint64_t *bytes_out);

	/* Open, look up, close, in a process without a handle; NULL: with
	 * the functions above. */
	int (*one_shot)(const char *dir, uint32_t n,
	    const struct client *client, struct answer *answer);
	bool is_resident; /* a later process cannot open it */
};

#define PEERS_MAX 16

/* Ends with NULL. */
extern const struct peer *const peers[];

extern const struct peer peer_popauth, peer_popauth_key, peer_lmdb, peer_tdb,
    peer_bdb, peer_files, peer_redis, peer_lfht, peer_array, peer_array_clock;

#endif
