/* SPDX-License-Identifier: ISC */
/*
 * check - smtpgate -t: report what is wrong before a client comes.
 */
#ifndef SMTPGATE_CHECK_CHECK_H
#define SMTPGATE_CHECK_CHECK_H

#include <stdio.h>

/*
 * Check all that a gate of that service needs before its first client: one
 * line to out, or the mistake to err.  What may be mended later (no table, a
 * mail server that does not run) is a warning.
 * path: of the configuration.  service: enum conf_service_number.
 * If started as root, the process becomes the gate's user for good.
 * Returns an exit code of sysexits.h.
 */
int check_run(const char *path, int service, FILE *out, FILE *err);

#endif
