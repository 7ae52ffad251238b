/* SPDX-License-Identifier: ISC */
/*
 * idn - the ASCII name of an international domain, by libidn2.
 *
 * CONCEPT.  An international domain has many spellings (capitals, composed
 * letters) and one ASCII name, "xn--...".  Names are compared, and passed on,
 * in ASCII.  UTS #46 defines which spellings are the same domain, in its
 * non-transitional form, as in IDNA 2008; a domain that only looks alike has
 * another name.
 *
 * LIFETIME.  The library is loaded if a domain of the configuration needs it,
 * before the program gives up its privileges, and stays loaded.
 *
 * CONCURRENCY.  Pure functions, after the library was loaded.
 *
 * TRUST.  The text is hostile.  The result of libidn2 is checked against the
 * syntax of conf_domain.h, because UTS #46 maps some letters to '@', a dot or a
 * space.
 *
 * On failure: a domain has no ASCII name; the caller decides whether it could
 * have one (domains.h).
 */
#ifndef DECISION_IDN_H
#define DECISION_IDN_H

#include "config/conf_domain.h"

#include <stdbool.h>
#include <stdint.h>

#define IDN_WHY_BYTES 200

/* The functions of libidn2; in the header for tests. */
struct idn {
	int (*lookup)(const uint8_t *domain, uint8_t **ascii_out, int flags);
	void (*free)(void *ascii);
};

/* Returns NULL, with the reason in why. */
const struct idn *idn_load(char why[IDN_WHY_BYTES]);

bool idn_is_ascii(const char *text);

/* Whether libidn2 is needed to compare this domain: it is not ASCII, or has an
 * "xn--" label. */
bool idn_is_wanted_for(const char *text);

/*
 * Write the ASCII name of a domain: a domain in ASCII is its own.
 * domain: also ".example.org" (conf_domain.h), in UTF-8.
 * idn: NULL: not loaded; only domains in ASCII have a name.
 * Returns 0, -EINVAL: it has none; -ENOMEM, or -ENOSYS: not loaded.
 */
int idn_to_ascii(const struct idn *idn, const char *domain,
    char ascii_out[CONF_DOMAIN_BYTES]);

#endif
