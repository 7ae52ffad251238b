/* SPDX-License-Identifier: ISC */
/*
 * Ours, twice.
 *
 * "popauth" is the public interface: a login writes the user's key and the
 * address's, a look-up by address also names the user.  "popauth, one key" is
 * like the other peers: one key is written (record_key(), as shmcache_grant()
 * calls it) and looked up.  Both in tables that are half full at most.
 */
#include "shmcache/record.h"
#include "shmcache/shmcache.h"
#include "shmcache/slot.h"
#include "tests/bench/peer.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The clients that are inserted and removed meanwhile, see work.c. */
#define EXTRA_OF(n) ((n) / 32)

static void
path_in(const char *dir, char path[static 256])
{
	snprintf(path, 256, "%s/grants", dir);
}

static int
positive(int error)
{
	return error > 0 ? -EPROTO : error;
}

static int
open_as(const char *dir, enum shmcache_access access, struct shmcache **out)
{
	char path[256];
	int error;

	path_in(dir, path);
	if ((error = shmcache_open(path, access, out)) == 0)
		(*out)->clock_s = bench_clock;
	return positive(error);
}

static int
popauth_open(const char *dir, uint32_t n, void **handle_out)
{
	struct shmcache *cache;
	const int error = open_as(dir, SHMCACHE_WRITE, &cache);

	(void)n;
	if (error == 0)
		*handle_out = cache;
	return error;
}

/*
 * The file has the same owner as in use: each open looks up the owner's name,
 * which is part of its cost.  root's, if there is no such user.
 */
static uid_t
owner(void)
{
	const struct passwd *entry = getpwnam(SHMCACHE_OWNER);

	return entry != NULL ? entry->pw_uid : geteuid();
}

static int
create_for(const char *dir, uint64_t n_keys, void **handle_out)
{
	const struct shmcache_params params = {
	    .window_s = BENCH_WINDOW,
	    .ipv6_prefix = 64,
	};
	unsigned capacity_log2 = 10;
	char path[256];
	int error;

	while ((UINT64_C(1) << capacity_log2) < 2 * n_keys)
		capacity_log2++;
	path_in(dir, path);
	error = shmcache_create(
	    path, &params, capacity_log2, owner(), getegid(), 0600);
	return error != 0 ? positive(error) : popauth_open(dir, 0, handle_out);
}

static int
popauth_create(const char *dir, uint32_t n, void **handle_out)
{
	return create_for(dir, 2 * ((uint64_t)n + EXTRA_OF(n)), handle_out);
}

static int
popauth_key_create(const char *dir, uint32_t n, void **handle_out)
{
	return create_for(dir, (uint64_t)n + EXTRA_OF(n), handle_out);
}

static void
popauth_close(void *handle)
{
	shmcache_close(handle);
}

static int
popauth_lookup(void *handle, const struct client *client, struct answer *answer)
{
	struct shmcache_grant grant;
	const int error = shmcache_lookup(handle, &client->addr, NULL, &grant);

	if (error == SHMCACHE_NO_GRANT)
		return 0;
	if (error != 0)
		return positive(error);
	answer->age = grant.age_s;
	memcpy(answer->user, grant.user, sizeof(answer->user));
	return 1;
}

static int
popauth_login(void *handle, const struct client *client)
{
	return positive(shmcache_grant(handle, &client->addr, client->user));
}

static int
popauth_refresh(void *handle, const struct client *client)
{
	const int error = popauth_login(handle, client);

	return error != 0 ? error : 1;
}

static int
record(struct shmcache *cache, const struct client *client,
    enum record_outcome *outcome_out)
{
	struct key_rules rules;
	struct cache_now now;
	struct key key;
	struct copy copy;
	int error;

	cache_rules(cache, &rules);
	key_of_address(&key, &rules, &client->addr);
	cache_prefetch_key(cache, &key);
	if ((error = cache_now(cache, &now)) != 0)
		return positive(error);
	return positive(
	    record_key(cache, &now, &key, NULL, SLOT_LIVE, &copy, outcome_out));
}

static int
popauth_key_insert(void *handle, const struct client *client)
{
	enum record_outcome outcome;

	return record(handle, client, &outcome);
}

static int
popauth_key_refresh(void *handle, const struct client *client)
{
	enum record_outcome outcome;
	const int error = record(handle, client, &outcome);

	return error != 0 ? error : outcome != RECORD_NEW;
}

/* As the sweep does: revocation would leave a tombstone. */
static void
evict(
    struct shmcache *cache, const struct cache_now *now, const struct key *key)
{
	struct copies copies;

	scan(cache, key, SLOT_LIVE, now->geometry, now, &copies);
	for (unsigned i = 0; i < copies.n; i++)
		slot_free(slot_control(cache, copies.copy[i].slot),
		    copies.copy[i].seen);
}

static int
popauth_remove(void *handle, const struct client *client)
{
	struct cache_now now;
	struct key key;
	int error;

	if ((error = cache_now(handle, &now)) != 0)
		return positive(error);
	key_of_address(&key, &now.rules, &client->addr);
	evict(handle, &now, &key);
	key_of_user(&key, &now.rules, &client->addr, client->user);
	evict(handle, &now, &key);
	return 0;
}

static int
popauth_sweep(void *handle, uint64_t *n_removed_out)
{
	struct shmcache_sweep sweep = {0};
	const int error = shmcache_sweep(handle, &sweep);

	*n_removed_out = sweep.n_evicted;
	return positive(error);
}

static int
popauth_bytes(void *handle, uint64_t *bytes_out)
{
	struct stat st;

	if (fstat(shmcache_fd(handle), &st) == -1)
		return -errno;
	*bytes_out = (uint64_t)st.st_blocks * 512;
	return 0;
}

/* The gate's way: without a mapping. */
static int
popauth_one_shot(const char *dir, uint32_t n, const struct client *client,
    struct answer *answer)
{
	struct shmcache *cache;
	int found;

	(void)n;
	if ((found = open_as(dir, SHMCACHE_PREAD, &cache)) != 0)
		return found;
	found = popauth_lookup(cache, client, answer);
	shmcache_close(cache);
	return found;
}

const struct peer peer_popauth = {
    .name = "popauth",
    .title = "popauth: login, look-up with user",
    .kind = PEER_OURS,
    .create = popauth_create,
    .open = popauth_open,
    .close = popauth_close,
    .lookup = popauth_lookup,
    .insert = popauth_login,
    .refresh = popauth_refresh,
    .remove = popauth_remove,
    .sweep = popauth_sweep,
    .bytes = popauth_bytes,
    .one_shot = popauth_one_shot,
};

const struct peer peer_popauth_key = {
    .name = "popauth-key",
    .title = "popauth: one key",
    .kind = PEER_OURS,
    .create = popauth_key_create,
    .open = popauth_open,
    .close = popauth_close,
    .lookup = popauth_lookup,
    .insert = popauth_key_insert,
    .refresh = popauth_key_refresh,
    .remove = popauth_remove,
    .sweep = popauth_sweep,
    .bytes = popauth_bytes,
    .one_shot = popauth_one_shot,
};
