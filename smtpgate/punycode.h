/* SPDX-License-Identifier: ISC */
/*
 * punycode - the Unicode form of a domain that is written in ASCII.
 *
 * CONCEPT.  The administrator's domains are ASCII ("xn--..."); a client that
 * uses SMTPUTF8 may write the same domain in UTF-8.  The one is computed from
 * the other here, and then bytes are compared: nothing of the client's is
 * converted, and what merely looks alike is another domain.
 *
 * CONCURRENCY.  Pure functions.
 */
#ifndef SMTPGATE_PUNYCODE_H
#define SMTPGATE_PUNYCODE_H

#include <stddef.h>

/*
 * Write the domain with each label that begins with "xn--" decoded.
 * out: size bytes.
 * Returns 0, or -EINVAL when a label is not Punycode or it does not fit.
 * Source: RFC 3492, 6.2; RFC 5890, 2.3.2.1.
 */
int punycode_decode(const char *domain, char *out, size_t size);

#endif
