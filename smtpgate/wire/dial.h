/* SPDX-License-Identifier: ISC */
/*
 * dial - connect to a server behind the gate: an MTA, or one that checks
 * passwords.
 *
 * CONCURRENCY.  No state.
 */
#ifndef SMTPGATE_WIRE_DIAL_H
#define SMTPGATE_WIRE_DIAL_H

#include "config/conf.h"

#include <stdint.h>

/*
 * Connect.  The path of a unix socket is taken from the working directory,
 * which has to be the real "/" (sandbox.h).
 * type: SOCK_STREAM or SOCK_SEQPACKET; deadline_ms: of clock_mono_ms().
 * Returns a non-blocking descriptor that exec closes, or a negative errno.
 * Blocks: until the deadline.
 */
int dial(const struct conf_endpoint *endpoint, int type, int64_t deadline_ms);

#endif
