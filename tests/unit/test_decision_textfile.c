/* SPDX-License-Identifier: ISC */
/* textfile: lines without comments and white space, with their numbers. */
#include "decision/textfile.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char seen[256];

static int
note(char *line, size_t number, void *arg)
{
	size_t len = strlen(seen);

	snprintf(seen + len, sizeof(seen) - len, "%zu:%s;", number, line);
	return arg != NULL && strcmp(line, arg) == 0 ? 7 : 0;
}

static int
each(const char *text, size_t n, const char *until)
{
	char path[] = "/tmp/popauth-textfile.XXXXXX";
	int fd = mkstemp(path), result;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, n), (ssize_t)n);
	close(fd);
	fd = textfile_open(path);
	cr_assert_geq(fd, 0);
	unlink(path);
	result = textfile_each(fd, note, (void *)(uintptr_t)until);
	close(fd);
	return result;
}

Test(decision_textfile, only_a_regular_file_is_opened)
{
	cr_expect_eq(textfile_open("/"), -EINVAL);
	cr_expect_eq(textfile_open("/dev/null"), -EINVAL);
	cr_expect_eq(textfile_open("/nonexistent/file"), -ENOENT);
}

Test(decision_textfile, comments_and_white_space_are_ignored)
{
	static const char text[] =
	    "# a comment\n\n \tone two \r\nthree#3\nlast";

	cr_expect_eq(each(text, sizeof(text) - 1, NULL), 0);
	cr_expect_str_eq(seen, "3:one two;4:three;5:last;");
}

Test(decision_textfile, a_search_ends_at_what_it_found)
{
	static const char text[] = "one\ntwo\nthree\n";

	cr_expect_eq(each(text, sizeof(text) - 1, "two"), 7);
	cr_expect_str_eq(seen, "1:one;2:two;");
}

Test(decision_textfile, a_line_that_is_too_long_is_an_error)
{
	char text[TEXTFILE_LINE_MAX_BYTES + 2];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	cr_expect_eq(each(text, sizeof(text), NULL), -E2BIG);
	text[sizeof(text) - 2] = '\n';
	cr_expect_eq(each(text, sizeof(text) - 1, NULL), 0);
}

Test(decision_textfile, a_file_without_a_line_is_an_error)
{
	static const char comments[] = "# ours\n\n  \n";

	cr_expect_eq(each("", 0, NULL), -ENODATA);
	cr_expect_eq(each(comments, sizeof(comments) - 1, NULL), -ENODATA);
	cr_expect_str_eq(seen, "");
}
