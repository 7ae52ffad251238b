/* SPDX-License-Identifier: ISC */
/*
 * dump - print a table's entries of an address, to find out why an answer was
 * wrong.  The table stays in use meanwhile.
 */
#ifndef STRESS_DUMP_H
#define STRESS_DUMP_H

#include "shmcache/cache.h"

/* A line on stderr for each slot that has one of the address's keys. */
void dump_address(struct shmcache *cache, const struct addr *addr);

#endif
