/* SPDX-License-Identifier: ISC */
/*
 * account - the system user that a program of ours becomes.
 */
#include "common/account.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL of getpwnam(3) and getgrnam(3) as an errno. */
static int
lookup_error(int error)
{
	return error == 0 || error == ESRCH ? -ENOENT : -error;
}

static void
set(struct account *account, const struct passwd *pw, bool is_local)
{
	account->uid = pw->pw_uid;
	account->gid = pw->pw_gid;
	account->is_local = is_local;
}

int
account_read(FILE *passwd, const char *user, struct account *account_out)
{
	const struct passwd *pw;

	while ((pw = fgetpwent(passwd)) != NULL) {
		if (strcmp(pw->pw_name, user) != 0)
			continue;
		set(account_out, pw, true);
		return 0;
	}
	return -ENOENT;
}

/*
 * Open a copy of a file, in memory: fgetpwent(3) and fgetgrent(3) ask at each
 * line where they are, which of a file is a system call.
 */
static FILE *
open_copy(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	FILE *copy = NULL;
	struct stat stat;
	char piece[4096];
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &stat) == 0)
		copy = fmemopen(NULL, (size_t)stat.st_size + 1, "w+");
	if (copy != NULL) {
		while ((n = read(fd, piece, sizeof(piece))) > 0)
			fwrite(piece, 1, (size_t)n, copy);
		rewind(copy);
	}
	close(fd);
	return copy;
}

int
account_find(const char *user, struct account *account_out)
{
	FILE *passwd = open_copy("/etc/passwd");
	const struct passwd *pw;
	int error = -ENOENT;

	if (passwd != NULL) {
		error = account_read(passwd, user, account_out);
		fclose(passwd);
	}
	if (error == 0)
		return 0;
	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL)
		return lookup_error(errno);
	set(account_out, pw, false);
	return 0;
}

int
account_find_group(const char *group, gid_t *gid_out)
{
	struct group *gr;

	errno = 0;
	gr = getgrnam(group);
	if (gr == NULL)
		return lookup_error(errno);
	*gid_out = gr->gr_gid;
	return 0;
}

static bool
has_member(const struct group *group, const char *user)
{
	char **member;

	for (member = group->gr_mem; *member != NULL; member++)
		if (strcmp(*member, user) == 0)
			return true;
	return false;
}

int
account_read_groups(FILE *file, const char *user, const struct account *account,
    gid_t groups_out[ACCOUNT_GROUPS_MAX])
{
	const struct group *group;
	int n = 1;

	groups_out[0] = account->gid;
	while ((group = fgetgrent(file)) != NULL) {
		if (group->gr_gid == account->gid || !has_member(group, user))
			continue;
		if (n == ACCOUNT_GROUPS_MAX)
			return -E2BIG;
		groups_out[n++] = group->gr_gid;
	}
	return n;
}

int
account_take_groups(const char *user, const struct account *account)
{
	FILE *file = account->is_local ? open_copy("/etc/group") : NULL;
	gid_t groups[ACCOUNT_GROUPS_MAX];
	int n = -ENOENT;

	if (file != NULL) {
		n = account_read_groups(file, user, account, groups);
		fclose(file);
	}
	if (n < 0 ? initgroups(user, account->gid) != 0
		  : setgroups((size_t)n, groups) != 0)
		return -errno;
	return 0;
}
