/* SPDX-License-Identifier: ISC */
/*
 * ascii - what a byte is, whatever the locale.
 *
 * CONCEPT.  Not <ctype.h>: the locale has no say in what an address, a domain
 * or a log line may hold.  A byte of a UTF-8 sequence is none of these but
 * ascii_is_not().
 *
 * CONCURRENCY.  Pure functions.
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

/* Whether it is none of ASCII's. */
static inline bool
ascii_is_not(char c)
{
	return (unsigned char)c > 0x7f;
}

#endif
