/* SPDX-License-Identifier: ISC */
/*
 * account - the system user as which a program continues.
 *
 * CONCEPT.  For a user of /etc/passwd, this file and /etc/group are read
 * directly.  Only for other users the name service (NSS) is asked: a gate looks
 * its user up for each client, and NSS costs a third of its start (account.c).
 *
 * CONCURRENCY.  As getpwnam(3): for one thread.
 */
#ifndef POPAUTH_ACCOUNT_H
#define POPAUTH_ACCOUNT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* The most groups that are read from a file. */
#define ACCOUNT_GROUPS_MAX 64

struct account {
	uid_t uid;
	gid_t gid;
	bool
	    is_local; /* in /etc/passwd: /etc/group has all groups of the user */
};

/*
 * Look a user up.
 * Returns 0, -ENOENT when there is no such user, or another negative errno.
 */
int account_find(const char *user, struct account *account_out);

/* Look a group up by NSS. */
int account_find_group(const char *group, gid_t *gid_out);

/*
 * Give this process, which must be root's, all groups of the user: from
 * /etc/group for a local user, else from NSS.
 * Returns 0, or a negative errno.
 */
int account_take_groups(const char *user, const struct account *account);

/* Look a user up in a file of the form of passwd(5). */
int account_read(FILE *passwd, const char *user, struct account *account_out);

/*
 * Find all groups of the user in a file of the form of group(5); the account's
 * own group is the first.
 * Returns how many, or -E2BIG when there are more than ACCOUNT_GROUPS_MAX.
 */
int account_read_groups(FILE *file, const char *user,
    const struct account *account, gid_t groups_out[ACCOUNT_GROUPS_MAX]);

#endif
