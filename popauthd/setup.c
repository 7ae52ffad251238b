/* SPDX-License-Identifier: ISC */
#include "popauthd/setup.h"

#include "common/account.h"
#include "common/report.h"
#include "popauthd/directory.h"
#include "popauthd/own.h"
#include "popauthd/ruler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define TABLE_MODE 0664

/* 8192 slots, 753 kB: the size of an empty table. */
#define SLOTS_LOG2_AT_FIRST 13

/* A table with more of its slots in use doubles (shmcache/grow.c). */
#define FULL_PERCENT 38u

struct owners {
	struct account daemon;
	gid_t writers;
};

/* Owner and group of the table: by name for root, else our own. */
static int
find_owners(struct owners *owners)
{
	int error;

	if (geteuid() != 0) {
		owners->daemon =
		    (struct account){.uid = geteuid(), .gid = getegid()};
		if (account_find_group(
			POPAUTHD_GRANT_GROUP, &owners->writers) != 0)
			owners->writers = getegid();
		return 0;
	}
	error = account_find(POPAUTHD_USER, &owners->daemon);
	if (error != 0) {
		report(REPORT_FATAL, "no-user",
		    "there is no user " POPAUTHD_USER
		    " (%s); create it: adduser --system --group " POPAUTHD_USER,
		    strerror(-error));
		return EX_NOUSER;
	}
	error = account_find_group(POPAUTHD_GRANT_GROUP, &owners->writers);
	if (error != 0) {
		report(REPORT_FATAL, "no-group",
		    "there is no group " POPAUTHD_GRANT_GROUP
		    " (%s); create it: addgroup --system " POPAUTHD_GRANT_GROUP,
		    strerror(-error));
		return EX_NOUSER;
	}
	return 0;
}

uint64_t
setup_slots_max(const struct conf_table *conf)
{
	uint64_t n = (uint64_t)1 << SLOTS_LOG2_AT_FIRST;

	while (n * FULL_PERCENT < (uint64_t)conf->max_logins * 2 * 100)
		n *= 2;
	return n;
}

static int
make_table(const struct conf_table *conf, const struct owners *owners)
{
	struct shmcache_params params = {
	    .window_s = conf->window_s,
	    .ipv6_prefix = conf->ipv6_prefix,
	    .whole = conf->whole_addresses.items,
	    .n_whole = conf->whole_addresses.n,
	    .n_slots_max = setup_slots_max(conf),
	};

	char *text;
	int error;

	ruler_first(conf->rules, &text, &params.n_rules);
	params.rules = text;
	error = shmcache_create(conf->path, &params, SLOTS_LOG2_AT_FIRST,
	    owners->daemon.uid, owners->writers, TABLE_MODE);
	free(text);
	return error;
}

/*
 * Whether an existing table has the right owners.  A new installation of the
 * daemon may have changed the numbers of user and group.
 */
static int
check_owners(const struct shmcache *cache, const struct owners *owners)
{
	struct stat st;

	if (fstat(shmcache_fd(cache), &st) == -1)
		return -errno;
	if (st.st_uid != owners->daemon.uid || st.st_gid != owners->writers)
		return SHMCACHE_BAD_OWNER;
	return (st.st_mode & 07777) == TABLE_MODE ? 0 : SHMCACHE_BAD_MODE;
}

/* A table whose heartbeat is ahead was used by a popauthd with another clock;
 * no login could write it. */
static int
open_table(const struct conf_table *conf, const struct owners *owners,
    struct shmcache **cache_out)
{
	struct shmcache *cache;
	int error;

	error = shmcache_open(conf->path, SHMCACHE_WRITE, &cache);
	if (error != 0)
		return error;
	error = check_owners(cache, owners);
	if (error == 0)
		error = shmcache_check(cache);
	if (error == 0 || error == SHMCACHE_BAD_PARAMS) {
		*cache_out = cache;
		return 0;
	}
	shmcache_close(cache);
	return error;
}

/* Whether the file cannot be a table.  Any other error of the system may pass,
 * and the file may have living grants. */
static bool
is_wrong_file(int error)
{
	return error > 0 || error == -ELOOP || error == -ENXIO;
}

static int
open_or_make(const struct conf_table *conf, const struct owners *owners,
    struct shmcache **cache_out)
{
	int error;

	error = open_table(conf, owners, cache_out);
	if (error == 0) {
		report(REPORT_INFO, "table-kept", "the grants in %s are kept",
		    conf->path);
		return 0;
	}
	if (error != -ENOENT && !is_wrong_file(error))
		return error;
	if (error != -ENOENT)
		report(REPORT_WARN, "table-replaced", "%s was unusable: %s",
		    conf->path, shmcache_strerror(error));
	error = make_table(conf, owners);
	if (error == 0)
		error = shmcache_open(conf->path, SHMCACHE_WRITE, cache_out);
	if (error == 0)
		report(REPORT_INFO, "table-made", "%s", conf->path);
	return error;
}

