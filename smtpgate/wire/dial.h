/* SPDX-License-Identifier: ISC */
/*
 * dial - connect to a server of the administrator's: the MTA, or one that
 * checks passwords.
 */
#ifndef SMTPGATE_WIRE_DIAL_H
#define SMTPGATE_WIRE_DIAL_H

#include "config/conf.h"

#include <stdint.h>

/*
 * Connect.  The path of a unix socket is relative to the working directory,
 * which must be the real "/" (sandbox.h).
 * type: SOCK_STREAM or SOCK_SEQPACKET; deadline_ms: of clock_mono_ms().
 * Returns a non-blocking close-on-exec descriptor, or a negative errno.
 * Blocks: until the deadline.
 */
int dial(const struct conf_endpoint *endpoint, int type, int64_t deadline_ms);

#endif
