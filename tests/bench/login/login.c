/* SPDX-License-Identifier: ISC */
/*
 * The cost of the PAM module for a POP login: time, and system calls.
 *
 * Usage: login [-c] [-n LOGINS]
 *   -c  only count the system calls, as TAP: not more than MAX_CALLS
 *   -n  logins of each kind that are timed (2000)
 *
 * The same login (authenticate, account, open and close session, PAM_RHOST set)
 * under a service without the module, with it, and with it in a process that
 * holds it loaded: the second less the first is the cost of the module with its
 * loading and unloading by libpam, the third less the first the cost of its
 * hooks.  The three take turns, so that other load of the machine meets all.
 *
 * The machine is set up as with popauth installed, for this program only (in a
 * mount namespace, thus as root): a tmpfs with the table, owned by user popauth
 * of a copy of /etc/passwd, and a syslog that reads its socket.
 *
 * POPAUTH_MODULE names the module that was built.
 */
#include "shmcache/shmcache.h"

#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOGINS 2000

/* System calls of one login, in the module's hooks. */
#define MAX_CALLS 19
#define MAX_US 100

#define DEV "/dev" /* this process has a private tmpfs there */
#define TABLE DEV "/grants"
#define PASSWD DEV "/passwd"
#define OWNER_UID 64321

enum kind { WITHOUT = 0, WITH, RESIDENT, N_KINDS };

static const char *const services[N_KINDS] = {
    [WITHOUT] = "without",
    [WITH] = "with",
    [RESIDENT] = "with",
};

/* ---- the machine ----------------------------------------------------------- */

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
		err(1, "%s", path);
}

/* /etc/passwd with our user. */
static void
make_passwd(void)
{
	FILE *from = fopen("/etc/passwd", "r"), *to = fopen(PASSWD, "w");
	int c;

	if (from == NULL || to == NULL)
		err(1, PASSWD);
	while ((c = fgetc(from)) != EOF)
		fputc(c, to);
	fprintf(to, "%s:x:%d:%d::/nonexistent:/usr/sbin/nologin\n",
	    SHMCACHE_OWNER, OWNER_UID, OWNER_UID);
	fclose(from);
	if (fclose(to) != 0 ||
	    mount(PASSWD, "/etc/passwd", NULL, MS_BIND, NULL) == -1)
		err(1, "/etc/passwd");
}

static void
make_services(void)
{
	const char *module = getenv("POPAUTH_MODULE");
	char text[2048];

	write_file(DEV "/other", ""); /* else libpam logs an error */
	write_file(DEV "/without", "auth required pam_permit.so\n"
				   "account required pam_permit.so\n"
				   "session required pam_permit.so\n");
	snprintf(text, sizeof(text),
	    "auth optional %s table=" TABLE "\n"
	    "auth required pam_permit.so\n"
	    "account required pam_permit.so\n"
	    "account optional %s table=" TABLE "\n"
	    "session required pam_permit.so\n"
	    "session optional %s table=" TABLE "\n",
	    module, module, module);
	write_file(DEV "/with", text);
}

/* A process that reads /dev/log until this one ends. */
static void
start_syslog(void)
{
	const struct sockaddr_un sa = {
	    .sun_family = AF_UNIX, .sun_path = "/dev/log"};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char line[2048];

	if (fd == -1 ||
	    bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) == -1)
		err(1, "/dev/log");
	const pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (recv(fd, line, sizeof(line), 0) > 0)
			;
		_exit(0);
	}
	close(fd);
}

/* Returns false if this process may not make a mount namespace. */
static bool
make_machine(void)
{
	const struct shmcache_params params = {
	    .window_s = 900, .ipv6_prefix = 64};

	if (unshare(CLONE_NEWNS) == -1 || setegid(OWNER_UID) == -1 ||
	    setegid(0) == -1)
		return false;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", DEV, "tmpfs", 0, "mode=755") == -1)
		err(1, "mount");
	make_passwd();
	make_services();
	start_syslog();
	errno =
	    -shmcache_create(TABLE, &params, 13, OWNER_UID, OWNER_UID, 0664);
	if (errno != 0)
		err(1, TABLE);
	return true;
}

