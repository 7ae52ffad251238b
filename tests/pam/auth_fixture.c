/* SPDX-License-Identifier: ISC */
/*
 * smtpgate-auth's server in a process of its own, and the gate's side of it.
 */
#include "tests/pam/auth_fixture.h"

#include "common/report.h"
#include "smtpgate-auth/listen.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char auth_dir[] = "/tmp/popauth-auth.XXXXXX";
struct conf_endpoint auth_endpoint;
pid_t auth_server_pid;
struct server_rules auth_rules;
struct answer auth_answer;
int64_t auth_spent_ms;

/* ---- the directory ------------------------------------------------------ */

const char *
auth_path(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", auth_dir, name);
	return path;
}

void
auth_write(const char *name, mode_t mode, const char *fmt, ...)
{
	FILE *file = fopen(auth_path(name), "we");
	va_list ap;

	cr_assert_not_null(file);
	va_start(ap, fmt);
	vfprintf(file, fmt, ap);
	va_end(ap);
	fclose(file);
	cr_assert_eq(chmod(auth_path(name), mode), 0);
}

const char *
auth_read(const char *name)
{
	static char text[65536];
	FILE *file = fopen(auth_path(name), "re");
	size_t n = 0;

	if (file != NULL) {
		n = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[n] = '\0';
	return text;
}

unsigned
auth_n_lines(const char *name)
{
	const char *p;
	unsigned n = 0;

	for (p = auth_read(name); *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

bool
auth_is_gone(pid_t pid)
{
	char path[32], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return true;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	fclose(file);
	return strstr(text, ") Z ") != NULL;
}

void
auth_assert_logged(const char *text)
{
	auth_wait_until(strstr(auth_read("log"), text) != NULL);
}

void
auth_service_of_joe(void)
{
	auth_write("joe", 0755,
	    "#!/bin/sh\n"
	    "read -r password\n"
	    "echo \"$PAM_USER $PAM_RHOST $PAM_SERVICE $PAM_TYPE\" >>%s/asked\n"
	    "[ -e %s/hang ] && { echo $$ >>%s/hanging; exec sleep 60; }\n"
	    "[ \"$password\" = secret ]\n",
	    auth_dir, auth_dir, auth_dir);
	auth_service(
	    "auth [success=1 default=ignore] pam_exec.so expose_authtok "
	    "quiet %s/joe\n"
	    "auth requisite pam_deny.so\n"
	    "auth required pam_permit.so\n"
	    "account required pam_permit.so\n",
	    auth_dir);
}

/* ---- the server --------------------------------------------------------- */

static void
serve(void)
{
	int log = open(
	    auth_path("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	const struct client_rules clients = {.ipv6_prefix = 64};
	struct server *server;
	sigset_t signals;
	int fd;

	dup2(log, STDERR_FILENO);
	report_init("smtpgate-auth", REPORT_TO_STDERR);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = listen_make(&auth_endpoint, getegid());
	if (fd < 0 || server_open(fd, &clients, &server) != 0)
		_exit(1);
	_exit(server_run(server, &auth_rules) == SERVER_STOPPED ? 0 : 2);
}

void
auth_start(void)
{
	struct stat st;

	auth_server_pid = fork();
	cr_assert_geq(auth_server_pid, 0);
	if (auth_server_pid == 0)
		serve();
	auth_wait_until(stat(auth_path("socket"), &st) == 0);
}

int
auth_stop(void)
{
	int status;

	cr_assert_eq(kill(auth_server_pid, SIGTERM), 0);
	cr_assert_eq(waitpid(auth_server_pid, &status, 0), auth_server_pid);
	auth_server_pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
auth_setup(void)
{
	char text[128];

	cr_assert_not_null(mkdtemp(auth_dir));
	snprintf(text, sizeof(text), "unix:%s/socket", auth_dir);
	cr_assert_eq(conf_endpoint_parse(text, &auth_endpoint), 0);
	auth_write("other", 0644,
	    "auth required pam_permit.so\n"
	    "account required pam_permit.so\n");
	auth_rules = (struct server_rules){
	    .gate_uid = geteuid(),
	    .attend =
		{
		    .confdir = auth_dir,
		    .delay_ms = AUTH_DELAY_MS,
		    .timeout_ms = AUTH_TIMEOUT_MS,
		    .max_requests = 8,
		    .limits = {.per_client = 1000, .per_user = 1000},
		},
	};
}

void
auth_teardown(void)
{
	static const char *const names[] = {"log", "socket", "other", "joe",
	    "smtpgate", "asked", "grants", "hang", "hanging", "forked"};
	char text[256];
	size_t i;

	if (auth_server_pid != 0) {
		kill(auth_server_pid, SIGKILL);
		waitpid(auth_server_pid, NULL, 0);
	}
	/* What hangs still would keep this program's output open. */
	snprintf(text, sizeof(text), "kill -KILL $(cat %s) 2>/dev/null; true",
	    auth_path("hanging"));
	if (access(auth_path("hanging"), F_OK) == 0)
		cr_assert_eq(system(text), 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(auth_path(names[i]));
	rmdir(auth_dir);
}

/* ---- the gate's side ---------------------------------------------------- */

int
auth_dial(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int64_t end_ms = clock_mono_ms() + AUTH_PATIENCE_MS;

	cr_assert_geq(fd, 0);
	/* It may have been bound without being listened at yet. */
	while (connect(fd, (struct sockaddr *)&auth_endpoint.addr,
		   auth_endpoint.addr_len) != 0) {
		cr_assert_lt(clock_mono_ms(), end_ms);
		poll(NULL, 0, 10);
	}
	return fd;
}

bool
auth_hear(int fd, struct answer *answer_out)
{
	unsigned char record[ANSWER_BYTES + 1];
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	ssize_t len;

	cr_assert_eq(poll(&pollfd, 1, AUTH_PATIENCE_MS), 1);
	len = recv(fd, record, sizeof(record), 0);
	if (len <= 0)
		return false;
	cr_assert_eq(answer_parse(record, (size_t)len, answer_out), 0);
	return true;
}

void
auth_send_request(
    int fd, const char *client, const char *user, const char *password)
{
	struct request request = {.is_client_known = true};
	unsigned char record[REQUEST_BYTES];
	struct answer ready;
	size_t len;

	cr_assert_eq(addr_parse(client, &request.client), 0);
	snprintf(request.session, sizeof(request.session), AUTH_SESSION);
	snprintf(request.user, sizeof(request.user), "%s", user);
	snprintf(request.password, sizeof(request.password), "%s", password);
	len = request_format(&request, record);
	cr_assert_gt(len, 0);
	cr_assert(auth_hear(fd, &ready));
	cr_assert_eq(ready.kind, ANSWER_READY);
	cr_assert_eq(send(fd, record, len, 0), (ssize_t)len);
}

bool
auth_ask_from(const char *client, const char *user, const char *password)
{
	int64_t begin_ms = clock_mono_ms();
	int fd = auth_dial();
	bool is_answered;

	auth_send_request(fd, client, user, password);
	is_answered = auth_hear(fd, &auth_answer);
	auth_spent_ms = clock_mono_ms() - begin_ms;
	close(fd);
	return is_answered;
}

enum answer_kind
auth_ask(const char *user, const char *password)
{
	cr_assert(auth_ask_from(AUTH_CLIENT, user, password));
	return auth_answer.kind;
}
