/* SPDX-License-Identifier: ISC */
/*
 * idn - the ASCII name of an international domain, by libidn2.
 *
 * CONCEPT.  A domain beyond ASCII has many spellings (capitals, letters put
 * together of two) and one ASCII name, "xn--...".  Names are compared, and
 * passed on, in ASCII.  UTS #46 says which spellings are one domain, in its
 * non-transitional form, as IDNA 2008 has it; what only looks alike has another
 * name.
 *
 * LIFETIME.  The library is loaded when a domain of the configuration needs it,
 * before the gate gives up its rights; it stays.
 *
 * CONCURRENCY.  Pure functions, once it is loaded.
 *
 * TRUST.  The text is hostile.  What libidn2 makes of it is held to the syntax
 * of conf_domain.h: UTS #46 maps letters to an '@', a dot or a space, too.
 *
 * On failure: a domain has no ASCII name, and is none of ours.
 */
#ifndef DECISION_IDN_H
#define DECISION_IDN_H

#include "config/conf_domain.h"

#include <stdbool.h>

#define IDN_WHY_BYTES 200

struct idn;

/* Returns NULL, with the reason in why. */
const struct idn *idn_load(char why[IDN_WHY_BYTES]);

bool idn_is_ascii(const char *text);

/* Whether a domain stands there that has another spelling beyond ASCII, or is
 * one: only then there is something to be loaded for. */
bool idn_is_wanted_for(const char *text);

/*
 * The ASCII name of a domain; of one in ASCII, the domain itself.
 * domain: also ".example.org" (conf_domain.h), in UTF-8.
 * idn: NULL: nothing is loaded, and only ASCII has a name.
 * Returns 0, -ENOSYS, or -EINVAL.
 */
int idn_to_ascii(const struct idn *idn, const char *domain,
    char ascii_out[CONF_DOMAIN_BYTES]);

#endif
