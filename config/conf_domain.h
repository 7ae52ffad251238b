/* SPDX-License-Identifier: ISC */
/*
 * conf_domain - the syntax of a domain in the configuration, and of an address
 * in the place of one.
 */
#ifndef POPAUTH_CONF_DOMAIN_H
#define POPAUTH_CONF_DOMAIN_H

#include <stdbool.h>

/* RFC 1035, 2.3.4 allows 255 bytes on the wire, which are 253 characters;
 * then the dot that stands for sub-domains, and the final NUL. */
#define CONF_DOMAIN_MAX 253
#define CONF_DOMAIN_BYTES (1 + CONF_DOMAIN_MAX + 1)

/*
 * Check a domain and bring it into one form: ASCII in lower case, no final dot.
 * is_listed: ".example.org" (its sub-domains) and an address literal are
 * domains too, and so is one in UTF-8, of which only the ASCII is judged here.
 * Returns NULL when it is one, else the end of a sentence that says what is
 * wrong (domain_out is then of no use).
 * Source: RFC 1123, 2.1; RFC 5321, 2.3.5.
 */
const char *conf_domain_parse(
    const char *text, bool is_listed, char domain_out[CONF_DOMAIN_BYTES]);

/*
 * Read the address literal that text begins with, "[192.0.2.1]" or
 * "[IPv6:2001:db8::1]", and write it in the one form that its address has;
 * an IPv4 address that is mapped into IPv6 is that IPv4 address.
 * Returns the byte behind it, or NULL when there is none (literal_out is then
 * of no use).
 * Source: RFC 5321, 4.1.3; other tags than IPv6 are not registered.
 */
const char *conf_domain_parse_literal(
    const char *text, char literal_out[CONF_DOMAIN_BYTES]);

#endif
