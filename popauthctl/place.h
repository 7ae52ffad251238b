/* SPDX-License-Identifier: ISC */
/*
 * place - the configuration and the table that a command is about.
 */
#ifndef POPAUTHCTL_PLACE_H
#define POPAUTHCTL_PLACE_H

#include "config/conf.h"
#include "shmcache/shmcache.h"

struct place {
	char *table;      /* path; free(3) */
	struct conf conf; /* conf_free() */
};

/*
 * Find the table: table (-t), if given; else the one that the configuration
 * names, which is config (-c) or else default_config; else the built-in path.
 * table, config: or NULL.
 * mistake: called for each mistake of the configuration.  A default_config that
 * is not there is none; with -t, mistakes in it are ignored.
 * Returns 0, or as conf_load(), of the first mistake.
 * place_out: for place_free(), with all that could be read; nothing after
 * -ENOMEM.
 */
int place_find(const char *table, const char *config,
    const char *default_config,
    void (*mistake)(const char *sentence, void *arg), void *arg,
    struct place *place_out);

void place_free(struct place *place);

#endif
