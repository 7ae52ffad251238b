/* SPDX-License-Identifier: ISC */
/*
 * checker - whether the program that checks passwords would serve the gate, for
 * smtpgate -t.
 *
 * CONCURRENCY.  One thread, as the gate's user.
 */
#ifndef SMTPGATE_CHECK_CHECKER_H
#define SMTPGATE_CHECK_CHECKER_H

#include "smtpgate/check/findings.h"
#include "smtpgate/gate.h"

/*
 * Connect to smtpgate-auth, or to Dovecot, and read its greeting.  No password
 * is sent.
 * gate: configured.  The working directory is "/" (dial.h).
 * Blocks: some seconds at most.
 */
void checker_probe(const struct gate *gate, struct findings *findings);

#endif
