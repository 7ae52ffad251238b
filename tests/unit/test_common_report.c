/* SPDX-License-Identifier: ISC */
/* report: what arrives at fd 2, one write a line. */
#include "common/report.h"

#include "tests/lib/log_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
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

/* What systemd does with fd 2 of a service.  Returns the journal's end. */
static int
connect_stderr_to_journal(void)
{
	struct sockaddr_un addr = {
	    .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/stdout"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0),
	    client = socket(AF_UNIX, SOCK_STREAM, 0);

	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("run", "/run", "tmpfs", 0, NULL), 0);
	cr_assert_eq(mkdir("/run/systemd", 0755), 0);
	cr_assert_eq(mkdir("/run/systemd/journal", 0755), 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	cr_assert_eq(listen(fd, 1), 0);
	cr_assert_eq(
	    connect(client, (struct sockaddr *)&addr, sizeof(addr)), 0);
	cr_assert_eq(dup2(client, STDERR_FILENO), STDERR_FILENO);
	close(client);
	return accept(fd, NULL, NULL);
}

Test(common_report, the_journal_gets_a_line_once, .init = log_set_up,
    .fini = log_tear_down)
{
	int daemon, journal;
	char got[100];

	if (unshare(CLONE_NEWNS) != 0)
		cr_skip_test("no mount namespace without root");
	journal = connect_stderr_to_journal();
	cr_assert_geq(journal, 0);
	daemon = log_daemon_start(SOCK_DGRAM);
	report_to(log_path);
	report_init("t", REPORT_TO_BOTH);
	report(REPORT_INFO, "started", "once");

	cr_expect_not_null(strstr(log_next(daemon), "started msg="));
	cr_expect_eq(recv(journal, got, sizeof(got), MSG_DONTWAIT), -1);
	report_init("t", REPORT_TO_STDERR);
	report(REPORT_INFO, "asked-for", "-e");
	cr_expect_gt(recv(journal, got, sizeof(got), MSG_DONTWAIT), 0);
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

/* ---- readers that do not read -------------------------------------------- */

/* The daemon's socket; its queue is full, and this many lines were sent. */
static int
start_full_daemon(unsigned *n_sent_out)
{
	int fd = log_daemon_start(SOCK_DGRAM);
	char queued[32];
	FILE *limit = fopen("/proc/sys/net/unix/max_dgram_qlen", "r");

	cr_assert_not_null(fgets(queued, sizeof(queued), limit));
	fclose(limit);
	*n_sent_out = (unsigned)atoi(queued) + 1;
	report_to(log_path);
	report_init("t", REPORT_TO_SYSLOG);
	for (unsigned i = 0; i < *n_sent_out; i++)
		report(REPORT_INFO, "fill", "sent");
	return fd;
}

static void
drain(int fd)
{
	while (log_next(fd)[0] != '\0')
		;
}

Test(common_report, lines_that_a_stopped_log_daemon_does_not_take_are_counted,
    .init = log_set_up, .fini = log_tear_down, .timeout = 30)
{
	unsigned n;
	int fd = start_full_daemon(&n);

	for (unsigned i = 0; i < 100; i++)
		report(REPORT_INFO, "lost", "this one");
	drain(fd);
	report(REPORT_INFO, "first", "after them");
	report(REPORT_INFO, "second", "after them");

	cr_expect_str_eq(
	    log_next_text(fd), "first msg=\"after them\" lost=100");
	cr_expect_str_eq(log_next_text(fd), "second msg=\"after them\"");
}

Test(common_report, lines_that_children_lost_are_counted_where_that_is_shared,
    .init = log_set_up, .fini = log_tear_down, .timeout = 30)
{
	unsigned n;
	int fd = start_full_daemon(&n);

	report_share();
	for (unsigned i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			report(REPORT_INFO, "lost", "this one");
			_exit(0);
		}
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
	}
	drain(fd);
	report(REPORT_INFO, "first", "after them");

	cr_expect_str_eq(log_next_text(fd), "first msg=\"after them\" lost=3");
}

Test(common_report, a_log_daemon_is_found_from_the_real_root,
    .init = log_set_up, .fini = log_tear_down)
{
	int fd = log_daemon_start(SOCK_DGRAM);

	report_to(log_path);
	report_from_root();
	report_init("t", REPORT_TO_SYSLOG);
	cr_assert_eq(chdir("/"), 0);
	report(REPORT_INFO, "e", "here");

	cr_expect_str_eq(log_next_text(fd), "e msg=here");
}

Test(common_report, a_full_pipe_at_fd_2_is_not_waited_for, .timeout = 30)
{
	char text[70000];
	int fds[2];
	ssize_t n;

	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	report_init("t", REPORT_TO_STDERR);
	for (unsigned i = 0; i < 10000; i++)
		report(REPORT_INFO, "e", "many of these fill the pipe");
	cr_expect_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0,
	    "the pipe is other programs' too");

	n = read(fds[0], text, sizeof(text));
	cr_assert_gt(n, 0);
	report(REPORT_INFO, "e", "after them");
	n = read(fds[0], text, sizeof(text) - 1);
	cr_assert_gt(n, 0);
	text[n] = '\0';
	cr_expect_not_null(strstr(text, "after them\" lost="));
}

Test(common_report, a_full_socket_at_fd_2_is_not_waited_for, .timeout = 30)
{
	char got[100];
	int fd = catch_stderr();
	ssize_t n;

	report_init("t", REPORT_TO_STDERR);
	for (unsigned i = 0; i < 10000; i++)
		report(REPORT_INFO, "e", "of these");
	while (recv(fd, got, sizeof(got), MSG_DONTWAIT) > 0)
		;
	report(REPORT_INFO, "e", "after");

	n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	got[n > 0 ? n : 0] = '\0';
	cr_expect(
	    strncmp(got, "t: info: e msg=after lost=", 26) == 0, "%s", got);
}

Test(common_report, a_full_terminal_at_fd_2_is_not_waited_for, .timeout = 30)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY), tty;

	cr_assert_geq(fd, 0);
	cr_assert_eq(grantpt(fd), 0);
	cr_assert_eq(unlockpt(fd), 0);
	tty = open(ptsname(fd), O_RDWR | O_NOCTTY);
	cr_assert_geq(tty, 0);
	cr_assert_eq(dup2(tty, STDERR_FILENO), STDERR_FILENO);
	report_init("t", REPORT_TO_STDERR);
	for (unsigned i = 0; i < 10000; i++)
		report(REPORT_INFO, "e", "many of these");
}
