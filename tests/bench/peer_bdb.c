/* SPDX-License-Identifier: ISC */
/*
 * Berkeley DB under an fcntl(2) lock, as in pop-before-smtp and DRAC.  The
 * pages are in a cache that all processes share (DB_INIT_MPOOL): with a
 * private cache a process would have to open the file for each operation,
 * which takes eight times as long.
 */
#include "tests/bench/peer.h"

#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* All of it fits in the cache. */
#define CACHE_BYTES(n) ((n)*UINT32_C(256) + (UINT32_C(16) << 20))

struct handle {
	int lock_fd;
	DB_ENV *env;
	DB *db;
	char path[256];
};

static int
bdb_error(int code)
{
	return code > 0 ? -code : code == 0 ? 0 : -EPROTO;
}

static int
lock(const struct handle *h, short type)
{
	struct flock region = {.l_type = type, .l_whence = SEEK_SET};

	while (fcntl(h->lock_fd, F_SETLKW, &region) == -1) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static void
bdb_close(void *arg)
{
	struct handle *h = arg;

	if (h->db != NULL)
		h->db->close(h->db, DB_NOSYNC);
	if (h->env != NULL)
		h->env->close(h->env, 0);
	if (h->lock_fd != -1)
		close(h->lock_fd);
	free(h);
}

static int
open_db(struct handle *h, const char *dir, uint32_t n)
{
	int code;

	if ((code = db_env_create(&h->env, 0)) != 0)
		return code;
	h->env->set_cachesize(h->env, 0, CACHE_BYTES(n), 1);
	if ((code = h->env->open(
		 h->env, dir, DB_CREATE | DB_INIT_MPOOL, 0600)) != 0 ||
	    (code = db_create(&h->db, h->env, 0)) != 0)
		return code;
	h->db->set_h_nelem(h->db, n);
	return h->db->open(
	    h->db, NULL, "grants.db", NULL, DB_HASH, DB_CREATE, 0600);
}

static int
bdb_open(const char *dir, uint32_t n, void **handle_out)
{
	struct handle *h = calloc(1, sizeof(*h));
	char path[256];
	int error;

	if (h == NULL)
		return -ENOMEM;
	snprintf(h->path, sizeof(h->path), "%s/grants.db", dir);
	snprintf(path, sizeof(path), "%s/lock", dir);
	h->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (h->lock_fd == -1)
		error = -errno;
	else if ((error = lock(h, F_WRLCK)) == 0) {
		error = bdb_error(open_db(h, dir, n));
		lock(h, F_UNLCK);
	}
	if (error != 0) {
		bdb_close(h);
		return error;
	}
	*handle_out = h;
	return 0;
}

static DBT
dbt_of(const void *data, size_t len)
{
	/* DBT has no const; Berkeley DB does not write there. */
	return (DBT){.data = (void *)(uintptr_t)data,
	    .size = (uint32_t)len,
	    .ulen = (uint32_t)len,
	    .flags = DB_DBT_USERMEM};
}

static DBT
key_of(const struct client *client)
{
	return dbt_of(client->addr.bytes, sizeof(client->addr.bytes));
}

static int
bdb_lookup(void *arg, const struct client *client, struct answer *answer)
{
	struct handle *h = arg;
	struct stored stored;
	DBT key = key_of(client);
	DBT value = dbt_of(&stored, sizeof(stored));
	int code;

	if ((code = lock(h, F_RDLCK)) != 0)
		return code;
	code = h->db->get(h->db, NULL, &key, &value, 0);
	lock(h, F_UNLCK);
	if (code == DB_NOTFOUND)
		return 0;
	if (code != 0)
		return bdb_error(code);
	memcpy(answer->user, stored.user, sizeof(answer->user));
	return bench_is_live(stored.stamp, &answer->age);
}

static int
put(struct handle *h, const struct client *client)
{
	struct stored stored = {.stamp = bench_clock()};
	DBT key = key_of(client);
	DBT value = dbt_of(&stored, sizeof(stored));

	memcpy(stored.user, client->user, sizeof(stored.user));
	return bdb_error(h->db->put(h->db, NULL, &key, &value, 0));
}

static int
bdb_insert(void *arg, const struct client *client)
{
	struct handle *h = arg;
	int error;

	if ((error = lock(h, F_WRLCK)) != 0)
		return error;
	error = put(h, client);
	lock(h, F_UNLCK);
	return error;
}

static int
bdb_refresh(void *arg, const struct client *client)
{
	const int error = bdb_insert(arg, client);

	return error != 0 ? error : 1;
}

static int
bdb_fill(void *arg, uint32_t n)
{
	struct handle *h = arg;
	int error;

	if ((error = lock(h, F_WRLCK)) != 0)
		return error;
	for (uint32_t i = 0; i < n && error == 0; i++) {
		struct client client;

		client_init(&client, i);
		client_name(&client);
		error = put(h, &client);
	}
	lock(h, F_UNLCK);
	return error;
}

static int
bdb_remove(void *arg, const struct client *client)
{
	struct handle *h = arg;
	DBT key = key_of(client);
	int error;

	if ((error = lock(h, F_WRLCK)) != 0)
		return error;
	error = bdb_error(h->db->del(h->db, NULL, &key, 0));
	lock(h, F_UNLCK);
	return error;
}

static int
bdb_sweep(void *arg, uint64_t *n_removed_out)
{
	struct handle *h = arg;
	const uint32_t now = bench_clock();
	DBC *cursor;
	int code;

	*n_removed_out = 0;
	if ((code = lock(h, F_WRLCK)) != 0)
		return code;
	if ((code = h->db->cursor(h->db, NULL, &cursor, 0)) != 0)
		goto out;
	for (;;) {
		struct addr addr;
		struct stored stored;
		DBT key = dbt_of(&addr, sizeof(addr));
		DBT value = dbt_of(&stored, sizeof(stored));

		if ((code = cursor->get(cursor, &key, &value, DB_NEXT)) != 0)
			break;
		if (now - stored.stamp < BENCH_WINDOW)
			continue;
		if ((code = cursor->del(cursor, 0)) != 0)
			break;
		++*n_removed_out;
	}
	cursor->close(cursor);
	if (code == DB_NOTFOUND)
		code = 0;
out:
	lock(h, F_UNLCK);
	return bdb_error(code);
}

static int
bdb_bytes(void *arg, uint64_t *bytes_out)
{
	struct handle *h = arg;
	struct stat st;

	h->db->sync(h->db, 0);
	if (stat(h->path, &st) == -1)
		return -errno;
	*bytes_out = (uint64_t)st.st_blocks * 512;
	return 0;
}

const struct peer peer_bdb = {
    .name = "bdb",
    .title = "Berkeley DB + fcntl lock",
    .kind = PEER_PROCESSES,
    .create = bdb_open,
    .open = bdb_open,
    .close = bdb_close,
    .fill = bdb_fill,
    .lookup = bdb_lookup,
    .insert = bdb_insert,
    .refresh = bdb_refresh,
    .remove = bdb_remove,
    .sweep = bdb_sweep,
    .bytes = bdb_bytes,
};
