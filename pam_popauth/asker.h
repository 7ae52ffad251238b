/* SPDX-License-Identifier: ISC */
/*
 * asker - the process that asked this one, over a unix socket, to check a
 * password; and its client.
 *
 * CONCEPT.  If a service calls PAM for other programs, the client's connection
 * is in another process.  Cyrus' pop3d asks saslauthd, for example, and the
 * module runs in saslauthd.  It gets the process at the other end of its unix
 * socket (SO_PEERCRED), checks that this process runs a listed executable,
 * opens it by pidfd_open(2), borrows its fd 0 by pidfd_getfd(2), and takes the
 * peer of that.
 *
 * TRUST.  Many processes may connect to the service, so the asker's executable
 * has to be a listed file, by device and inode: a path means nothing in another
 * mount namespace.  After the descriptor was borrowed the executable is checked
 * again, and the socket must still be connected, so the pid was not reused.  A
 * program that was replaced on disk is not recognised until it is restarted.
 *
 * Borrowing a descriptor needs the right to ptrace(2) that process: root with
 * CAP_SYS_PTRACE, Linux 5.6 or newer, and ptrace_scope of Yama below 3.
 */
#ifndef POPAUTH_PAM_ASKER_H
#define POPAUTH_PAM_ASKER_H

#include "common/addr.h"

/*
 * Find the client of the one process that asked.
 * exe_list: absolute paths separated by commas.
 * Returns NULL, or why there is none, as a clause.
 */
const char *asker_peer(const char *exe_list, struct addr *addr_out);

#endif
