/* SPDX-License-Identifier: ISC */
/*
 * account: the files are read as NSS reads them.
 */
#include "common/account.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>

/* Users of one machine; more of them would only take longer. */
#define USERS_MAX 100

static const char passwd_text[] =
    "root:x:0:0:root:/root:/bin/bash\n"
    "mailx:x:70:70::/:/bin/false\n"
    "a line that is none\n"
    "mail\n"
    "mail:x:8\n"
    "mail:x::9:no uid:/:\n"
    "mail:x:8:-9:no gid:/:\n"
    "mail:x:0x8:9:hexadecimal:/:\n"
    "mail:x:4294967295:9:no change:/:\n"
    "mail:x:99999999999999999999:9:too many:/:\n"
    "mail:x:8:9:mail:/var/mail:/usr/sbin/nologin\n"
    "mail:x:1:1:a second one:/:/bin/false\n";

static const char group_text[] = "root:x:0:\n"
				 "mail:x:9:mail\n"
				 "none\n"
				 "none:x::mail\n"
				 "none:x:0 :mail\n"
				 "none:x:103\n"
				 "postdrop:x:103:joe,mail\n"
				 "mailers:x:104:mailx,xmail\n"
				 "popauth:x:998:mail,joe\n";

/* fmemopen(3) wants a writable buffer, but does not write in mode "r". */
static FILE *
file_of(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	cr_assert_not_null(file);
	return file;
}

static int
read_account(const char *user, struct account *account_out)
{
	FILE *file = file_of(passwd_text);
	int error = account_read(file, user, account_out);

	fclose(file);
	return error;
}

static int
read_groups(const char *text, const char *user, gid_t gid, gid_t *groups_out)
{
	const struct account account = {.gid = gid, .is_local = true};
	FILE *file = file_of(text);
	int n = account_read_groups(file, user, &account, groups_out);

	fclose(file);
	return n;
}

Test(common_account, the_first_whole_line_of_exactly_the_user_is_taken)
{
	struct account account = {.uid = 7, .gid = 7};

	cr_expect_eq(read_account("mail", &account), 0);
	cr_expect_eq(account.uid, 8);
	cr_expect_eq(account.gid, 9);
	cr_expect(account.is_local);
}

Test(common_account, who_has_no_line_is_not_found)
{
	struct account account = {.uid = 7, .gid = 7};

	cr_expect_eq(read_account("mai", &account), -ENOENT);
	cr_expect_eq(read_account("a line that is none", &account), -ENOENT);
	cr_expect_eq(account.uid, 7);
}

Test(common_account, groups_are_the_users_own_and_those_he_is_a_member_of)
{
	gid_t groups[ACCOUNT_GROUPS_MAX];

	cr_expect_eq(read_groups(group_text, "mail", 9, groups), 3);
	cr_expect_eq(groups[0], 9);
	cr_expect_eq(groups[1], 103);
	cr_expect_eq(groups[2], 998);
	cr_expect_eq(read_groups(group_text, "nobody", 5, groups), 1);
	cr_expect_eq(groups[0], 5);
}

Test(common_account, more_groups_than_there_is_room_for_are_none)
{
	gid_t groups[ACCOUNT_GROUPS_MAX];
	char text[ACCOUNT_GROUPS_MAX * 20], *end = text;
	int i;

	for (i = 1; i <= ACCOUNT_GROUPS_MAX; i++) {
		end += sprintf(end, "g%d:x:%d:mail\n", i, i);
		cr_expect_eq(read_groups(text, "mail", 1000, groups),
		    i < ACCOUNT_GROUPS_MAX ? i + 1 : -E2BIG);
	}
}

/* NSS may know of more than the file. */
static void
expect_groups_of_nss(const char *user, const struct account *account)
{
	gid_t nss[ACCOUNT_GROUPS_MAX], ours[ACCOUNT_GROUPS_MAX];
	FILE *file = fopen("/etc/group", "re");
	int n_nss = ACCOUNT_GROUPS_MAX, n, i, j;

	cr_assert_not_null(file);
	n = account_read_groups(file, user, account, ours);
	fclose(file);
	cr_assert_gt(n, 0, "%s", user);
	cr_assert_neq(getgrouplist(user, account->gid, nss, &n_nss), -1);
	for (i = 0; i < n; i++) {
		for (j = 0; j < n_nss && nss[j] != ours[i]; j++)
			;
		cr_expect_lt(j, n_nss, "%s: %u", user, ours[i]);
	}
}

Test(common_account, each_user_of_this_machine_is_who_nss_says)
{
	FILE *file = fopen("/etc/passwd", "re");
	char users[USERS_MAX][64];
	const struct passwd *pw;
	struct account account;
	int n = 0, i;

	cr_assert_not_null(file);
	while (n < USERS_MAX && (pw = fgetpwent(file)) != NULL)
		snprintf(users[n++], sizeof(users[0]), "%s", pw->pw_name);
	fclose(file);
	cr_assert_gt(n, 0);
	for (i = 0; i < n; i++) {
		pw = getpwnam(users[i]);
		cr_assert_not_null(pw);
		cr_assert_eq(account_find(users[i], &account), 0);
		cr_expect(account.is_local);
		cr_expect_eq(account.uid, pw->pw_uid, "%s", users[i]);
		cr_expect_eq(account.gid, pw->pw_gid, "%s", users[i]);
		expect_groups_of_nss(users[i], &account);
	}
}

Test(common_account, accounts_and_groups_are_found_by_name)
{
	struct account account = {.uid = 7, .gid = 7};
	gid_t gid = 7;

	cr_expect_eq(account_find("root", &account), 0);
	cr_expect_eq(account.uid, 0);
	cr_expect_eq(account_find_group("root", &gid), 0);
	cr_expect_eq(gid, 0);
	cr_expect_eq(account_find("no-such-user-at-all", &account), -ENOENT);
	cr_expect_eq(account_find_group("no-such-group", &gid), -ENOENT);
}
