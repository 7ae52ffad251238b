/* SPDX-License-Identifier: ISC */
/* report: what arrives at fd 2, one write a line. */
#include "common/report.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Put a socket that keeps message boundaries in the place of fd 2, so that
 * one recv(2) shows what one write(2) wrote.
 */
static int
catch_stderr(void)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	cr_assert_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[1]);
	return fds[0];
}

static void
assert_one_line(int fd, const char *expected)
{
	char got[LOGLINE_BYTES + 100];
	ssize_t n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	cr_assert_gt(n, 0);
	got[n] = '\0';
	cr_assert_str_eq(got, expected);
}

Test(common_report, a_line_is_one_write_with_ident_and_severity)
{
	int fd = catch_stderr();

	report_init("popauthd", REPORT_TO_STDERR);
	report(REPORT_WARN, "sweep", "no room at %s", "/run");

	assert_one_line(fd, "popauthd: warn: sweep msg=\"no room at /run\"\n");
}

Test(common_report, every_severity_has_its_word)
{
	static const char *const words[REPORT_SEVERITIES] = {
	    [REPORT_INFO] = "t: info: e\n",
	    [REPORT_WARN] = "t: warn: e\n",
	    [REPORT_ERROR] = "t: error: e\n",
	    [REPORT_FATAL] = "t: fatal: e\n",
	    [REPORT_BUG] = "t: bug: e\n",
	};
	struct logline line;
	int fd = catch_stderr();
	unsigned i;

	report_init("t", REPORT_TO_STDERR);
	logline_init(&line, "e");
	for (i = 0; i < REPORT_SEVERITIES; i++) {
		cr_assert_not_null(words[i]);
		report_line((enum report_severity)i, &line);
		assert_one_line(fd, words[i]);
	}
}

Test(common_report, lines_before_init_go_to_stderr_too)
{
	char expected[200];
	int fd = catch_stderr();

	report(REPORT_INFO, "early", "here");

	snprintf(expected, sizeof(expected), "%s: info: early msg=here\n",
	    program_invocation_short_name);
	assert_one_line(fd, expected);
}

Test(common_report, a_formatted_newline_cannot_start_a_second_line)
{
	int fd = catch_stderr();

	report_init("t", REPORT_TO_STDERR);
	report(REPORT_INFO, "e", "%s", "a\nt: info: forged");

	assert_one_line(fd, "t: info: e msg=\"a\\x0at: info: forged\"\n");
}

Test(common_report, a_closed_stderr_and_an_absent_syslog_are_survived)
{
	errno = ENOTTY;
	close(STDERR_FILENO);

	report_init("popauth-unit-test", REPORT_TO_BOTH);
	report(REPORT_INFO, "unit-test", "not to be read");

	cr_assert_eq(errno, ENOTTY, "errno is the caller's");
}

Test(common_report, a_pipe_without_a_reader_is_survived)
{
	sigset_t pending;
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[1]);
	close(fds[0]);
	signal(SIGPIPE, SIG_DFL);

	report_init("t", REPORT_TO_STDERR);
	report(REPORT_INFO, "e", "no reader");

	cr_assert_eq(sigpending(&pending), 0);
	cr_expect_not(sigismember(&pending, SIGPIPE));
	cr_expect_neq(signal(SIGPIPE, SIG_DFL), SIG_IGN, "as it was");
}
