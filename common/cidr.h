/* SPDX-License-Identifier: ISC */
/*
 * cidr - a network: an address and the number of its leading bits that count.
 *
 * CONCEPT.  The length is that of the 16-byte form of struct addr: a.b.c.d/24
 * is stored as 120.  So one comparison serves both families.  A network of
 * fewer than 96 bits was written as IPv6 and contains no IPv4 address: ::/0 is
 * all of IPv6, 0.0.0.0/0 and ::ffff:0:0/96 are all of IPv4.
 */
#ifndef POPAUTH_CIDR_H
#define POPAUTH_CIDR_H

#include "common/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest text of cidr_format() with its final NUL: address "/128". */
#define CIDR_TEXT_BYTES (ADDR_TEXT_BYTES + 4)

struct cidr {
	struct addr net;    /* bits beyond the prefix are zero */
	uint8_t prefix_len; /* 0 to 128, of the 16-byte form */
};

/*
 * Read "192.0.2.0/24", "2001:db8::/32", or an address alone (a network of
 * one).  Host bits that are set are an error, because "192.0.2.7/24" is more
 * often a typo than a wish.
 * Returns 0, or -EINVAL (cidr_out is not written).
 * Source: RFC 4632, 3.1; RFC 4291, 2.3.
 */
int cidr_parse(const char *text, struct cidr *cidr_out);

/*
 * The same, but clear the bits after the prefix, for a message about them.
 * Returns 1 when there were any.
 */
int cidr_parse_loosely(const char *text, struct cidr *cidr_out);

/* Write the network as text, IPv4 with its IPv4 length.  Returns text. */
const char *cidr_format(const struct cidr *cidr, char text[CIDR_TEXT_BYTES]);

bool cidr_contains(const struct cidr *cidr, const struct addr *addr);

/* Whether any of list[0 .. n-1] contains the address; false when n is 0. */
bool cidr_list_contains(
    const struct cidr *list, size_t n, const struct addr *addr);

/* Set all bits beyond the first prefix_len (0 to 128, 16-byte form) to 0. */
void addr_mask(struct addr *addr, unsigned prefix_len);

#endif
