/* SPDX-License-Identifier: ISC */
/*
 * program - popauthctl from its command line to its exit status.
 */
#ifndef POPAUTHCTL_PROGRAM_H
#define POPAUTHCTL_PROGRAM_H

#include "popauthctl/command.h"

/* Run the command that argv names.  Returns the exit status. */
int program_run(const struct command *table, int argc, char *const argv[]);

#endif
