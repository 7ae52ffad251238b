/* SPDX-License-Identifier: ISC */
/*
 * sandbox - what a gate may still do once a client is read.
 *
 * CONCEPT.  Root is given up; the root directory is empty; of the system calls
 * those are left that a session needs (sandbox/filter.c): read and write what
 * is open, connect to the servers behind the gate, take time and memory.  All
 * others fail with EPERM.
 *
 * LIFETIME.  Once, after everything is opened, for good.
 *
 * CAVEATS.  The path of a unix socket is not within reach of the filter, and
 * the servers' sockets lie outside of the empty directory: therefore the
 * working directory stays the real "/" when one is configured, for connect(2)
 * is the only call left that takes a path.
 */
#ifndef SMTPGATE_SANDBOX_SANDBOX_H
#define SMTPGATE_SANDBOX_SANDBOX_H

#include "config/conf.h"

/* Made by the package, owned by root, always empty. */
#define SANDBOX_JAIL POPAUTH_LIBDIR "/empty"

/*
 * Enter it.  Started as root: user smtpgate, in the empty directory.  As
 * another user: no_new_privs and the filter alone.
 * Returns 0, or a negative errno; the process must end then.
 */
int sandbox_enter(const struct conf *conf);

#endif
