/* SPDX-License-Identifier: ISC */
/*
 * conf_domain - the syntax of a domain in the configuration.
 */
#ifndef POPAUTH_CONF_DOMAIN_H
#define POPAUTH_CONF_DOMAIN_H

#include <stdbool.h>

/* RFC 1035, 2.3.4 allows 255 bytes on the wire, which are 253 characters;
 * then the dot that stands for sub-domains, and the final NUL. */
#define CONF_DOMAIN_MAX 253
#define CONF_DOMAIN_BYTES (1 + CONF_DOMAIN_MAX + 1)

/*
 * Check a domain and bring it into one form: lower case, no final dot.
 * may_have_dot: ".example.org" (its sub-domains) is a domain too.
 * Returns NULL when it is one, else the end of a sentence that says what is
 * wrong (domain_out is then of no use).
 * Source: RFC 1123, 2.1; RFC 5321, 2.3.5.
 */
const char *conf_domain_parse(
    const char *text, bool may_have_dot, char domain_out[CONF_DOMAIN_BYTES]);

#endif
