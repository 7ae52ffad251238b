/* SPDX-License-Identifier: ISC */
/*
 * doveconf - runs doveconf(1).
 *
 * TRUST.  The program is the system's; it gets an environment of its own.
 */
#ifndef PAMCHECK_DOVECONF_H
#define PAMCHECK_DOVECONF_H

#include <stdio.h>

/*
 * Print the settings that are not at their default, in all blocks.
 * output_out: for fclose(3).
 * why_out: its error if it failed, for free(3); else NULL.
 * Returns 0 if it ran (also with an error), or a negative errno.
 * Blocks until the program ends.
 */
int doveconf_run(const char *program, FILE **output_out, char **why_out);

#endif
