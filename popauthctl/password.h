/* SPDX-License-Identifier: ISC */
/*
 * password - asks for one, or reads it.
 */
#ifndef POPAUTHCTL_PASSWORD_H
#define POPAUTHCTL_PASSWORD_H

#include <stdio.h>

#define PASSWORD_BYTES 512

/*
 * Read one line.  From a terminal: after a prompt on `prompt`, without echo,
 * which comes back also when a signal ends the program.
 * in: of which the first line is taken.  password_out: for
 * explicit_bzero(3) when it is no longer needed.
 * Returns 0, -ENODATA for no line at all, or -E2BIG.
 * Not for two threads: it blocks signals meanwhile.
 */
int password_read(FILE *in, FILE *prompt, char password_out[PASSWORD_BYTES]);

#endif
