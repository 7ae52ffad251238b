/* SPDX-License-Identifier: ISC */
/*
 * pamroot - files below the root of the system that is checked.
 *
 * root: put before each path, "" for this machine.
 */
#ifndef PAMCHECK_PAMROOT_H
#define PAMCHECK_PAMROOT_H

#include <stdbool.h>
#include <stdio.h>

bool pamroot_has(const char *root, const char *path);

/* Open for reading.  Returns NULL on failure. */
FILE *pamroot_open(const char *root, const char *path);

#endif
