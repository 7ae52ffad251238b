/* SPDX-License-Identifier: ISC */
/*
 * account - the system user that a program of ours becomes.
 *
 * CONCEPT.  /etc/passwd and /etc/group are read themselves.  The name service
 * (NSS) is asked only for a user who is not there, since a gate looks its user
 * up for each client: to ask costs a tenth of its start, more where modules
 * like libnss_systemd are configured, and loads them into a process that is
 * root still.
 *
 * CONCURRENCY.  As getpwnam(3): for one thread.
 */
#ifndef POPAUTH_ACCOUNT_H
#define POPAUTH_ACCOUNT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* The most that are looked for in a file. */
#define ACCOUNT_GROUPS_MAX 64

struct account {
	uid_t uid;
	gid_t gid;
	bool is_local; /* of /etc/passwd, so that /etc/group has his groups */
};

/*
 * Look a user up.
 * Returns 0, -ENOENT when there is no such user, or another negative errno.
 */
int account_find(const char *user, struct account *account_out);

/* The same for a group, by NSS. */
int account_find_group(const char *group, gid_t *gid_out);

/*
 * Make all his groups those of this process, which must be root's: of
 * /etc/group for a local user, else of NSS.
 * Returns 0, or a negative errno.
 */
int account_take_groups(const char *user, const struct account *account);

/* account_find() in a file in the form of passwd(5). */
int account_read(FILE *passwd, const char *user, struct account *account_out);

/*
 * Find all his groups in a file in the form of group(5), the account's own
 * first.
 * Returns how many, or -E2BIG when there are more than ACCOUNT_GROUPS_MAX.
 */
int account_read_groups(FILE *file, const char *user,
    const struct account *account, gid_t groups_out[ACCOUNT_GROUPS_MAX]);

#endif
