/* SPDX-License-Identifier: ISC */
/*
 * privilege - give up root for good.
 *
 * FAILURE.  A caller that cannot drop must end: there is no "go on as root".
 *
 * CONCURRENCY.  For one thread only, before any other is started.
 */
#ifndef POPAUTH_PRIVILEGE_H
#define POPAUTH_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

struct account {
	uid_t uid;
	gid_t gid;
};

/*
 * Look a system user up.
 * Returns 0, -ENOENT when there is no such user, or another negative errno.
 */
int account_find(const char *user, struct account *account_out);

/* The same for a group. */
int account_find_group(const char *group, gid_t *gid_out);

/*
 * Become the user: his groups of /etc/group, his gid, his uid (real,
 * effective, saved), no capability in any set, no_new_privs, not dumpable;
 * then try to become root again and fail if that works.
 * user: a name; the caller must be root.
 * jail: chroot(2) there, before; NULL: stay.  The working directory is not
 * changed.
 * Returns 0, or a negative errno: then the process may hold part of its
 * privilege and must end.
 * Source: Chen, Wagner, Dean: Setuid Demystified (2002); capabilities(7).
 */
int privilege_drop(const char *user, const char *jail);

/* No capabilities, no_new_privs and "not dumpable", for who was never root. */
int privilege_lock(void);

#endif
