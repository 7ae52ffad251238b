/* SPDX-License-Identifier: ISC */
/*
 * ending - end all grants of a user, of a network, or all.
 */
#ifndef POPAUTHCTL_ENDING_H
#define POPAUTHCTL_ENDING_H

#include "common/cidr.h"
#include "shmcache/shmcache.h"

#include <stddef.h>

/*
 * End grants.
 * user: only this user's, at each address; NULL: of all users.
 * net: only in this network; NULL: everywhere.
 * n_out: how many grants ended.
 * Returns 0 or the first error of shmcache.h; the other grants ended all the
 * same.
 */
int end_grants(struct shmcache *cache, const char *user, const struct cidr *net,
    size_t *n_out);

#endif
