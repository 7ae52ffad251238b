/* SPDX-License-Identifier: ISC */
/*
 * directory - make the table's directory, set its owner and mode, lock it.
 */
#ifndef POPAUTH_DAEMON_DIRECTORY_H
#define POPAUTH_DAEMON_DIRECTORY_H

#include <sys/types.h>

/*
 * Make the directory of the table, or use an existing one; as root, set its
 * owner to root and group, mode 0750; lock it.  A directory with other files is
 * refused before anything is changed.
 * table: absolute path of the table's file.
 * Returns the descriptor that holds the lock, or -1 after it has reported why.
 */
int directory_lock(const char *table, gid_t group);

#endif
