/* SPDX-License-Identifier: ISC */
/*
 * privilege: what is left of root afterwards.  Dropping is for good, so each
 * test drops in a child; the user is "nobody", which every system has.
 */
#include "common/privilege.h"

#include "common/account.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER "nobody"

/* Run in a child; its result is the exit status (0 to 255). */
static int
in_child(int (*act)(void))
{
	pid_t pid = fork();
	int status;

	cr_assert_geq(pid, 0);
	if (pid == 0)
		_exit(act());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
need_root(void)
{
	if (geteuid() != 0)
		cr_skip_test("only root has privilege to drop");
}

static int
drop(void)
{
	return -privilege_drop(USER, NULL);
}

static int
ids_after(void)
{
	struct account account;
	gid_t groups[64];
	uid_t uid[3];
	gid_t gid[3];
	int i, n;

	if (privilege_drop(USER, NULL) != 0 ||
	    account_find(USER, &account) != 0)
		return 1;
	getresuid(&uid[0], &uid[1], &uid[2]);
	getresgid(&gid[0], &gid[1], &gid[2]);
	for (i = 0; i < 3; i++)
		if (uid[i] != account.uid || gid[i] != account.gid)
			return 2;
	n = getgroups(64, groups);
	for (i = 0; i < n; i++)
		if (groups[i] == 0)
			return 3;
	return 0;
}

static int
root_again(void)
{
	if (privilege_drop(USER, NULL) != 0)
		return 1;
	if (setuid(0) == 0 || seteuid(0) == 0 || setresuid(0, 0, 0) == 0)
		return 2;
	if (setgid(0) == 0 || setgroups(0, NULL) == 0)
		return 3;
	return 0;
}

/* Each set as the kernel shows it; the bounding one too. */
static int
capabilities_after(void)
{
	unsigned long long set;
	char line[200];
	int n_seen = 0;
	FILE *status;

	/* /proc/self of a process that is not dumpable is root's. */
	status = fopen("/proc/self/status", "re");
	if (status == NULL || setvbuf(status, NULL, _IONBF, 0) != 0)
		return 1;
	if (privilege_drop(USER, NULL) != 0)
		return 2;
	while (fgets(line, sizeof(line), status) != NULL) {
		if (sscanf(line, "Cap%*3s: %llx", &set) != 1)
			continue;
		n_seen++;
		if (set != 0)
			return 3;
	}
	return n_seen == 5 ? 0 : 4;
}

static int
locked_after(void)
{
	if (privilege_lock() != 0)
		return 1;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 2;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 3;
}

static int
dropped_and_locked(void)
{
	if (privilege_drop(USER, NULL) != 0)
		return 1;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 2;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 3;
}

static int
drop_to_root(void)
{
	return -privilege_drop("root", NULL);
}

static int
drop_to_nobody_known(void)
{
	return -privilege_drop("no-such-user-at-all", NULL);
}

static int
drop_twice(void)
{
	return privilege_drop(USER, NULL) != 0 ? 1
					       : -privilege_drop(USER, NULL);
}

Test(common_privilege, all_ids_become_the_users)
{
	need_root();
	cr_assert_eq(in_child(ids_after), 0);
}

Test(common_privilege, root_cannot_be_had_again)
{
	need_root();
	cr_assert_eq(in_child(root_again), 0);
}

Test(common_privilege, no_capability_is_left_in_any_set)
{
	need_root();
	cr_assert_eq(in_child(capabilities_after), 0);
}

Test(common_privilege, a_drop_sets_no_new_privs_and_is_not_dumpable)
{
	need_root();
	cr_assert_eq(in_child(dropped_and_locked), 0);
}

Test(common_privilege, who_is_not_root_cannot_drop)
{
	need_root();
	cr_assert_eq(in_child(drop), 0);
	cr_assert_eq(in_child(drop_twice), EPERM);
}

Test(common_privilege, becoming_root_is_not_a_drop)
{
	cr_assert_eq(in_child(drop_to_root), EINVAL);
}

Test(common_privilege, an_unknown_user_is_an_error)
{
	cr_assert_eq(in_child(drop_to_nobody_known), ENOENT);
}

Test(common_privilege, a_lock_needs_no_root)
{
	cr_assert_eq(in_child(locked_after), 0);
}
