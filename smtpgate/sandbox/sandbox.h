/* SPDX-License-Identifier: ISC */
/*
 * sandbox - restrict the gate before it reads a client.
 *
 * CONCEPT.  The gate gives up root; its root directory is empty.  A filter
 * allows the system calls that a session needs (sandbox/filter.c): read and
 * write open descriptors, connect to the servers behind the gate, ask for time
 * and memory.  All others fail with EPERM.
 *
 * LIFETIME.  Once, after everything was opened.  There is no way back.
 *
 * CAVEATS.  The filter cannot see the path of a unix socket, and the sockets of
 * the servers and the log daemon are outside the empty directory.  The working
 * directory therefore stays the real "/"; connect(2), sendto(2) and sendmsg(2)
 * are the only allowed calls that take a path.  If no unix socket is
 * configured, the gate cannot make one.  It keeps the log's, which reaches
 * datagram sockets only.
 */
#ifndef SMTPGATE_SANDBOX_SANDBOX_H
#define SMTPGATE_SANDBOX_SANDBOX_H

#include "config/conf.h"

/* Made by the package; owned by root and always empty. */
#define SANDBOX_JAIL POPAUTH_LIBDIR "/empty"

/*
 * Enter the sandbox.  If started as root: user smtpgate, in the empty
 * directory.  As another user: only no_new_privs and the filter.
 * Returns 0, or a negative errno; the process must end then.
 */
int sandbox_enter(const struct conf *conf);

#endif
