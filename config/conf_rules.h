/* SPDX-License-Identifier: ISC */
/*
 * conf_rules - what one option requires of another.  Programs find what they
 * need of it in conf.h.
 */
#ifndef POPAUTH_CONF_RULES_H
#define POPAUTH_CONF_RULES_H

#include "config/conf.h"

/*
 * Check the rules that every program keeps.
 * conf: read from the file at path.
 * Returns 0, or -EINVAL with the first broken rule in error_out.
 */
int conf_rules_check(
    const char *path, const struct conf *conf, struct conf_error *error_out);

#endif
