/* SPDX-License-Identifier: ISC */
/*
 * utf8 - whether a text is UTF-8 that may be part of an address.
 */
#ifndef SMTPGATE_SYNTAX_UTF8_H
#define SMTPGATE_SYNTAX_UTF8_H

#include <stdbool.h>

/*
 * Whether the text is UTF-8 in its shortest form, without surrogates and
 * without the controls U+0080 to U+009F.
 * Source: RFC 3629, 4 (its ABNF); RFC 6531, 3.3.
 */
bool utf8_is_valid(const char *text);

#endif
