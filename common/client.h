/* SPDX-License-Identifier: ISC */
/*
 * client - which addresses are one client.
 *
 * CONCEPT.  An IPv4 address is one client.  Of IPv6 it is a prefix, because
 * hosts change the bits behind it.  But some networks have the IPv4 clients of
 * all the world in one prefix: translators put the client's IPv4 address into
 * the IPv6 one.  Addresses of these networks are kept whole.  The networks that
 * RFCs define are built in; a site lists its own.
 *
 *   64:ff9b::/96     NAT64, RFC 6052
 *   64:ff9b:1::/48   NAT64 of one site, RFC 8215
 *   ::ffff:0:0:0/96  SIIT, RFC 2765
 *   2001::/32        Teredo, RFC 4380
 *   2002::/16        6to4, RFC 3056: an IPv4 address has a /48, so 48 bits count
 *                    at least
 *
 * ISATAP (RFC 5214) needs no rule: its prefix is that of one site.
 *
 * CONCURRENCY.  Pure functions, no state.
 */
#ifndef POPAUTH_CLIENT_H
#define POPAUTH_CLIENT_H

#include "common/cidr.h"

#define CLIENT_WHOLE_MAX 16

struct client_rules {
	unsigned ipv6_prefix; /* 0 to 128 */
	unsigned n_whole;
	struct cidr whole[CLIENT_WHOLE_MAX]; /* the site's networks; elements
						from n_whole on are not read */
};

/* Keep the part of an address that is one client, and set the rest to 0. */
void client_mask(struct addr *addr, const struct client_rules *rules);

/*
 * Find the IPv4 address that a translator put into an IPv6 address: of the
 * site's networks those with a length of RFC 6052 (32, 40, 48, 56, 64, 96), of
 * the built-in ones NAT64, SIIT and 6to4.
 * Returns whether there is one.
 * Source: RFC 6052, 2.2.
 */
bool client_embedded(const struct addr *addr, const struct client_rules *rules,
    struct addr *v4_out);

#endif
