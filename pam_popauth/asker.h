/* SPDX-License-Identifier: ISC */
/*
 * asker - the process that asked this one, over a unix socket, to check a
 * password; and its client.
 *
 * CONCEPT.  Where a service does PAM for others, the client's connection is in
 * another process.  Cyrus' pop3d asks saslauthd: the module, in saslauthd, asks
 * its unix socket who is there (SO_PEERCRED), sees whether that process runs a
 * listed executable, takes hold of it (pidfd_open(2)), borrows its fd 0
 * (pidfd_getfd(2)), and asks that for its peer.
 *
 * TRUST.  Whoever may connect to the service could be the asker, so its
 * executable has to be one of the listed files: the same file, by device and
 * inode, since a path means nothing in another mount namespace.  It is looked
 * at again when the descriptor was borrowed, and the socket must still be
 * connected then: the pid was not used anew meanwhile.  A program that was
 * replaced on disk while it runs is not recognised until it is restarted.
 *
 * Borrowing a descriptor needs the right to ptrace(2) that process: root with
 * CAP_SYS_PTRACE, a kernel of 5.6 or newer, and no Yama at 3.
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
