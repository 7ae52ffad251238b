/* SPDX-License-Identifier: ISC */
/*
 * privilege - give up root for good.
 *
 * FAILURE.  A caller that cannot drop must end; it must not continue as root.
 *
 * CONCURRENCY.  For one thread only, before any other is started.
 */
#ifndef POPAUTH_PRIVILEGE_H
#define POPAUTH_PRIVILEGE_H

/*
 * Become the user: all groups of the user (account.h), gid and uid (real,
 * effective, saved), no capability in any set, no_new_privs, not dumpable.
 * Then try to become root again, and fail if that works.
 * user: a name; the caller must be root.
 * jail: chroot(2) to it before the change of user; NULL: no chroot.  The
 * working directory is not changed.
 * Returns 0, or a negative errno: then the process may hold part of its
 * privilege and must end.
 * Source: Chen, Wagner, Dean: Setuid Demystified (2002); capabilities(7).
 */
int privilege_drop(const char *user, const char *jail);

/* Set no capabilities, no_new_privs and "not dumpable", but keep the user. */
int privilege_lock(void);

#endif
