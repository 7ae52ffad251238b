/* SPDX-License-Identifier: ISC */
/*
 * check - what smtpgate -t tells the administrator.
 */
#ifndef SMTPGATE_CHECK_CHECK_H
#define SMTPGATE_CHECK_CHECK_H

#include "smtpgate/gate.h"

#include <stdio.h>

/*
 * Set gate->conf, gate->hostname and what the configuration names; to be given
 * back by check_release(), also on failure.
 * mistake_out: a sentence, on failure.
 * Returns 0, or a negative errno; the gate then refuses to serve.
 */
int check_configure(
    struct gate *gate, const char *path, struct conf_error *mistake_out);

void check_release(struct gate *gate);

/*
 * Check all that a gate of that service needs before its first client: one
 * line to out, or the mistake to err.  What may be mended meanwhile (no table, a
 * mail server that does not run) is a warning.
 * From root the process becomes the gate's user on the way: its last act.
 * Returns an exit code of sysexits.h.
 */
int check_run(
    struct gate *gate, const char *path, int service, FILE *out, FILE *err);

#endif
