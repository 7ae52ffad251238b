/* SPDX-License-Identifier: ISC */
/*
 * help - what popauthctl -h prints.
 */
#ifndef POPAUTHCTL_HELP_H
#define POPAUTHCTL_HELP_H

#include <stdio.h>

void help_print(FILE *out);

#endif
