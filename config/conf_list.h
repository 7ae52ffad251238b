/* SPDX-License-Identifier: ISC */
/*
 * conf_list - options whose value is a list.
 *
 * CONCEPT.  Every list of conf.h is a pointer to items and their number.  The
 * option's type in conf_option.h determines the type of the items.
 */
#ifndef POPAUTH_CONF_LIST_H
#define POPAUTH_CONF_LIST_H

#include "config/conf_option.h"

#include <stdio.h>

/*
 * Append items, separated by commas or white space, to a list.
 * field: the list, of the option's type.
 * why: on -EINVAL, what is wrong and what fits, as the end of a sentence.
 * Returns 0, -EINVAL, or -ENOMEM; the list may be freed in all cases.
 */
int conf_list_append(const struct conf_option *option, void *field,
    const char *text, char why[CONF_WHY_BYTES]);

/* Write the items, joined by ", ". */
void conf_list_format(
    const struct conf_option *option, const void *field, FILE *out);

/* Release the items and make the list empty. */
void conf_list_free(const struct conf_option *option, void *field);

#endif
