/* SPDX-License-Identifier: ISC */
/* password: one line, from a file or a terminal that does not show it. */
#include "popauthctl/password.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static char password[PASSWORD_BYTES];

static int
read_text(const char *text)
{
	int pipe_fds[2], error;
	FILE *from;

	cr_assert_eq(pipe(pipe_fds), 0);
	cr_assert_eq(
	    write(pipe_fds[1], text, strlen(text)), (ssize_t)strlen(text));
	close(pipe_fds[1]);
	from = fdopen(pipe_fds[0], "r");
	cr_assert_not_null(from);
	error = password_read(from, stderr, password);
	fclose(from);
	return error;
}

Test(popauthctl_password, it_is_the_first_line)
{
	cr_expect_eq(read_text("secret word\nmore\n"), 0);
	cr_expect_str_eq(password, "secret word");
	cr_expect_eq(read_text("without an end"), 0);
	cr_expect_str_eq(password, "without an end");
}

Test(popauthctl_password, too_long_is_not_cut)
{
	char text[PASSWORD_BYTES + 10];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	cr_expect_eq(read_text(text), -E2BIG);
	cr_expect_str_eq(password, "");
}

Test(popauthctl_password, a_terminal_does_not_show_it_and_echoes_afterwards,
    .timeout = 10)
{
	char shown[200] = "", *name;
	struct termios after;
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	ssize_t len;
	FILE *in, *out;

	if (master < 0)
		cr_skip_test("no terminals here: /dev/pts is not mounted");
	cr_assert_eq(grantpt(master), 0);
	cr_assert_eq(unlockpt(master), 0);
	name = ptsname(master);
	cr_assert_not_null(name);
	/* not ours to be hung up with */
	in = fdopen(open(name, O_RDONLY | O_NOCTTY), "r");
	out = fdopen(open(name, O_WRONLY | O_NOCTTY), "w");
	cr_assert_not_null(in);
	cr_assert_not_null(out);
	/* typed when the prompt is there: the flush would drop it before */
	if (fork() == 0) {
		len = read(master, shown, sizeof(shown) - 1);
		_exit(len <= 0 || write(master, "secret\n", 7) != 7);
	}
	cr_expect_eq(password_read(in, out, password), 0);
	cr_expect_str_eq(password, "secret");
	cr_assert_eq(tcgetattr(fileno(in), &after), 0);
	cr_expect((after.c_lflag & ECHO) != 0);
	cr_assert_eq(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	len = read(master, shown, sizeof(shown) - 1);
	if (len > 0)
		shown[len] = '\0';
	cr_expect_null(strstr(shown, "secret"), "%s", shown);
	fclose(in);
	fclose(out);
	close(master);
}
