/* SPDX-License-Identifier: ISC */
/*
 * work - what popauthctl's commands do beyond a call of the library.
 */
#include "popauthctl/work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* A login writes its user, then its address: the clock may tick between. */
#define LOGIN_SPREAD_S 1

int
work_find(const char *table, const char *config, const char *default_config,
    struct work_place *place_out, struct conf_error *error_out)
{
	struct conf *conf = &place_out->conf;
	const char *path = config != NULL ? config : default_config;
	int error;

	*place_out = (struct work_place){.config_path = path};
	error = conf_load(path, conf, error_out);
	if (error != 0 && config == NULL &&
	    (error == -ENOENT || table != NULL)) {
		place_out->config_path = NULL;
		error_out->text[0] = '\0';
		error = conf_defaults(conf);
	}
	if (error == 0) {
		place_out->table =
		    strdup(table != NULL ? table : conf->table.path);
		if (place_out->table == NULL) {
			conf_free(conf);
			error = -ENOMEM;
		}
	}
	if (error == -ENOMEM)
		snprintf(error_out->text, sizeof(error_out->text), "%s",
		    strerror(ENOMEM));
	return error;
}

void
work_place_free(struct work_place *place)
{
	free(place->table);
	place->table = NULL;
	conf_free(&place->conf);
}

int
work_status(struct shmcache *cache, uint32_t sweep_every_s,
    struct work_status *status_out)
{
	struct work_status status = {.sweep_every_s = sweep_every_s};
	int error = shmcache_status(cache, &status.table);

	if (error != 0)
		return error;
	status.is_reaper_alive =
	    status.table.has_heartbeat &&
	    status.table.heartbeat_age_s <=
		(uint64_t)sweep_every_s * WORK_SWEEPS_MISSED_MAX;
	*status_out = status;
	return 0;
}

/* ---- list --------------------------------------------------------------- */

struct collection {
	struct shmcache_entry *entries;
	size_t n, room;
};

static int
collect(const struct shmcache_entry *entry, void *arg)
{
	struct collection *all = arg;
	struct shmcache_entry *grown;
	size_t room;

	if (all->n == all->room) {
		room = all->room > 0 ? 2 * all->room : 64;
		grown = reallocarray(all->entries, room, sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		all->entries = grown;
		all->room = room;
	}
	all->entries[all->n++] = *entry;
	return 0;
}

static int
compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* Each address with its users first, the youngest before the others. */
static int
by_address(const void *left, const void *right)
{
	const struct shmcache_entry *a = left, *b = right;
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	if (order == 0)
		order = (int)b->has_user - (int)a->has_user;
	if (order == 0)
		order = compare_numbers(a->age_s, b->age_s);
	return order;
}

static int
by_age(const void *left, const void *right)
{
	const struct shmcache_entry *a = left, *b = right;
	int order = compare_numbers(a->age_s, b->age_s);

	if (order == 0)
		order = memcmp(&a->addr, &b->addr, sizeof(a->addr));
	if (order == 0)
		order = strcmp(a->user, b->user);
	return order;
}

/* Leave out addresses that their youngest user speaks for. */
static size_t
drop_covered(struct shmcache_entry *entries, size_t n)
{
	const struct shmcache_entry *youngest = NULL;
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		struct shmcache_entry *entry = &entries[i];

		if (youngest != NULL &&
		    !addr_equal(&youngest->addr, &entry->addr))
			youngest = NULL;
		if (entry->has_user && youngest == NULL)
			youngest = entry;
		if (!entry->has_user && youngest != NULL &&
		    youngest->age_s <= entry->age_s + LOGIN_SPREAD_S)
			continue;
		entries[kept] = *entry;
		if (youngest == entry)
			youngest = &entries[kept];
		kept++;
	}
	return kept;
}

/* The user without a name is there when an address was granted alone. */
static void
forget_nameless(struct shmcache_entry *entries, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (entries[i].user[0] == '\0')
			entries[i].has_user = false;
}

int
work_list(struct shmcache *cache, struct work_list *list_out)
{
	struct collection all = {.entries = NULL};
	struct shmcache_status status;
	int error;

	error = shmcache_status(cache, &status);
	if (error == 0)
		error = shmcache_list(cache, collect, &all);
	if (error != 0) {
		free(all.entries);
		return error;
	}
	if (all.n > 0) {
		qsort(all.entries, all.n, sizeof(*all.entries), by_address);
		all.n = drop_covered(all.entries, all.n);
		forget_nameless(all.entries, all.n);
		qsort(all.entries, all.n, sizeof(*all.entries), by_age);
	}
	list_out->entries = all.entries;
	list_out->n = all.n;
	list_out->ipv6_prefix = status.ipv6_prefix;
	return 0;
}

void
work_list_free(struct work_list *list)
{
	free(list->entries);
	list->entries = NULL;
	list->n = 0;
}

/* ---- exit status -------------------------------------------------------- */

static int
exit_status_of_library(enum shmcache_error error)
{
	switch (error) {
	case SHMCACHE_OK:
		return WORK_EXIT_YES;
	case SHMCACHE_NO_GRANT:
	case SHMCACHE_NEVER:
		return WORK_EXIT_NO;
	case SHMCACHE_BAD_USER:
		return EX_USAGE;
	case SHMCACHE_REVOKED:
	case SHMCACHE_BUSY:
		return EX_TEMPFAIL;
	case SHMCACHE_FOREIGN_CLOCK:
	case SHMCACHE_BAD_OWNER:
	case SHMCACHE_BAD_MODE:
	case SHMCACHE_BAD_MAGIC:
	case SHMCACHE_BAD_LAYOUT:
	case SHMCACHE_BAD_SIZE:
	case SHMCACHE_OTHER_BOOT:
		return EX_UNAVAILABLE;
	case SHMCACHE_TOO_MANY:
		return EX_CONFIG;
	}
	return EX_SOFTWARE;
}

int
work_exit_status(int error)
{
	if (error >= 0)
		return exit_status_of_library((enum shmcache_error)error);
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		return EX_NOINPUT;
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return EX_NOPERM;
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return EX_OSERR;
	case -EBADF:
		return EX_SOFTWARE;
	}
	return EX_UNAVAILABLE;
}
