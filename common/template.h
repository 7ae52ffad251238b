/* SPDX-License-Identifier: ISC */
/*
 * template - a text with placeholders: "%c" stands for the word of 'c'.
 *
 * OWNERSHIP.  The caller's buffer; a text that does not fit is cut.
 */
#ifndef POPAUTH_TEMPLATE_H
#define POPAUTH_TEMPLATE_H

#include <stddef.h>

/*
 * Fill a template in.
 * word_of: returns the word of a placeholder.
 * text: ends in NUL.
 * Returns the length, which is below size.
 */
size_t template_fill(const char *template,
    const char *(*word_of)(char placeholder, const void *arg), const void *arg,
    char *text, size_t size);

#endif
