/* SPDX-License-Identifier: ISC */
/* rulefile: the old file or the new one, and never half of it. */
#include "rules/rulefile.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/rulefile.XXXXXX";
static char path[64], other[96];

static void
setup(void)
{
	cr_assert(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/rules", dir);
}

static void
teardown(void)
{
	static const char *const names[] = {
	    "rules", "rules.new", "rules.lock", ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(other, sizeof(other), "%s/%s", dir, names[i]);
		(void)remove(other);
	}
}

TestSuite(rulefile, .init = setup, .fini = teardown);

static void
expect_text(const char *expected)
{
	char *text;
	size_t n;

	cr_assert(eq(int, rulefile_read(path, &text, &n), 0));
	cr_expect(eq(sz, n, strlen(expected)));
	cr_expect(memcmp(text, expected, n) == 0);
	free(text);
}

Test(rulefile, without_a_file_there_are_no_rules)
{
	char *text;
	size_t n = 1;

	cr_expect(eq(int, rulefile_read(path, &text, &n), 0));
	cr_expect(eq(sz, n, 0));
	cr_expect(text == NULL);
}

Test(rulefile, what_was_written_is_read)
{
	struct stat st;

	cr_assert(eq(int, rulefile_write(path, "one\n", 4), 0));
	expect_text("one\n");
	cr_assert(eq(int, rulefile_write(path, "two\n", 4), 0));
	expect_text("two\n");
	cr_assert(eq(int, stat(path, &st), 0));
	cr_expect(eq(u32, st.st_mode & 07777, 0640));
}

Test(rulefile, what_a_killed_change_left_is_replaced)
{
	snprintf(other, sizeof(other), "%s.new", path);
	cr_assert(eq(int, symlink("/nowhere/else", other), 0));
	cr_expect(eq(int, rulefile_write(path, "one\n", 4), 0));
	expect_text("one\n");
}

Test(rulefile, a_file_that_is_too_long_or_no_file_is_an_error)
{
	static char longest[RULES_TEXT_BYTES + 1];
	char *text;
	size_t n;

	memset(longest, '#', sizeof(longest));
	cr_expect(
	    eq(int, rulefile_write(path, longest, sizeof(longest)), -EFBIG));
	cr_assert(
	    eq(int, rulefile_write(path, longest, sizeof(longest) - 1), 0));
	cr_expect(eq(int, rulefile_read(path, &text, &n), 0));
	free(text);
	FILE *file = fopen(path, "a");

	fputc('#', file);
	fclose(file);
	cr_expect(eq(int, rulefile_read(path, &text, &n), -EFBIG));
	cr_expect(text == NULL);
	cr_expect(eq(int, rulefile_read(dir, &text, &n), -EINVAL));
}

Test(rulefile, a_full_disk_leaves_the_old_file)
{
	const struct rlimit little = {4096, 4096};
	static char longest[RULES_TEXT_BYTES];
	int status;

	cr_assert(eq(int, rulefile_write(path, "one\n", 4), 0));
	const pid_t pid = fork();

	cr_assert(pid != -1);
	if (pid == 0) {
		memset(longest, '#', sizeof(longest));
		signal(SIGXFSZ, SIG_IGN);
		_exit(setrlimit(RLIMIT_FSIZE, &little) == -1 ||
		      rulefile_write(path, longest, sizeof(longest)) != -EFBIG);
	}
	cr_assert(waitpid(pid, &status, 0) == pid);
	cr_expect(eq(int, status, 0));
	expect_text("one\n");
	snprintf(other, sizeof(other), "%s.new", path);
	cr_expect(eq(int, access(other, F_OK), -1));
}

Test(rulefile, changes_wait_for_each_other)
{
	const int fd = rulefile_lock(path);
	int status;

	cr_assert(fd >= 0);
	const pid_t pid = fork();

	cr_assert(pid != -1);
	if (pid == 0) {
		alarm(1); /* ends it while it waits */
		rulefile_lock(path);
		_exit(0);
	}
	cr_assert(waitpid(pid, &status, 0) == pid);
	cr_expect(eq(int, status, SIGALRM));
	close(fd);
	const int again = rulefile_lock(path);

	cr_expect(again >= 0);
	close(again);
}
