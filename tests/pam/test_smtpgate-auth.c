/* SPDX-License-Identifier: ISC */
/*
 * smtpgate-auth's server under the real libpam and its own modules, without
 * touching the system: a service file and a socket in a private directory, the
 * server in a process of its own.
 *
 * Real accounts (pam_unix) are tried in tests/system.
 */
#include "common/clock.h"
#include "common/report.h"
#include "config/conf_endpoint.h"
#include "shmcache/shmcache.h"
#include "smtpgate-auth/listen.h"
#include "smtpgate-auth/request.h"
#include "smtpgate-auth/server.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENT "203.0.113.9"
#define DELAY_MS 300
#define TIMEOUT_MS 1500
/* What a busy machine may add. */
#define NOISE_MS 1000
#define PATIENCE_MS 10000

static char dir[] = "/tmp/popauth-auth.XXXXXX";
static struct conf_endpoint endpoint;
static pid_t server_pid;
static struct server_rules rules;

/* ---- the directory ------------------------------------------------------ */

static const char *
path_of(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static void
write_file(const char *name, mode_t mode, const char *fmt, ...)
{
	FILE *file = fopen(path_of(name), "we");
	va_list ap;

	cr_assert_not_null(file);
	va_start(ap, fmt);
	vfprintf(file, fmt, ap);
	va_end(ap);
	fclose(file);
	cr_assert_eq(chmod(path_of(name), mode), 0);
}

static const char *
read_file(const char *name)
{
	static char text[65536];
	FILE *file = fopen(path_of(name), "re");
	size_t n = 0;

	if (file != NULL) {
		n = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[n] = '\0';
	return text;
}

static unsigned
n_lines(const char *name)
{
	const char *p;
	unsigned n = 0;

	for (p = read_file(name); *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

/* Whether the process has ended, and at most waits for its parent. */
static bool
is_gone(pid_t pid)
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

/* Until the condition, or in vain. */
#define wait_until(condition)                                                  \
	do {                                                                   \
		int64_t end_ms = clock_mono_ms() + PATIENCE_MS;                \
                                                                               \
		while (!(condition) && clock_mono_ms() < end_ms)               \
			poll(NULL, 0, 10);                                     \
		cr_assert(condition);                                          \
	} while (0)

static void
assert_logged(const char *text)
{
	wait_until(strstr(read_file("log"), text) != NULL);
}

/* The lines of the service file; %s in one is the directory. */
#define service(lines) write_file("smtpgate", 0644, lines, dir, dir, dir)

/*
 * A stack that knows one password, asked by a script: other files can make
 * it hang.
 */
static void
service_of_joe(void)
{
	write_file("joe", 0755,
	    "#!/bin/sh\n"
	    "read -r password\n"
	    "echo \"$PAM_USER $PAM_RHOST $PAM_SERVICE $PAM_TYPE\" >>%s/asked\n"
	    "[ -e %s/hang ] && { echo $$ >>%s/hanging; exec sleep 60; }\n"
	    "[ \"$password\" = secret ]\n",
	    dir, dir, dir);
	service("auth [success=1 default=ignore] pam_exec.so expose_authtok "
		"quiet %s/joe\n"
		"auth requisite pam_deny.so\n"
		"auth required pam_permit.so\n"
		"account required pam_permit.so\n");
}

/* ---- the server --------------------------------------------------------- */

static void
serve(void)
{
	int log = open(
	    path_of("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
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
	fd = listen_make(&endpoint, getegid());
	if (fd < 0 || server_open(fd, 64, &server) != 0)
		_exit(1);
	_exit(server_run(server, &rules) == SERVER_STOPPED ? 0 : 2);
}

static void
start(void)
{
	struct stat st;

	server_pid = fork();
	cr_assert_geq(server_pid, 0);
	if (server_pid == 0)
		serve();
	wait_until(stat(path_of("socket"), &st) == 0);
}

/* Returns its exit code. */
static int
stop(void)
{
	int status;

	cr_assert_eq(kill(server_pid, SIGTERM), 0);
	cr_assert_eq(waitpid(server_pid, &status, 0), server_pid);
	server_pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
setup(void)
{
	char text[128];

	cr_assert_not_null(mkdtemp(dir));
	snprintf(text, sizeof(text), "unix:%s/socket", dir);
	cr_assert_eq(conf_endpoint_parse(text, &endpoint), 0);
	write_file("other", 0644,
	    "auth required pam_permit.so\n"
	    "account required pam_permit.so\n");
	rules = (struct server_rules){
	    .gate_uid = geteuid(),
	    .attend =
		{
		    .confdir = dir,
		    .delay_ms = DELAY_MS,
		    .timeout_ms = TIMEOUT_MS,
		    .max_requests = 8,
		    .limits = {.per_client = 1000, .per_user = 1000},
		},
	};
}

static void
teardown(void)
{
	static const char *const names[] = {"log", "socket", "other", "joe",
	    "smtpgate", "asked", "grants", "hang", "hanging", "forked"};
	char text[256];
	size_t i;

	if (server_pid != 0) {
		kill(server_pid, SIGKILL);
		waitpid(server_pid, NULL, 0);
	}
	/* What hangs would keep this program's output open; some or all of it
	 * has ended, and kill(1) says so. */
	snprintf(text, sizeof(text), "kill -KILL $(cat %s) 2>/dev/null",
	    path_of("hanging"));
	if (access(path_of("hanging"), F_OK) == 0 && system(text) == -1)
		cr_log_warn("there is no shell to end what hangs");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(dir);
}

TestSuite(smtpgate_auth, .init = setup, .fini = teardown, .timeout = 60);

/* ---- the gate's side ---------------------------------------------------- */

static int
dial_server(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	cr_assert_geq(fd, 0);
	/* It may have been bound without being listened at yet. */
	while (connect(fd, (struct sockaddr *)&endpoint.addr,
		   endpoint.addr_len) != 0) {
		cr_assert_lt(clock_mono_ms(), end_ms);
		poll(NULL, 0, 10);
	}
	return fd;
}

/* Returns whether there was an answer before the end. */
static bool
hear(int fd, struct answer *answer_out)
{
	unsigned char record[ANSWER_BYTES + 1];
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	ssize_t len;

	cr_assert_eq(poll(&pollfd, 1, PATIENCE_MS), 1);
	len = recv(fd, record, sizeof(record), 0);
	if (len <= 0)
		return false;
	cr_assert_eq(answer_parse(record, (size_t)len, answer_out), 0);
	return true;
}

static void
send_request(int fd, const char *client, const char *user, const char *password)
{
	struct request request = {.is_client_known = true};
	unsigned char record[REQUEST_BYTES];
	struct answer answer;
	size_t len;

	cr_assert_eq(addr_parse(client, &request.client), 0);
	snprintf(request.user, sizeof(request.user), "%s", user);
	snprintf(request.password, sizeof(request.password), "%s", password);
	len = request_format(&request, record);
	cr_assert_gt(len, 0);
	cr_assert(hear(fd, &answer));
	cr_assert_eq(answer.kind, ANSWER_READY);
	cr_assert_eq(send(fd, record, len, 0), (ssize_t)len);
}

static struct answer answer;
static int64_t spent_ms;

/* Sets answer and spent_ms; returns whether there was an answer. */
static bool
ask_from(const char *client, const char *user, const char *password)
{
	int64_t begin_ms = clock_mono_ms();
	int fd = dial_server();
	bool is_answered;

	send_request(fd, client, user, password);
	is_answered = hear(fd, &answer);
	spent_ms = clock_mono_ms() - begin_ms;
	close(fd);
	return is_answered;
}

static enum answer_kind
ask(const char *user, const char *password)
{
	cr_assert(ask_from(CLIENT, user, password));
	return answer.kind;
}

/* ---- right and wrong ---------------------------------------------------- */

Test(smtpgate_auth, the_right_password_is_ok_and_tells_the_user)
{
	service_of_joe();
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
	cr_expect_str_eq(answer.user, "joe");
	assert_logged("auth client=" CLIENT " user=joe tls=no result=ok ");
}

Test(smtpgate_auth, the_wrong_password_is_denied_and_not_logged)
{
	service_of_joe();
	start();
	cr_expect_eq(ask("joe", "Xsecret"), ANSWER_DENIED);
	assert_logged("user=joe tls=no result=denied stage=auth "
		      "msg=\"Authentication failure\"");
	cr_expect_null(strstr(read_file("log"), "Xsecret"));
}

Test(smtpgate_auth, the_stack_is_told_who_asks_from_where)
{
	service_of_joe();
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
	cr_expect_str_eq(read_file("asked"), "joe " CLIENT " smtpgate auth\n");
}

Test(smtpgate_auth, each_code_of_the_stack_has_its_answer)
{
	static const struct {
		const char *auth, *account;
		enum answer_kind kind;
	} rows[] = {
	    {"success", "success", ANSWER_OK},
	    {"auth_err", "success", ANSWER_DENIED},
	    {"user_unknown", "success", ANSWER_DENIED},
	    {"perm_denied", "success", ANSWER_DENIED},
	    {"cred_insufficient", "success", ANSWER_DENIED},
	    {"success", "acct_expired", ANSWER_DENIED},
	    {"success", "new_authtok_reqd", ANSWER_DENIED},
	    {"success", "perm_denied", ANSWER_DENIED},
	    {"success", "user_unknown", ANSWER_DENIED},
	    {"authinfo_unavail", "success", ANSWER_UNAVAILABLE},
	    {"system_err", "success", ANSWER_UNAVAILABLE},
	    {"service_err", "success", ANSWER_UNAVAILABLE},
	    {"success", "authinfo_unavail", ANSWER_UNAVAILABLE},
	    {"maxtries", "success", ANSWER_TOO_MANY},
	};
	size_t i;

	start();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file("smtpgate", 0644,
		    "auth required pam_debug.so auth=%s\n"
		    "account required pam_debug.so acct=%s\n",
		    rows[i].auth, rows[i].account);
		cr_expect_eq(ask("joe", "secret"), rows[i].kind, "%s, %s: %d",
		    rows[i].auth, rows[i].account, answer.kind);
		if (rows[i].kind != ANSWER_DENIED)
			continue;
		cr_expect_geq(spent_ms, DELAY_MS, "%s, %s: %ld ms",
		    rows[i].auth, rows[i].account, (long)spent_ms);
		cr_expect_lt(spent_ms, DELAY_MS + NOISE_MS, "%s, %s: %ld ms",
		    rows[i].auth, rows[i].account, (long)spent_ms);
	}
}

Test(smtpgate_auth, a_slow_denial_waits_for_the_next_delay)
{
	service("auth required pam_exec.so quiet /bin/sleep 0.4\n"
		"auth required pam_deny.so\n");
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_DENIED);
	cr_expect_geq(spent_ms, 2 * DELAY_MS, "%ld ms", (long)spent_ms);
}

Test(smtpgate_auth, the_name_that_the_stack_has_for_the_user_counts)
{
	service("auth required pam_ftp.so users=boss,joe\n"
		"account required pam_permit.so\n");
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
	cr_expect_str_eq(answer.user, "boss");
	assert_logged("user=joe tls=no result=ok as=boss");
}

Test(smtpgate_auth, a_name_of_the_stack_s_that_cannot_be_one_is_unavailable)
{
	service("auth required pam_ftp.so users=../etc,joe\n"
		"account required pam_permit.so\n");
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_UNAVAILABLE);
	assert_logged("see which module changes PAM_USER");
}

Test(smtpgate_auth, a_login_makes_no_grant_even_if_the_module_is_there)
{
	const struct shmcache_params params = {
	    .window_s = 900, .ipv6_prefix = 64};
	struct shmcache *cache = NULL;
	struct shmcache_grant grant;
	struct addr addr;

	cr_assert_eq(shmcache_create(path_of("grants"), &params, 10, geteuid(),
			 getegid(), 0600),
	    0);
	write_file("smtpgate", 0644,
	    "auth required pam_permit.so\n"
	    "account required pam_permit.so\n"
	    "account optional %s table=%s\n",
	    getenv("POPAUTH_MODULE"), path_of("grants"));
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
	cr_assert_eq(addr_parse(CLIENT, &addr), 0);
	cr_assert_eq(
	    shmcache_open(path_of("grants"), SHMCACHE_READ, &cache), 0);
	cr_expect_eq(
	    shmcache_lookup(cache, &addr, NULL, &grant), SHMCACHE_NO_GRANT);
	shmcache_close(cache);
}

/* ---- a stack that is not as it should be -------------------------------- */

Test(smtpgate_auth, without_its_service_file_it_is_unavailable)
{
	/* Although "other" would let everybody in. */
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_UNAVAILABLE);
	assert_logged("stage=service msg=\"there is no /etc/pam.d/smtpgate");
}

Test(smtpgate_auth, without_one_of_its_modules_it_is_unavailable)
{
	service("auth required pam_that_is_not_there.so\n"
		"account required pam_permit.so\n");
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_UNAVAILABLE);
}

Test(smtpgate_auth, a_stack_that_asks_twice_denies_and_says_why)
{
	service_of_joe();
	service("auth required pam_exec.so expose_authtok quiet %s/joe\n"
		"auth required pam_ftp.so users=joe\n"
		"account required pam_permit.so\n");
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_DENIED);
	assert_logged("the stack asks for more than a password");
}

Test(smtpgate_auth, what_a_stack_says_is_ignored)
{
	service("auth optional pam_echo.so hello\n"
		"auth required pam_permit.so\n"
		"account required pam_permit.so\n");
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
}

Test(smtpgate_auth, a_stack_that_leaves_a_process_behind_does_not_wait_for_it)
{
	write_file("joe", 0755,
	    "#!/bin/sh\nsleep 60 & echo $! >%s/forked\nexit 0\n", dir);
	service("auth required pam_exec.so quiet %s/joe\n"
		"account required pam_permit.so\n");
	start();
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
	cr_expect_lt(spent_ms, TIMEOUT_MS);
	cr_expect_eq(kill(atoi(read_file("forked")), SIGKILL), 0);
}

/* ---- a stack that hangs ------------------------------------------------- */

/* Connections on which the stack hangs, from clients 10.0.0.1, .2, ... */
static int hanging[16];

static void
hang(unsigned n)
{
	char client[32];
	unsigned i;

	write_file("hang", 0644, "");
	for (i = 0; i < n; i++) {
		snprintf(client, sizeof(client), "10.0.0.%u", i + 1);
		hanging[i] = dial_server();
		send_request(hanging[i], client, "joe", "secret");
	}
	wait_until(n_lines("hanging") == n);
}

Test(smtpgate_auth, a_stack_that_hangs_is_killed_with_what_it_started)
{
	pid_t pid;

	service_of_joe();
	start();
	hang(1);
	pid = atoi(read_file("hanging"));
	cr_assert_not(is_gone(pid));
	cr_expect_not(hear(hanging[0], &answer), "the end, and no answer");
	wait_until(is_gone(pid));
	assert_logged("the PAM stack did not answer in time");
}

Test(smtpgate_auth, while_one_hangs_others_are_served)
{
	service_of_joe();
	start();
	hang(4);
	unlink(path_of("hang"));
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
	cr_expect_lt(spent_ms, TIMEOUT_MS, "%ld ms", (long)spent_ms);
}

Test(smtpgate_auth, a_stack_that_hung_is_no_failure_of_the_user_s)
{
	rules.attend.limits.per_user = 1;
	service_of_joe();
	start();
	hang(1);
	cr_expect_not(hear(hanging[0], &answer));
	unlink(path_of("hang"));
	wait_until(
	    ask_from("10.0.0.1", "joe", "secret") && answer.kind == ANSWER_OK);
}

Test(smtpgate_auth, when_all_hang_the_next_is_told_busy)
{
	service_of_joe();
	start();
	hang(8);
	cr_expect(hear(dial_server(), &answer));
	cr_expect_eq(answer.kind, ANSWER_BUSY);
	/* And served again when they are killed. */
	unlink(path_of("hang"));
	cr_expect_not(hear(hanging[7], &answer));
	wait_until(hear(dial_server(), &answer) && answer.kind == ANSWER_READY);
}

Test(smtpgate_auth, one_client_has_a_quarter_of_all)
{
	int own[2], i;

	service_of_joe();
	start();
	write_file("hang", 0644, "");
	for (i = 0; i < 2; i++) {
		own[i] = dial_server();
		send_request(own[i], CLIENT, "joe", "secret");
	}
	wait_until(n_lines("hanging") == 2);
	unlink(path_of("hang"));
	cr_expect_eq(ask("mary", "secret"), ANSWER_BUSY);
	cr_assert(ask_from("203.0.113.10", "mary", "secret"));
	cr_expect_eq(answer.kind, ANSWER_OK);
}

Test(smtpgate_auth, a_child_that_crashes_is_told_and_harms_nobody)
{
	char path[64], command[128];

	service_of_joe();
	start();
	hang(1);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", server_pid,
	    server_pid);
	snprintf(command, sizeof(command), "kill -ABRT $(cat %s)", path);
	cr_assert_eq(system(command), 0);
	cr_expect_not(hear(hanging[0], &answer));
	assert_logged("signal=6 msg=\"a module of the PAM stack crashed, or ");
	unlink(path_of("hang"));
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
}

