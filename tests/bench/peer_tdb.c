/* SPDX-License-Identifier: ISC */
/* Samba's TDB with robust mutexes. */
#include "tests/bench/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include <tdb.h>

/* Mutexes need CLEAR_IF_FIRST: the process that made it keeps it open. */
#define TDB_BENCH_FLAGS                                                        \
	(TDB_CLEAR_IF_FIRST | TDB_MUTEX_LOCKING | TDB_INCOMPATIBLE_HASH |      \
	    TDB_NOSYNC)

static int
tdb_peer_open(const char *dir, uint32_t n, void **handle_out)
{
	char path[256];
	struct tdb_context *tdb;

	if (!tdb_runtime_check_for_robust_mutexes())
		return -EOPNOTSUPP;
	snprintf(path, sizeof(path), "%s/grants.tdb", dir);
	tdb = tdb_open(path, (int)n, TDB_BENCH_FLAGS, O_RDWR | O_CREAT, 0600);
	if (tdb == NULL)
		return errno != 0 ? -errno : -EIO;
	*handle_out = tdb;
	return 0;
}

static void
tdb_peer_close(void *handle)
{
	tdb_close(handle);
}

static TDB_DATA
key_of(const struct client *client)
{
	/* TDB's type has no const; it does not write there. */
	return (TDB_DATA){(unsigned char *)(uintptr_t)client->addr.bytes,
	    sizeof(client->addr.bytes)};
}

static int
take(TDB_DATA key, TDB_DATA value, void *arg)
{
	(void)key;
	if (value.dsize != sizeof(struct stored))
		return -1;
	memcpy(arg, value.dptr, sizeof(struct stored));
	return 0;
}

static int
tdb_peer_lookup(
    void *handle, const struct client *client, struct answer *answer)
{
	struct stored stored;

	if (tdb_parse_record(handle, key_of(client), take, &stored) != 0)
		return tdb_error(handle) == TDB_ERR_NOEXIST ? 0 : -EIO;
	memcpy(answer->user, stored.user, sizeof(answer->user));
	return bench_is_live(stored.stamp, &answer->age);
}

static int
store(struct tdb_context *tdb, const struct client *client, int flag)
{
	struct stored stored = {.stamp = bench_clock()};

	memcpy(stored.user, client->user, sizeof(stored.user));
	return tdb_store(tdb, key_of(client),
	    (TDB_DATA){(unsigned char *)&stored, sizeof(stored)}, flag);
}

static int
tdb_peer_insert(void *handle, const struct client *client)
{
	return store(handle, client, TDB_INSERT) == 0 ? 0 : -EIO;
}

static int
tdb_peer_refresh(void *handle, const struct client *client)
{
	if (store(handle, client, TDB_MODIFY) == 0)
		return 1;
	return tdb_error(handle) == TDB_ERR_NOEXIST ? 0 : -EIO;
}

static int
tdb_peer_remove(void *handle, const struct client *client)
{
	return tdb_delete(handle, key_of(client)) == 0 ? 0 : -EIO;
}

struct sweep {
	uint32_t now;
	uint64_t n_removed;
};

static int
sweep_one(struct tdb_context *tdb, TDB_DATA key, TDB_DATA value, void *arg)
{
	struct sweep *sweep = arg;
	struct stored stored;

	memcpy(&stored, value.dptr, sizeof(stored));
	if (sweep->now - stored.stamp < BENCH_WINDOW)
		return 0;
	sweep->n_removed++;
	return tdb_delete(tdb, key);
}

static int
tdb_peer_sweep(void *handle, uint64_t *n_removed_out)
{
	struct sweep sweep = {.now = bench_clock()};

	if (tdb_traverse(handle, sweep_one, &sweep) == -1)
		return -EIO;
	*n_removed_out = sweep.n_removed;
	return 0;
}

static int
tdb_peer_bytes(void *handle, uint64_t *bytes_out)
{
	struct stat st;

	if (fstat(tdb_fd(handle), &st) == -1)
		return -errno;
	*bytes_out = (uint64_t)st.st_blocks * 512;
	return 0;
}

const struct peer peer_tdb = {
    .name = "tdb",
    .title = "TDB (robust mutexes)",
    .kind = PEER_PROCESSES,
    .create = tdb_peer_open,
    .open = tdb_peer_open,
    .close = tdb_peer_close,
    .lookup = tdb_peer_lookup,
    .insert = tdb_peer_insert,
    .refresh = tdb_peer_refresh,
    .remove = tdb_peer_remove,
    .sweep = tdb_peer_sweep,
    .bytes = tdb_peer_bytes,
};