/* ---- a login --------------------------------------------------------------- */

static int
converse(int n, const struct pam_message **messages,
    struct pam_response **responses, void *arg)
{
	(void)n;
	(void)messages;
	(void)responses;
	(void)arg;
	return PAM_CONV_ERR;
}

static void
login(const char *service, const char *rhost)
{
	const struct pam_conv conv = {converse, NULL};
	pam_handle_t *pamh = NULL;

	if (pam_start_confdir(service, "joe", &conv, DEV, &pamh) !=
		PAM_SUCCESS ||
	    pam_set_item(pamh, PAM_RHOST, rhost) != PAM_SUCCESS ||
	    pam_authenticate(pamh, 0) != PAM_SUCCESS ||
	    pam_acct_mgmt(pamh, 0) != PAM_SUCCESS ||
	    pam_open_session(pamh, 0) != PAM_SUCCESS ||
	    pam_close_session(pamh, 0) != PAM_SUCCESS ||
	    pam_end(pamh, PAM_SUCCESS) != PAM_SUCCESS)
		errx(1, "the login under '%s' failed", service);
}

static void *
hold_module(void)
{
	void *module = dlopen(getenv("POPAUTH_MODULE"), RTLD_NOW);

	if (module == NULL)
		errx(1, "%s", dlerror());
	return module;
}

static bool
is_granted(const char *text)
{
	struct shmcache_grant grant;
	struct shmcache *cache;
	struct addr addr;
	bool granted;

	if (addr_parse(text, &addr) != 0 ||
	    shmcache_open(TABLE, SHMCACHE_READ, &cache) != 0)
		errx(1, TABLE);
	granted = shmcache_lookup(cache, &addr, "joe", &grant) == 0;
	shmcache_close(cache);
	return granted;
}

/* ---- system calls ---------------------------------------------------------- */

/* No login makes this call, so it separates the logins of the child. */
#define MARK SYS_getpriority

static void
mark(void)
{
	syscall(MARK, 0, 0);
}

/* One login of each kind between two marks; the very first is not counted: it
 * opens the syslog. */
static void
be_counted(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
		err(1, "ptrace");
	raise(SIGSTOP);
	for (unsigned i = 0; i < 2; i++)
		for (unsigned kind = 0; kind < N_KINDS; kind++) {
			void *module = kind == RESIDENT ? hold_module() : NULL;

			mark();
			login(services[kind], "203.0.113.9");
			mark();
			if (module != NULL)
				dlclose(module);
		}
	_exit(0);
}

/* Adds the child's next stop; returns false when it has ended. */
static bool
step(pid_t pid, unsigned *n_marks, unsigned *n_calls)
{
	struct __ptrace_syscall_info info;
	int status;

	if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == -1 ||
	    waitpid(pid, &status, 0) != pid)
		err(1, "ptrace");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return false;
	if (!WIFSTOPPED(status))
		errx(1, "the counted process ended with status %d", status);
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) == -1)
		err(1, "ptrace");
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return true;
	if (info.entry.nr == MARK)
		(*n_marks)++;
	else if (*n_marks % 2 == 1)
		n_calls[*n_marks / 2 % N_KINDS]++;
	if (*n_marks == 2 * N_KINDS && info.entry.nr == MARK)
		memset(n_calls, 0, N_KINDS * sizeof(*n_calls));
	return true;
}

static void
count_calls(unsigned n_calls[N_KINDS])
{
	const pid_t pid = fork();
	unsigned n_marks = 0;

	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		be_counted();
	if (waitpid(pid, NULL, 0) != pid ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == -1)
		err(1, "ptrace");
	while (step(pid, &n_marks, n_calls))
		;
	if (n_marks != 4 * N_KINDS)
		errx(1, "%u marks instead of %d", n_marks, 4 * N_KINDS);
}

/* ---- time ------------------------------------------------------------------ */