/* ---- failures ----------------------------------------------------------- */

Test(smtpgate_auth, beyond_the_limit_even_the_right_password_is_not_tried)
{
	unsigned i;

	rules.attend.limits.per_user = 3;
	rules.attend.delay_ms = 20;
	service_of_joe();
	start();
	for (i = 0; i < 3; i++)
		cr_expect_eq(ask("joe", "wrong"), ANSWER_DENIED);
	cr_expect_eq(ask("joe", "secret"), ANSWER_TOO_MANY);
	assert_logged("result=too-many stage=limit");
	cr_expect_eq(ask("mary", "secret"), ANSWER_OK);
	cr_assert(ask_from("203.0.113.10", "joe", "secret"));
	cr_expect_eq(answer.kind, ANSWER_OK);
}

Test(smtpgate_auth, a_success_is_not_counted)
{
	unsigned i;

	rules.attend.limits.per_user = 1;
	service_of_joe();
	start();
	for (i = 0; i < 5; i++)
		cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
}

/* Guess n times; in a child of its own. */
static void
guess(unsigned n, unsigned first)
{
	char user[32];
	unsigned i;

	for (i = 0; i < n; i++) {
		snprintf(user, sizeof(user), "user%u", first + i);
		(void)ask_from(CLIENT, user, "guess");
	}
	_exit(0);
}

