/* SPDX-License-Identifier: ISC */
/* smtpgate-auth: failures are counted, and who may ask at which socket. */
#include "tests/lib/owners.h"
#include "tests/pam/auth_fixture.h"

#include "smtpgate-auth/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(smtpgate_auth_server, .init = auth_setup, .fini = auth_teardown,
    .timeout = 60);

/* ---- failures ----------------------------------------------------------- */

Test(
    smtpgate_auth_server, beyond_the_limit_even_the_right_password_is_not_tried)
{
	unsigned i;

	auth_rules.attend.limits.per_user = 3;
	auth_rules.attend.delay_ms = 20;
	auth_service_of_joe();
	auth_start();
	for (i = 0; i < 3; i++)
		cr_expect_eq(auth_ask("joe", "wrong"), ANSWER_DENIED);
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_TOO_MANY);
	auth_assert_logged("result=too-many stage=limit");
	cr_expect_eq(auth_ask("mary", "secret"), ANSWER_OK);
	cr_assert(auth_ask_from("203.0.113.10", "joe", "secret"));
	cr_expect_eq(auth_answer.kind, ANSWER_OK);
}

Test(smtpgate_auth_server, a_success_is_not_counted)
{
	unsigned i;

	auth_rules.attend.limits.per_user = 1;
	auth_service_of_joe();
	auth_start();
	for (i = 0; i < 5; i++)
		cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
}

/* Guess n times; in a child of its own. */
static void
guess(unsigned n, unsigned first)
{
	char user[32];
	unsigned i;

	for (i = 0; i < n; i++) {
		snprintf(user, sizeof(user), "user%u", first + i);
		(void)auth_ask_from(AUTH_CLIENT, user, "guess");
	}
	_exit(0);
}

Test(smtpgate_auth_server,
    of_four_hundred_guesses_as_many_as_the_limit_are_tried)
{
	unsigned i;

	auth_rules.attend.limits.per_client = 25;
	auth_rules.attend.max_requests = 64;
	auth_rules.attend.delay_ms = 0;
	auth_service_of_joe();
	auth_start();
	for (i = 0; i < 4; i++) {
		pid_t pid = fork();

		cr_assert_geq(pid, 0);
		if (pid == 0)
			guess(100, 100 * i);
	}
	for (i = 0; i < 4; i++)
		cr_assert_gt(wait(NULL), 0);
	cr_expect_eq(auth_n_lines("asked"), 25, "%u", auth_n_lines("asked"));
}

/* ---- hostile gates ------------------------------------------------------ */

static void
send_garbage(const void *bytes, size_t n)
{
	int fd = auth_dial();

	cr_assert(auth_hear(fd, &auth_answer));
	cr_assert_eq(send(fd, bytes, n, 0), (ssize_t)n);
	cr_expect_not(auth_hear(fd, &auth_answer), "the end, and no answer");
	close(fd);
}

Test(smtpgate_auth_server, what_is_no_request_is_not_answered)
{
	unsigned char bytes[2 * REQUEST_BYTES];
	size_t n;

	auth_service_of_joe();
	auth_start();
	for (n = 1; n <= sizeof(bytes); n = n * 3 / 2 + 1) {
		memset(bytes, (int)n, sizeof(bytes));
		send_garbage(bytes, n);
	}
	/* A right one, with one byte too many. */
	memset(bytes, 0, sizeof(bytes));
	bytes[0] = 1;
	bytes[19] = bytes[21] = 1;
	bytes[22] = bytes[23] = 'x';
	send_garbage(bytes, 25);
	auth_assert_logged("bad-request msg=\"a request is malformed");
	cr_expect_eq(auth_n_lines("asked"), 0);
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
}

Test(smtpgate_auth_server, a_gate_that_leaves_early_harms_nobody)
{
	int fd;

	auth_service_of_joe();
	auth_start();
	close(auth_dial());
	fd = auth_dial();
	auth_send_request(fd, AUTH_CLIENT, "joe", "wrong");
	close(fd);
	auth_assert_logged("result=denied");
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
}

