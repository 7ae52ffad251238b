/* SPDX-License-Identifier: ISC */
/*
 * work - what popauthctl's commands do; how it looks is print's.
 *
 * ERRORS.  As shmcache.h; work_exit_status() makes an exit status of them.
 */
#ifndef POPAUTHCTL_WORK_H
#define POPAUTHCTL_WORK_H

#include "config/conf.h"
#include "shmcache/shmcache.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses beside those of sysexits.h. */
enum work_exit {
	WORK_EXIT_YES = 0, /* done; check: may relay */
	WORK_EXIT_NO = 1,  /* refused, nothing to end; check: may not */
};

/* Sweeps that may be missed before the reaper is called dead. */
#define WORK_SWEEPS_MISSED_MAX 3

struct work_place {
	char *table;             /* path; free(3) */
	const char *config_path; /* of conf; NULL: there is none */
	struct conf conf;        /* conf_free() */
};

/*
 * Decide which table is meant: table (-t) if it is given, else the one of the
 * configuration file config (-c, or default_config where that exists), else
 * the built-in path.  A broken default_config does not matter to -t.
 * table, config: or NULL.
 * Returns 0, -ENOMEM, or what conf_load() does, with its sentence.
 * place_out: for work_place_free().
 */
int work_find(const char *table, const char *config, const char *default_config,
    struct work_place *place_out, struct conf_error *error_out);

void work_place_free(struct work_place *place);

struct work_status {
	struct shmcache_status table;
	uint32_t sweep_every_s;
	bool is_reaper_alive;
};

/* Look at the whole table.  Returns as shmcache_status(). */
int work_status(struct shmcache *cache, uint32_t sweep_every_s,
    struct work_status *status_out);

struct work_list {
	struct shmcache_entry *entries; /* youngest first */
	size_t n;
	uint32_t ipv6_prefix;
};

/*
 * Collect the living grants, one entry for each user at an address; has_user
 * is false where no name is known.  The entry of the address itself is left
 * out when its youngest user's says the same.
 * list_out: for work_list_free().
 * Returns as shmcache_list(), or -ENOMEM.
 */
int work_list(struct shmcache *cache, struct work_list *list_out);
void work_list_free(struct work_list *list);

/* The exit status for an error; 0 for SHMCACHE_OK. */
int work_exit_status(int error);

#endif
