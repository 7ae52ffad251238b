/* SPDX-License-Identifier: ISC */
/*
 * conf_domain - the syntax of a domain in the configuration, and of an address
 * literal in place of a domain.
 */
#ifndef POPAUTH_CONF_DOMAIN_H
#define POPAUTH_CONF_DOMAIN_H

#include <stdbool.h>

/* RFC 1035, 2.3.4 allows 255 bytes on the wire, which are 253 characters.  The
 * leading dot of ".example.org" and the final NUL are added. */
#define CONF_DOMAIN_MAX 253
#define CONF_DOMAIN_BYTES (1 + CONF_DOMAIN_MAX + 1)

/*
 * Check a domain and write it in one form: ASCII in lower case, no final dot.
 * is_listed: accept also ".example.org" (its sub-domains), an address literal,
 * and UTF-8; only the ASCII bytes of UTF-8 are checked here.
 * Returns NULL for a valid domain, else the end of a sentence that says what is
 * wrong (then domain_out has no meaning).
 * Source: RFC 1123, 2.1; RFC 5321, 2.3.5.
 */
const char *conf_domain_parse(
    const char *text, bool is_listed, char domain_out[CONF_DOMAIN_BYTES]);

/*
 * Read the address literal at the beginning of text, "[192.0.2.1]" or
 * "[IPv6:2001:db8::1]", and write it in the only form of its address; an IPv4
 * address that is mapped into IPv6 becomes IPv4.
 * Returns the text after the literal, or NULL when there is none (then
 * literal_out has no meaning).
 * Source: RFC 5321, 4.1.3; other tags than IPv6 are not registered.
 */
const char *conf_domain_parse_literal(
    const char *text, char literal_out[CONF_DOMAIN_BYTES]);

#endif
