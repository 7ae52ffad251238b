/* SPDX-License-Identifier: ISC */
/*
 * rights - which files and sockets the gate's user cannot open, and the command
 * that cures it.
 *
 * CONCURRENCY.  As getgrgid(3): for one thread, which has the rights of the user
 * for whom it asks.
 */
#ifndef SMTPGATE_CHECK_RIGHTS_H
#define SMTPGATE_CHECK_RIGHTS_H

#include "smtpgate/check/findings.h"

#include <stdbool.h>

/*
 * Find what keeps this process from a path: a directory on the way that it may
 * not enter, or the file.
 * wanted: R_OK for a file, W_OK for a socket.
 * blocker_out: [FINDING_BYTES]; the path, or the first such directory.
 * cure_out: [FINDING_BYTES]; for example "adduser smtpgate ssl-cert".
 */
void rights_explain(
    const char *path, int wanted, char *blocker_out, char *cure_out);

/*
 * Report an option whose file cannot be opened.
 * instead: what to do where user smtpgate is kept out, and no group lets it in;
 * NULL: change the file's group.
 * Returns whether it can.
 */
bool rights_check_file(struct findings *findings, const char *option,
    const char *path, const char *instead);

#endif