Test(smtpgate_auth_server, who_is_not_the_gate_is_sent_away)
{
	int status;
	pid_t pid;

	if (!owners_can_change())
		cr_skip_test("only root becomes another user");
	auth_rules.gate_uid = 12345;
	auth_service_of_joe();
	auth_start();
	cr_assert_eq(chmod(auth_dir, 0755), 0);
	cr_assert_eq(chmod(auth_path("socket"), 0666), 0);
	pid = fork();
	if (pid == 0) {
		if (setuid(54321) != 0)
			_exit(2);
		_exit(auth_hear(auth_dial(), &auth_answer) ? 1 : 0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
	auth_assert_logged("stranger uid=54321");
	pid = fork();
	if (pid == 0) {
		if (setuid(12345) != 0)
			_exit(2);
		_exit(auth_hear(auth_dial(), &auth_answer) ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0, "the gate is served");
}

/* ---- start and stop ----------------------------------------------------- */

Test(smtpgate_auth_server, it_ends_when_the_last_request_is_answered)
{
	int fd, status;

	auth_service("auth required pam_exec.so quiet /bin/sleep 0.3\n"
		     "auth required pam_permit.so\n"
		     "account required pam_permit.so\n");
	auth_start();
	fd = auth_dial();
	auth_send_request(fd, AUTH_CLIENT, "joe", "secret");
	cr_assert_eq(kill(auth_server_pid, SIGTERM), 0);
	cr_expect(auth_hear(fd, &auth_answer));
	cr_expect_eq(auth_answer.kind, ANSWER_OK);
	cr_assert_eq(waitpid(auth_server_pid, &status, 0), auth_server_pid);
	auth_server_pid = 0;
	cr_expect_eq(status, 0);
}

Test(smtpgate_auth_server, the_socket_is_for_the_group_alone)
{
	struct stat st;

	auth_start();
	close(auth_dial());
	cr_assert_eq(stat(auth_path("socket"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0660);
	cr_expect_eq(st.st_gid, getegid());
}

Test(smtpgate_auth_server, so_is_the_directory_when_it_has_to_be_made)
{
	char text[128];
	struct stat st;
	int fd;

	snprintf(text, sizeof(text), "unix:%s/run/socket", auth_dir);
	cr_assert_eq(conf_endpoint_parse(text, &auth_endpoint), 0);
	umask(077);
	fd = listen_make(&auth_endpoint, getegid());
	cr_assert_geq(fd, 0);
	close(fd);
	cr_assert_eq(stat(auth_path("run"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0750);
	cr_expect_eq(st.st_gid, getegid());
	cr_assert_eq(stat(auth_path("run/socket"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0660);
	unlink(auth_path("run/socket"));
	rmdir(auth_path("run"));
}

Test(smtpgate_auth_server, a_socket_that_is_served_is_not_taken_a_stale_one_is)
{
	int fd;

	auth_start();
	close(auth_dial());
	cr_expect_eq(listen_make(&auth_endpoint, getegid()), -EADDRINUSE);
	cr_expect_eq(auth_stop(), 0);
	fd = listen_make(&auth_endpoint, getegid());
	cr_expect_geq(fd, 0);
	close(fd);
}

/* In a child: what a service manager passes, at the place where it does. */
static int
take_passed(int fd, const char *n)
{
	char pid[16];
	int status;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		snprintf(pid, sizeof(pid), "%d", getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", n, 1);
		if (!listen_is_passed())
			_exit(1);
		if (dup2(fd, LISTEN_PASSED_FD) < 0)
			_exit(2);
		_exit(listen_take() == LISTEN_PASSED_FD ? 0 : 3);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

Test(smtpgate_auth_server, a_socket_that_is_passed_is_taken_if_it_is_one)
{
	int fd = listen_make(&auth_endpoint, getegid()), other;

	cr_assert_geq(fd, 0);
	cr_expect_eq(take_passed(fd, "1"), 0);
	cr_expect_eq(take_passed(fd, "2"), 1);
	other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_expect_eq(take_passed(other, "1"), 3, "not of the type");
	other = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_expect_eq(take_passed(other, "1"), 3, "nobody listens");
	other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	cr_expect_eq(take_passed(other, "1"), 3, "no socket");
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	cr_expect_not(listen_is_passed(), "for another process");
}

Test(smtpgate_auth_server,
    in_a_directory_that_others_may_write_it_does_not_listen)
{
	cr_assert_eq(chmod(auth_dir, 0777), 0);
	cr_expect_eq(listen_make(&auth_endpoint, getegid()), -EPERM);
	cr_assert_eq(chmod(auth_dir, 0770), 0);
	cr_expect_eq(
	    listen_make(&auth_endpoint, getegid()), -EPERM, "its group");
}
