/* SPDX-License-Identifier: ISC */
/*
 * ascii - the class of a byte, independent of the locale.
 *
 * CONCEPT.  Not <ctype.h>: addresses, domains and log lines must not depend on
 * the locale.  For a byte of a UTF-8 sequence only ascii_is_not() is true.
 */
#ifndef POPAUTH_ASCII_H
#define POPAUTH_ASCII_H

#include <stdbool.h>

static inline bool
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       ascii_is_digit(c);
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether the byte is beyond ASCII. */
static inline bool
ascii_is_not(char c)
{
	return (unsigned char)c > 0x7f;
}

#endif
