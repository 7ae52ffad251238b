/* SPDX-License-Identifier: ISC */
/*
 * never - addresses that are never granted.
 *
 * The built-in networks (loopback, unspecified, link-local, multicast and
 * reserved ones) are always on the list.  The administrator's and the machine's
 * own addresses are in the header, in two banks.  popauthd fills the bank that
 * is not in force and then increments never_gen.  A reader that sees never_gen
 * change reads again.
 */
#ifndef POPAUTH_SHMCACHE_NEVER_H
#define POPAUTH_SHMCACHE_NEVER_H

#include "shmcache/cache.h"

/* Whether the address is on the list, or the IPv4 address that a translator put
 * into it.  Needs a mapping. */
bool never_contains(struct shmcache *cache, const struct client_rules *rules,
    const struct addr *addr);

/* Whether the header has this list. */
bool never_is(
    const struct layout_header *header, const struct cidr *list, size_t n);

/* Replace the header's list.  One process at a time. */
void never_replace(
    struct layout_header *header, const struct cidr *list, size_t n);

size_t never_count(struct shmcache *cache);

#endif
