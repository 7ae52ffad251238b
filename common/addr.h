/* SPDX-License-Identifier: ISC */
/*
 * addr - a client's IP address in one form.
 *
 * CONCEPT.  One struct holds IPv4 and IPv6 alike: 16 bytes in network order,
 * IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).  A client that arrives as
 * 192.0.2.1 over one socket and as ::ffff:192.0.2.1 over another is thereby
 * one client, and two addresses are equal when their bytes are.
 *
 * TRUST.  Any text may be hostile.  A name is never resolved: the client's side
 * controls its reverse DNS.
 */
#ifndef POPAUTH_ADDR_H
#define POPAUTH_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* The longest text of addr_format() with its final NUL. */
#define ADDR_TEXT_BYTES INET6_ADDRSTRLEN

struct addr {
	uint8_t bytes[16]; /* network order, IPv4 mapped */
};

/*
 * Read a numeric address.
 * text: "192.0.2.1", "2001:db8::1" or "::ffff:192.0.2.1"; no brackets, no
 * port, no zone id ("%eth0"), no white space, no name.
 * Returns 0, or -EINVAL when it is anything else (addr_out is not written).
 * Source: inet_pton(3); RFC 4291, 2.2.
 */
int addr_parse(const char *text, struct addr *addr_out);

/*
 * Take the address and port of an AF_INET or AF_INET6 socket address.
 * port_out: host order, or NULL when it is not wanted.
 * Returns 0, -EAFNOSUPPORT for another family (a unix socket, say), or
 * -EINVAL when len is too short for the family.
 */
int addr_from_sockaddr(const struct sockaddr *sa, socklen_t len,
    struct addr *addr_out, uint16_t *port_out);

/*
 * Write the address as text: dotted quad for IPv4 (mapped or not), RFC 5952
 * form for IPv6.
 * Returns text, for use inside a call.
 */
const char *addr_format(const struct addr *addr, char text[ADDR_TEXT_BYTES]);

bool addr_is_v4(const struct addr *addr);
bool addr_equal(const struct addr *a, const struct addr *b);

#endif