/*
 * The administrator's networks and the proxies (each has many clients behind
 * it), then the machine's own addresses.
 * known: the list in force, in case that the kernel does not list them now.
 */
static int
find_never(const struct conf *conf, const struct nevergrant *known,
    struct nevergrant *list)
{
	struct addresses own = {0};
	int error;

	*list = (struct nevergrant){0};
	error = nevergrant_add_listed(
	    list, conf->table.never_grant.items, conf->table.never_grant.n);
	if (error == 0)
		error =
		    nevergrant_add_listed(list, conf->smtpgate.proxy_from.items,
			conf->smtpgate.proxy_from.n);
	if (error != 0)
		return SHMCACHE_TOO_MANY;
	error = own_addresses(&own);
	if (error == 0)
		nevergrant_add_own(list, &own);
	else
		nevergrant_keep_own(list, known, error);
	addresses_free(&own);
	return 0;
}

/* Report what differs from a complete list, once. */
static void
report_own(const struct nevergrant *list, const struct nevergrant *known)
{
	char text[CIDR_TEXT_BYTES];

	if (list->own_error != 0 && list->own_error != known->own_error)
		report(REPORT_ERROR, "no-own-addresses",
		    "the kernel does not list this machine's addresses and "
		    "routes (%s); %s; allow popauthd netlink(7) sockets",
		    strerror(-list->own_error),
		    known->n > known->n_listed
			? "the known ones stay never granted"
			: "until it does, no login is granted");
	if (list->widened.prefix_len != 0 && known->widened.prefix_len == 0)
		report(REPORT_WARN, "own-networks",
		    "this machine has more own addresses than the table has "
		    "room for; networks that contain them, up to %s, are never "
		    "granted; list better ones in [table] never_grant",
		    cidr_format(&list->widened, text));
}

static struct shmcache_params
params_of(const struct conf *conf, const struct nevergrant *never)
{
	return (struct shmcache_params){
	    .window_s = conf->table.window_s,
	    .ipv6_prefix = conf->table.ipv6_prefix,
	    .whole = conf->table.whole_addresses.items,
	    .n_whole = conf->table.whole_addresses.n,
	    .never = never->items,
	    .n_never = never->n,
	    .n_slots_max = setup_slots_max(&conf->table),
	};
}

static int
configure(struct shmcache *cache, const struct conf *conf,
    const struct nevergrant *never)
{
	const struct shmcache_params params = params_of(conf, never);

	return shmcache_configure(cache, &params);
}

int
setup_repair(struct shmcache *cache, const struct conf *conf,
    const struct nevergrant *never, bool *repaired_out)
{
	const struct shmcache_params params = params_of(conf, never);

	*repaired_out = !shmcache_is_configured(cache, &params);
	return *repaired_out ? shmcache_configure(cache, &params) : 0;
}

int
setup_configure(
    struct shmcache *cache, const struct conf *conf, struct nevergrant *never)
{
	struct nevergrant found;
	int error;

	error = find_never(conf, never, &found);
	if (error == 0)
		error = configure(cache, conf, &found);
	if (error != 0)
		return error;
	report_own(&found, never);
	*never = found;
	return 0;
}

int
setup_refresh(struct shmcache *cache, const struct conf *conf,
    struct nevergrant *never, bool *changed_out)
{
	struct nevergrant found;
	int error;

	*changed_out = false;
	error = find_never(conf, never, &found);
	if (error != 0)
		return error;
	if (!nevergrant_is_same(&found, never)) {
		error = configure(cache, conf, &found);
		if (error != 0)
			return error;
		*changed_out = true;
	}
	report_own(&found, never);
	*never = found;
	return 0;
}

int
setup_table(const struct conf *conf, struct shmcache **cache_out,
    struct nevergrant *never, int *lock_fd_out)
{
	struct shmcache *cache;
	struct owners owners;
	int error;

	if ((error = find_owners(&owners)) != 0)
		return error;
	const int lock_fd = directory_lock(conf->table.path, owners.daemon.gid);

	if (lock_fd == -1)
		return EX_CANTCREAT;
	if (geteuid() == 0)
		ruler_make_directory(conf->table.rules, owners.daemon.gid);
	error = open_or_make(&conf->table, &owners, &cache);
	if (error == 0) {
		error = setup_configure(cache, conf, never);
		if (error != 0)
			shmcache_close(cache);
	}
	if (error != 0) {
		report(REPORT_FATAL, "no-table", "%s: %s", conf->table.path,
		    shmcache_strerror(error));
		close(lock_fd);
		return EX_CANTCREAT;
	}
	*cache_out = cache;
	*lock_fd_out = lock_fd;
	return 0;
}
