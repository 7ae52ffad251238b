/* SPDX-License-Identifier: ISC */
/*
 * directory - where the table is: made, given its owner and mode, locked.
 */
#ifndef POPAUTH_DAEMON_DIRECTORY_H
#define POPAUTH_DAEMON_DIRECTORY_H

#include <sys/types.h>

/*
 * Make the directory of the table, or take the one that is there; as root,
 * make it root's and the group's, mode 0750; lock it.  One in which others
 * have files is refused before anything is changed.
 * table: absolute path of the table's file.
 * Returns the descriptor that holds the lock, or -1 after it has reported why.
 */
int directory_lock(const char *table, gid_t group);

#endif
