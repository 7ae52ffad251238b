/* SPDX-License-Identifier: ISC */
/*
 * help - what popauthctl -h prints.
 */
#ifndef POPAUTHCTL_HELP_H
#define POPAUTHCTL_HELP_H

#include "popauthctl/command.h"

#include <stdio.h>

/*
 * Print the summary.  Shell completion reads it too: each line between
 * "Commands" and the next empty line that is indented by two spaces is one
 * form of a command.
 */
void help_print(const struct command *table, FILE *out);

#endif
