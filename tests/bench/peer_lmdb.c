/* SPDX-License-Identifier: ISC */
/* LMDB: one file, readers beside one writer; without fsync, on tmpfs. */
#include "tests/bench/peer.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A thousand bytes a client is more than it ever uses. */
#define MAP_BYTES(n) ((size_t)(n)*1024 + (64u << 20))

struct handle {
	MDB_env *env;
	MDB_dbi dbi;
	MDB_txn *reader; /* reset between look-ups, as its manual advises */
};

/* LMDB's own codes are negative, below any errno. */
static int
lmdb_error(int code)
{
	return code == 0 ? 0 : code > 0 ? -code : -EPROTO;
}

static void
lmdb_close(void *arg)
{
	struct handle *h = arg;

	if (h->reader != NULL)
		mdb_txn_abort(h->reader);
	if (h->env != NULL)
		mdb_env_close(h->env);
	free(h);
}

static int
open_reader(struct handle *h)
{
	const int code = mdb_txn_begin(h->env, NULL, MDB_RDONLY, &h->reader);

	if (code == 0)
		mdb_txn_reset(h->reader);
	return code;
}

static int
open_dbi(struct handle *h)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(h->env, NULL, 0, &txn);

	if (code != 0)
		return code;
	if ((code = mdb_dbi_open(txn, NULL, 0, &h->dbi)) != 0) {
		mdb_txn_abort(txn);
		return code;
	}
	return mdb_txn_commit(txn);
}

static int
lmdb_open(const char *dir, uint32_t n, void **handle_out)
{
	struct handle *h = calloc(1, sizeof(*h));
	char path[256];
	int code;

	if (h == NULL)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	if ((code = mdb_env_create(&h->env)) != 0 ||
	    (code = mdb_env_set_mapsize(h->env, MAP_BYTES(n))) != 0 ||
	    (code = mdb_env_open(
		 h->env, path, MDB_NOSUBDIR | MDB_NOSYNC, 0600)) != 0 ||
	    (code = open_dbi(h)) != 0 || (code = open_reader(h)) != 0) {
		lmdb_close(h);
		return lmdb_error(code);
	}
	*handle_out = h;
	return 0;
}

static MDB_val
key_of(const struct client *client)
{
	/* LMDB's type has no const; it does not write there. */
	return (MDB_val){
	    sizeof(client->addr.bytes), (void *)(uintptr_t)client->addr.bytes};
}

static int
lmdb_lookup(void *arg, const struct client *client, struct answer *answer)
{
	struct handle *h = arg;
	MDB_val key = key_of(client);
	MDB_val value;
	struct stored stored;
	int code = mdb_txn_renew(h->reader);

	if (code != 0)
		return lmdb_error(code);
	code = mdb_get(h->reader, h->dbi, &key, &value);
	if (code == 0 && value.mv_size == sizeof(stored))
		memcpy(&stored, value.mv_data, sizeof(stored));
	mdb_txn_reset(h->reader);
	if (code == MDB_NOTFOUND)
		return 0;
	if (code != 0)
		return lmdb_error(code);
	memcpy(answer->user, stored.user, sizeof(answer->user));
	return bench_is_live(stored.stamp, &answer->age);
}

static int
put(struct handle *h, MDB_txn *txn, const struct client *client)
{
	struct stored stored = {.stamp = bench_clock()};
	MDB_val key = key_of(client);
	MDB_val value = {sizeof(stored), &stored};

	memcpy(stored.user, client->user, sizeof(stored.user));
	return mdb_put(txn, h->dbi, &key, &value, 0);
}

static int
lmdb_insert(void *arg, const struct client *client)
{
	struct handle *h = arg;
	MDB_txn *txn;
	int code = mdb_txn_begin(h->env, NULL, 0, &txn);

	if (code != 0)
		return lmdb_error(code);
	if ((code = put(h, txn, client)) != 0) {
		mdb_txn_abort(txn);
		return lmdb_error(code);
	}
	return lmdb_error(mdb_txn_commit(txn));
}

static int
lmdb_refresh(void *arg, const struct client *client)
{
	const int error = lmdb_insert(arg, client);

	return error != 0 ? error : 1;
}

static int
lmdb_fill(void *arg, uint32_t n)
{
	struct handle *h = arg;
	MDB_txn *txn;
	int code = mdb_txn_begin(h->env, NULL, 0, &txn);

	if (code != 0)
		return lmdb_error(code);
	for (uint32_t i = 0; i < n && code == 0; i++) {
		struct client client;

		client_init(&client, i);
		client_name(&client);
		code = put(h, txn, &client);
	}
	if (code != 0) {
		mdb_txn_abort(txn);
		return lmdb_error(code);
	}
	return lmdb_error(mdb_txn_commit(txn));
}

static int
lmdb_remove(void *arg, const struct client *client)
{
	struct handle *h = arg;
	MDB_val key = key_of(client);
	MDB_txn *txn;
	int code = mdb_txn_begin(h->env, NULL, 0, &txn);

	if (code != 0)
		return lmdb_error(code);
	if ((code = mdb_del(txn, h->dbi, &key, NULL)) != 0) {
		mdb_txn_abort(txn);
		return lmdb_error(code);
	}
	return lmdb_error(mdb_txn_commit(txn));
}

static int
lmdb_sweep(void *arg, uint64_t *n_removed_out)
{
	struct handle *h = arg;
	MDB_txn *txn;
	MDB_cursor *cursor;
	MDB_val key, value;
	const uint32_t now = bench_clock();
	int code = mdb_txn_begin(h->env, NULL, 0, &txn);

	*n_removed_out = 0;
	if (code != 0)
		return lmdb_error(code);
	if ((code = mdb_cursor_open(txn, h->dbi, &cursor)) != 0) {
		mdb_txn_abort(txn);
		return lmdb_error(code);
	}
	code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	while (code == 0) {
		struct stored stored;

		memcpy(&stored, value.mv_data, sizeof(stored));
		if (now - stored.stamp >= BENCH_WINDOW) {
			if ((code = mdb_cursor_del(cursor, 0)) != 0)
				break;
			++*n_removed_out;
		}
		code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	if (code != MDB_NOTFOUND) {
		mdb_txn_abort(txn);
		return lmdb_error(code);
	}
	return lmdb_error(mdb_txn_commit(txn));
}

static int
lmdb_bytes(void *arg, uint64_t *bytes_out)
{
	struct handle *h = arg;
	struct stat st;
	int fd;

	mdb_env_get_fd(h->env, &fd);
	if (fstat(fd, &st) == -1)
		return -errno;
	*bytes_out = (uint64_t)st.st_blocks * 512;
	return 0;
}

const struct peer peer_lmdb = {
    .name = "lmdb",
    .title = "LMDB (NOSYNC)",
    .kind = PEER_PROCESSES,
    .create = lmdb_open,
    .open = lmdb_open,
    .close = lmdb_close,
    .fill = lmdb_fill,
    .lookup = lmdb_lookup,
    .insert = lmdb_insert,
    .refresh = lmdb_refresh,
    .remove = lmdb_remove,
    .sweep = lmdb_sweep,
    .bytes = lmdb_bytes,
};
