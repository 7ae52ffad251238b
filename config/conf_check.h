/* SPDX-License-Identifier: ISC */
/*
 * conf_check - the option -t of the daemons: the configuration, and no more.
 */
#ifndef POPAUTH_CONF_CHECK_H
#define POPAUTH_CONF_CHECK_H

#include <stdio.h>

/*
 * Read the configuration and report each mistake as a line on err, "PROGRAM:
 * FILE:LINE: what; cure", and what only the gate misses as a warning.  The
 * result is a line on out.
 * Returns 0, or EX_CONFIG.
 */
int conf_check(const char *program, const char *path, FILE *out, FILE *err);

#endif
