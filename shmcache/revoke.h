/* SPDX-License-Identifier: ISC */
#ifndef POPAUTH_SHMCACHE_REVOKE_H
#define POPAUTH_SHMCACHE_REVOKE_H

#include "shmcache/cache.h"

/*
 * After a login renewed its address: if the user was revoked meanwhile, take
 * back what the login gave to the address.
 */
void revoke_undo_login(struct shmcache *cache, const struct cache_now *now,
    const struct key *user, const struct key *address);

#endif
