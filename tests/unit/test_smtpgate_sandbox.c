/* SPDX-License-Identifier: ISC */
/* sandbox: what is forbidden is tried, and what a session needs. */
#include "smtpgate/sandbox/sandbox.h"

#include "common/report.h"
#include "tests/lib/log_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NO_FILTER "a sanitizer needs what the filter forbids"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NO_FILTER "a sanitizer needs what the filter forbids"
#endif
#endif

static void
skip_if_sanitized(void)
{
#ifdef NO_FILTER
	cr_skip_test(NO_FILTER);
#endif
}

TestSuite(smtpgate_sandbox, .init = skip_if_sanitized, .timeout = 30);

static struct conf conf;
static int etc; /* a directory, opened before */

/*
 * What a process in the sandbox gets for it: 0, or errno.  The child is of no
 * user's, as a gate that was started without root.
 */
static int
inside(int (*try)(void))
{
	pid_t child = fork();
	int status;

	cr_assert_geq(child, 0);
	if (child == 0) {
		etc = open("/etc", O_RDONLY | O_DIRECTORY);
		if (geteuid() == 0 &&
		    (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(255);
		if (sandbox_enter(&conf) != 0)
			_exit(254);
		_exit(try());
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "status %x", (unsigned)status);
	return WEXITSTATUS(status);
}

static int
result(long returned)
{
	return returned < 0 ? errno : 0;
}

/* ---- forbidden ---------------------------------------------------------- */

static int
try_open(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

static int
try_openat(void)
{
	return result(openat(etc, "passwd", O_RDONLY));
}

static int
try_create(void)
{
	return result(open("/tmp/x", O_WRONLY | O_CREAT, 0600));
}

static int
try_mkdir(void)
{
	return result(mkdir("/tmp/x", 0700));
}

static int
try_unlink(void)
{
	return result(unlink("/tmp/none"));
}

static int
try_chdir(void)
{
	return result(fchdir(etc));
}

static int
try_exec(void)
{
	return result(execl("/bin/true", "true", NULL));
}

static int
try_fork(void)
{
	return result(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int
try_kill(void)
{
	return result(kill(getpid(), 0));
}

static int
try_ptrace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
try_setuid(void)
{
	return result(setuid(65534));
}

static int
try_prctl(void)
{
	return result(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
}

static int
try_netlink(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int
try_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
try_bind(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? 253
		      : result(bind(fd, (struct sockaddr *)&any, sizeof(any)));
}

static int
try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		   ? errno
		   : 0;
}

static int
try_make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED
		   ? 253
		   : result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

Test(smtpgate_sandbox, no_file_is_opened_made_or_removed)
{
	cr_expect_eq(inside(try_open), EPERM);
	cr_expect_eq(inside(try_openat), EPERM);
	cr_expect_eq(inside(try_create), EPERM);
	cr_expect_eq(inside(try_mkdir), EPERM);
	cr_expect_eq(inside(try_unlink), EPERM);
	cr_expect_eq(inside(try_chdir), EPERM);
}

Test(smtpgate_sandbox, no_program_is_run_and_no_process_made_or_touched)
{
	cr_expect_eq(inside(try_exec), EPERM);
	cr_expect_eq(inside(try_fork), EPERM);
	cr_expect_eq(inside(try_kill), EPERM);
	cr_expect_eq(inside(try_ptrace), EPERM);
}

Test(smtpgate_sandbox, no_privilege_is_changed)
{
	cr_expect_eq(inside(try_setuid), EPERM);
	cr_expect_eq(inside(try_prctl), EPERM);
}

Test(smtpgate_sandbox, no_service_is_offered_and_no_kernel_asked)
{
	cr_expect_eq(inside(try_netlink), EPERM);
	cr_expect_eq(inside(try_bind), EPERM);
}

Test(smtpgate_sandbox, unix_sockets_are_made_where_one_is_configured)
{
	cr_expect_eq(inside(try_unix), EPERM);
	conf.smtpgate.auth.kind = CONF_AUTH_PAM;
	cr_expect_eq(inside(try_unix), 0);
	conf.smtpgate.auth.kind = CONF_AUTH_NONE;
	conf.smtpgate.backend_relay.addr.ss_family = AF_UNIX;
	cr_expect_eq(inside(try_unix), 0);
}

Test(smtpgate_sandbox, no_code_is_made)
{
	cr_expect_eq(inside(try_code), EPERM);
	cr_expect_eq(inside(try_make_code), EPERM);
}

/* ---- the log ------------------------------------------------------------- */

static int
try_a_log_daemon_that_was_started_anew(void)
{
	report(REPORT_INFO, "e", "from inside");
	return 0;
}

Test(smtpgate_sandbox, a_log_daemon_that_was_started_anew_is_found,
    .init = log_set_up, .fini = log_tear_down)
{
	int old = log_daemon_start(SOCK_DGRAM), new;

	skip_if_sanitized();
	cr_assert_eq(chmod(log_dir, 0755), 0);
	report_to(log_path);
	report_init("smtpgate", REPORT_TO_SYSLOG);
	close(old);
	new = log_daemon_start(SOCK_DGRAM);
	cr_assert_eq(chmod(log_path, 0666), 0);
	cr_expect_eq(inside(try_a_log_daemon_that_was_started_anew), 0);
	cr_expect_str_eq(log_next_text(new), "e msg=\"from inside\"");
}

/* ---- allowed ------------------------------------------------------------ */

static int
try_what_a_session_does(void)
{
	const struct timespec moment = {0, 1000};
	struct stat st;
	char byte;
	char *large;
	int fds[2];

	if (fstat(etc, &st) != 0)
		return 1;
	if (getrandom(&byte, 1, 0) != 1)
		return 2;
	if (nanosleep(&moment, NULL) != 0)
		return 3;
	large = malloc(1 << 22);
	if (large == NULL)
		return 4;
	free(large);
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	fds[1] = socket(AF_INET6, SOCK_STREAM, 0);
	if (fds[0] < 0 || fds[1] < 0)
		return 5;
	if (fcntl(fds[0], F_GETFL) < 0)
		return 6;
	return 0;
}

Test(smtpgate_sandbox, a_session_finds_what_it_needs)
{
	cr_expect_eq(inside(try_what_a_session_does), 0);
}
