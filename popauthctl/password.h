/* SPDX-License-Identifier: ISC */
/*
 * password - asks for a password, or reads it.
 */
#ifndef POPAUTHCTL_PASSWORD_H
#define POPAUTHCTL_PASSWORD_H

#include <stdio.h>

#define PASSWORD_BYTES 512

/*
 * Read one line.  If `in` is a terminal, print a prompt and turn echo off; echo
 * returns even if a signal ends the program.
 * password_out: for explicit_bzero(3) after use.
 * Returns 0, -ENODATA without a line, or -E2BIG.
 * Not for two threads: it blocks signals.
 */
int password_read(FILE *in, FILE *prompt, char password_out[PASSWORD_BYTES]);

#endif
