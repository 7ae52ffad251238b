/* SPDX-License-Identifier: ISC */
/*
 * place - the configuration and the table that a command is about.
 */
#ifndef POPAUTHCTL_PLACE_H
#define POPAUTHCTL_PLACE_H

#include "config/conf.h"
#include "shmcache/shmcache.h"

struct place {
	char *table;             /* path; free(3) */
	const char *config_path; /* of conf; NULL: there is none */
	struct conf conf;        /* conf_free() */
};

/*
 * Find the table: table (-t), if given; else the one that the configuration
 * file names, which is config (-c) or else default_config; else the built-in
 * path.  With -t, mistakes in default_config are ignored.
 * table, config: or NULL.
 * Returns 0, -ENOMEM, or as conf_load(), with its sentence.
 * place_out: for place_free().
 */
int place_find(const char *table, const char *config,
    const char *default_config, struct place *place_out,
    struct conf_error *error_out);

void place_free(struct place *place);

#endif