Test(smtpgate_auth, of_four_hundred_guesses_as_many_as_the_limit_are_tried)
{
	unsigned i;

	rules.attend.limits.per_client = 25;
	rules.attend.max_requests = 64;
	rules.attend.delay_ms = 0;
	service_of_joe();
	start();
	for (i = 0; i < 4; i++) {
		pid_t pid = fork();

		cr_assert_geq(pid, 0);
		if (pid == 0)
			guess(100, 100 * i);
	}
	for (i = 0; i < 4; i++)
		cr_assert_gt(wait(NULL), 0);
	cr_expect_eq(n_lines("asked"), 25, "%u", n_lines("asked"));
}

/* ---- hostile gates ------------------------------------------------------ */

static void
send_garbage(const void *bytes, size_t n)
{
	int fd = dial_server();

	cr_assert(hear(fd, &answer));
	cr_assert_eq(send(fd, bytes, n, 0), (ssize_t)n);
	cr_expect_not(hear(fd, &answer), "the end, and no answer");
	close(fd);
}

Test(smtpgate_auth, what_is_no_request_is_not_answered)
{
	unsigned char bytes[2 * REQUEST_BYTES];
	size_t n;

	service_of_joe();
	start();
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
	assert_logged("bad-request msg=\"a request is badly formed");
	cr_expect_eq(n_lines("asked"), 0);
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
}