static double
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
quantile(double *sorted, unsigned n, unsigned percent)
{
	return sorted[(size_t)n * percent / 100];
}

/* took[kind][i]: of the i-th login; a different client each time. */
static void
time_logins(unsigned n, double *took[N_KINDS])
{
	char rhost[ADDR_TEXT_BYTES];

	for (unsigned i = 0; i < n; i++) {
		snprintf(rhost, sizeof(rhost), "198.18.%u.%u", i / 250 % 250,
		    i % 250);
		for (unsigned kind = 0; kind < N_KINDS; kind++) {
			void *module = kind == RESIDENT ? hold_module() : NULL;
			const double began = now_us();

			login(services[kind], rhost);
			took[kind][i] = now_us() - began;
			if (module != NULL)
				dlclose(module);
		}
	}
}

/* ---- the program ----------------------------------------------------------- */

static int
report_count(const unsigned n_calls[N_KINDS])
{
	const unsigned hooks = n_calls[RESIDENT] - n_calls[WITHOUT];

	printf("1..1\n# %u in its hooks, %u with loading and unloading\n",
	    hooks, n_calls[WITH] - n_calls[WITHOUT]);
	printf("%sok 1 - login: the hooks make at most %d system calls\n",
	    hooks <= MAX_CALLS ? "" : "not ", MAX_CALLS);
	return hooks <= MAX_CALLS ? 0 : 1;
}

static void
row(const char *title, double *us, unsigned n, unsigned calls)
{
	qsort(us, n, sizeof(*us), compare);
	printf("  %-34s %8.1f %8.1f %8.1f %8u\n", title, quantile(us, n, 50),
	    quantile(us, n, 10), quantile(us, n, 90), calls);
}

static void
report_times(unsigned n, const unsigned n_calls[N_KINDS])
{
	double *took[N_KINDS], *with = calloc(n, sizeof(double)),
			       *hooks = calloc(n, sizeof(double));

	for (unsigned kind = 0; kind < N_KINDS; kind++)
		took[kind] = calloc(n, sizeof(double));
	time_logins(n, took);
	for (unsigned i = 0; i < n; i++) {
		with[i] = took[WITH][i] - took[WITHOUT][i];
		hooks[i] = took[RESIDENT][i] - took[WITHOUT][i];
	}
	printf("\nA POP login under PAM, %u of each kind; microseconds, system "
	       "calls\n  %-34s %8s %8s %8s %8s\n",
	    n, "", "median", "10 %", "90 %", "calls");
	row("a login without the module", took[WITHOUT], n, n_calls[WITHOUT]);
	row("a login with it", took[WITH], n, n_calls[WITH]);
	row("the module, loaded and unloaded", with, n,
	    n_calls[WITH] - n_calls[WITHOUT]);
	row("its hooks alone", hooks, n, n_calls[RESIDENT] - n_calls[WITHOUT]);
	printf("  wanted: its hooks at most %d us, %d system calls\n", MAX_US,
	    MAX_CALLS);
	for (unsigned kind = 0; kind < N_KINDS; kind++)
		free(took[kind]);
	free(with);
	free(hooks);
}

int
main(int argc, char **argv)
{
	unsigned n_calls[N_KINDS] = {0}, n = LOGINS;
	bool counts_only = false;
	int c;

	while ((c = getopt(argc, argv, "cn:")) != -1) {
		if (c == 'c')
			counts_only = true;
		else if (c != 'n' || (n = (unsigned)atoi(optarg)) == 0)
			errx(2, "usage: login [-c] [-n LOGINS]");
	}
	if (getenv("POPAUTH_MODULE") == NULL)
		errx(2, "POPAUTH_MODULE is unset");
	if (!make_machine()) {
		puts("1..0 # SKIP only the machine's root can make a machine");
		return 0;
	}
	login(services[WITH], "203.0.113.9");
	if (!is_granted("203.0.113.9"))
		errx(1, "the login was not recorded");
	count_calls(n_calls);
	if (counts_only)
		return report_count(n_calls);
	report_times(n, n_calls);
	return 0;
}
