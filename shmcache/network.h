/* SPDX-License-Identifier: ISC */
/*
 * network - a network as words of the header: { address, address, prefix
 * length }.
 *
 * CONCURRENCY.  Pure functions on copies of the words.
 */
#ifndef POPAUTH_SHMCACHE_NETWORK_H
#define POPAUTH_SHMCACHE_NETWORK_H

#include "shmcache/layout.h"

#include <string.h>

static inline void
network_pack(const struct cidr *cidr, uint64_t words[LAYOUT_NETWORK_WORDS])
{
	memcpy(&words[0], cidr->net.bytes, 8);
	memcpy(&words[1], cidr->net.bytes + 8, 8);
	words[2] = cidr->prefix_len;
}

/* Returns false, and sets nothing, if the length makes no sense. */
static inline bool
network_unpack(
    const uint64_t words[LAYOUT_NETWORK_WORDS], struct cidr *cidr_out)
{
	if (words[2] > 128)
		return false;
	memcpy(cidr_out->net.bytes, &words[0], 8);
	memcpy(cidr_out->net.bytes + 8, &words[1], 8);
	cidr_out->prefix_len = (uint8_t)words[2];
	return true;
}

#endif