Test(smtpgate_auth, a_gate_that_leaves_early_harms_nobody)
{
	int fd;

	service_of_joe();
	start();
	close(dial_server());
	fd = dial_server();
	send_request(fd, CLIENT, "joe", "wrong");
	close(fd);
	assert_logged("result=denied");
	cr_expect_eq(ask("joe", "secret"), ANSWER_OK);
}

Test(smtpgate_auth, who_is_not_the_gate_is_sent_away)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		cr_skip_test("only root can be somebody else");
	rules.gate_uid = 12345;
	service_of_joe();
	start();
	cr_assert_eq(chmod(dir, 0755), 0);
	cr_assert_eq(chmod(path_of("socket"), 0666), 0);
	pid = fork();
	if (pid == 0) {
		if (setuid(54321) != 0)
			_exit(2);
		_exit(hear(dial_server(), &answer) ? 1 : 0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
	assert_logged("stranger uid=54321");
	pid = fork();
	if (pid == 0) {
		if (setuid(12345) != 0)
			_exit(2);
		_exit(hear(dial_server(), &answer) ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0, "the gate is served");
}

/* ---- start and stop ----------------------------------------------------- */

Test(smtpgate_auth, it_ends_when_the_last_request_is_answered)
{
	int fd, status;

	service("auth required pam_exec.so quiet /bin/sleep 0.3\n"
		"auth required pam_permit.so\n"
		"account required pam_permit.so\n");
	start();
	fd = dial_server();
	send_request(fd, CLIENT, "joe", "secret");
	cr_assert_eq(kill(server_pid, SIGTERM), 0);
	cr_expect(hear(fd, &answer));
	cr_expect_eq(answer.kind, ANSWER_OK);
	cr_assert_eq(waitpid(server_pid, &status, 0), server_pid);
	server_pid = 0;
	cr_expect_eq(status, 0);
}

Test(smtpgate_auth, the_socket_is_for_the_group_alone)
{
	struct stat st;

	start();
	close(dial_server());
	cr_assert_eq(stat(path_of("socket"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0660);
	cr_expect_eq(st.st_gid, getegid());
}

Test(smtpgate_auth, so_is_the_directory_when_it_has_to_be_made)
{
	char text[128];
	struct stat st;
	int fd;

	snprintf(text, sizeof(text), "unix:%s/run/socket", dir);
	cr_assert_eq(conf_endpoint_parse(text, &endpoint), 0);
	umask(077);
	fd = listen_make(&endpoint, getegid());
	cr_assert_geq(fd, 0);
	close(fd);
	cr_assert_eq(stat(path_of("run"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0750);
	cr_expect_eq(st.st_gid, getegid());
	cr_assert_eq(stat(path_of("run/socket"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0660);
	unlink(path_of("run/socket"));
	rmdir(path_of("run"));
}

Test(smtpgate_auth, a_socket_that_is_served_is_not_taken_a_stale_one_is)
{
	int fd;

	start();
	close(dial_server());
	cr_expect_eq(listen_make(&endpoint, getegid()), -EADDRINUSE);
	cr_expect_eq(stop(), 0);
	fd = listen_make(&endpoint, getegid());
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

Test(smtpgate_auth, a_socket_that_is_passed_is_taken_if_it_is_one)
{
	int fd = listen_make(&endpoint, getegid()), other;

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

Test(smtpgate_auth, in_a_directory_that_others_may_write_it_does_not_listen)
{
	cr_assert_eq(chmod(dir, 0777), 0);
	cr_expect_eq(listen_make(&endpoint, getegid()), -EPERM);
	cr_assert_eq(chmod(dir, 0770), 0);
	cr_expect_eq(listen_make(&endpoint, getegid()), -EPERM, "its group");
}
