/* SPDX-License-Identifier: ISC */
/* directory: what popauthd takes for its own, and what it leaves alone. */
#include "popauthd/directory.h"

#include "tests/lib/owners.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A group of no user here. */
#define GROUP 54321

static char dir[] = "/tmp/test_popauthd_directory.XXXXXX";
static char table[sizeof(dir) + 16];

static void
make_dir(void)
{
	if (!owners_can_change())
		cr_skip_test("only root gives a directory away");
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chmod(dir, 0755), 0);
	snprintf(table, sizeof(table), "%s/grants", dir);
}

static void
put(const char *name)
{
	char path[sizeof(dir) + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	close(fd);
}

static void
remove_dir(void)
{
	static const char *const names[] = {"grants", "grants.new", "other"};
	char path[sizeof(dir) + 16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

TestSuite(popauthd_directory, .init = make_dir, .fini = remove_dir);

static void
expect_owner(gid_t gid, mode_t mode)
{
	struct stat st;

	cr_assert_eq(stat(dir, &st), 0);
	cr_expect_eq(st.st_uid, 0);
	cr_expect_eq(st.st_gid, gid);
	cr_expect_eq(st.st_mode & 07777, mode);
}

Test(popauthd_directory, a_missing_one_is_made)
{
	int fd;

	cr_assert_eq(rmdir(dir), 0);
	fd = directory_lock(table, GROUP);

	cr_assert_geq(fd, 0);
	expect_owner(GROUP, 0750);
	close(fd);
}

Test(popauthd_directory, one_with_nothing_but_a_table_is_taken)
{
	int fd;

	put("grants");
	put("grants.new");
	fd = directory_lock(table, GROUP);

	cr_assert_geq(fd, 0);
	expect_owner(GROUP, 0750);
	close(fd);
}

Test(popauthd_directory, one_that_others_use_stays_as_it_is)
{
	put("grants");
	put("other");

	cr_expect_eq(directory_lock(table, GROUP), -1);
	expect_owner(getegid(), 0755);
}

Test(popauthd_directory, one_that_is_ours_already_may_hold_more)
{
	int fd;

	put("other");
	cr_assert_eq(chown(dir, 0, GROUP), 0);
	fd = directory_lock(table, GROUP);

	cr_assert_geq(fd, 0);
	expect_owner(GROUP, 0750);
	close(fd);
}

Test(popauthd_directory, it_is_locked_once)
{
	int fd = directory_lock(table, GROUP);

	cr_assert_geq(fd, 0);
	cr_expect_eq(directory_lock(table, GROUP), -1);
	close(fd);
	fd = directory_lock(table, GROUP);
	cr_expect_geq(fd, 0);
	close(fd);
}
