/* SPDX-License-Identifier: ISC */
/*
 * The module under the real libpam, without touching the system: a service
 * file in a private directory (pam_start_confdir(3)), a table in a temporary
 * file, and a pam_syslog() of our own (this program is linked -rdynamic) that
 * keeps the lines.
 *
 * POPAUTH_MODULE names the module that was built.
 */
#include "shmcache/shmcache.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <security/pam_appl.h>
#include <security/pam_modules.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENT "203.0.113.9"

/* ---- what the module logs ---------------------------------------------- */

static char logged[4096];
static unsigned n_logged;

void pam_syslog(const pam_handle_t *pamh, int priority, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), visibility("default")));

void
pam_syslog(const pam_handle_t *pamh, int priority, const char *fmt, ...)
{
	const size_t len = strlen(logged);
	va_list ap;

	(void)pamh;
	(void)priority;
	va_start(ap, fmt);
	vsnprintf(logged + len, sizeof(logged) - len, fmt, ap);
	va_end(ap);
	strncat(logged, "\n", sizeof(logged) - strlen(logged) - 1);
	n_logged++;
}

static void
assert_logged(const char *line)
{
	cr_assert_str_eq(logged, line);
}

/* ---- a directory with a service file and a table ------------------------ */

static char dir[] = "/tmp/popauth-pam.XXXXXX";
static char table[64];
static char service_file[64];
static char other_file[64]; /* libpam complains where there is none */

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

static const struct pam_conv conv = {converse, NULL};

static void
setup(void)
{
	const struct shmcache_params params = {
	    .window_s = 900, .ipv6_prefix = 64};

	cr_assert(ne(ptr, mkdtemp(dir), NULL));
	snprintf(table, sizeof(table), "%s/grants", dir);
	snprintf(service_file, sizeof(service_file), "%s/pop3", dir);
	snprintf(other_file, sizeof(other_file), "%s/other", dir);
	fclose(fopen(other_file, "w"));
	cr_assert(eq(int,
	    shmcache_create(table, &params, 10, geteuid(), getegid(), 0600),
	    0));
}

static void
teardown(void)
{
	unlink(table);
	unlink(service_file);
	unlink(other_file);
	rmdir(dir);
}

TestSuite(pam_popauth, .init = setup, .fini = teardown);

/* One line of a service file; %M stands for the module with its table. */
static void
service_line(FILE *file, const char *line)
{
	const char *mark = strstr(line, "%M");

	if (mark == NULL)
		fprintf(file, "%s\n", line);
	else
		fprintf(file, "%.*s%s table=%s%s\n", (int)(mark - line), line,
		    getenv("POPAUTH_MODULE"), table, mark + 2);
}

static pam_handle_t *
start(const char *line1, const char *line2, const char *rhost)
{
	pam_handle_t *pamh = NULL;
	FILE *file = fopen(service_file, "w");

	cr_assert(ne(ptr, file, NULL));
	service_line(file, line1);
	if (line2 != NULL)
		service_line(file, line2);
	fclose(file);
	cr_assert(eq(int, pam_start_confdir("pop3", "joe", &conv, dir, &pamh),
	    PAM_SUCCESS));
	if (rhost != NULL)
		cr_assert(
		    eq(int, pam_set_item(pamh, PAM_RHOST, rhost), PAM_SUCCESS));
	return pamh;
}

static int
lookup(const char *addr_text, const char *user)
{
	struct shmcache *cache = NULL;
	struct shmcache_grant got;
	struct addr addr;
	int error;

	cr_assert(eq(int, addr_parse(addr_text, &addr), 0));
	cr_assert(eq(int, shmcache_open(table, SHMCACHE_READ, &cache), 0));
	error = shmcache_lookup(cache, &addr, user, &got);
	shmcache_close(cache);
	return error;
}

/* ---- who records, who does not ------------------------------------------ */

Test(pam_popauth, account_records_after_the_line_before_it)
{
	pam_handle_t *pamh = start(
	    "account required pam_permit.so", "account required %M", CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(int, lookup(CLIENT, "joe"), 0));
	cr_assert(eq(int, lookup(CLIENT, NULL), 0));
	assert_logged("grant client=" CLIENT
		      " user=joe service=pop3 hook=account from=rhost\n");
}

Test(pam_popauth, session_records_alone_in_its_stack)
{
	pam_handle_t *pamh = start("session optional %M", NULL, CLIENT);

	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_close_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(int, lookup(CLIENT, "joe"), 0));
	assert_logged("grant client=" CLIENT
		      " user=joe service=pop3 hook=session from=rhost\n");
}

Test(pam_popauth, both_hooks_make_one_grant_and_one_line)
{
	pam_handle_t *pamh =
	    start("account required pam_permit.so\naccount required %M",
		"session optional %M", CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(uint, n_logged, 1));
}

Test(pam_popauth, authentication_alone_grants_nothing)
{
	pam_handle_t *pamh =
	    start("auth required pam_permit.so", "auth optional %M", CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(int, lookup(CLIENT, NULL), SHMCACHE_NO_GRANT));
	cr_assert(eq(uint, n_logged, 0));
}

Test(pam_popauth, a_refused_account_that_dies_before_it_grants_nothing)
{
	pam_handle_t *pamh = start(
	    "account requisite pam_deny.so", "account required %M", CLIENT);

	cr_assert(ne(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(int, lookup(CLIENT, NULL), SHMCACHE_NO_GRANT));
}

Test(pam_popauth, account_sufficient_does_not_skip_the_checks_behind_it)
{
	pam_handle_t *pamh = start(
	    "account sufficient %M", "account required pam_deny.so", CLIENT);

	cr_assert(ne(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

/* ---- the address --------------------------------------------------------- */

static void
assert_address(const char *rhost, const char *granted)
{
	pam_handle_t *pamh = start("session optional %M", NULL, rhost);

	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(int, lookup(granted, "joe"), 0), "%s", rhost);
}

Test(pam_popauth, a_mapped_address_is_its_ipv4)
{
	assert_address("::ffff:203.0.113.9", "203.0.113.9");
}

Test(pam_popauth, an_ipv6_address_is_its_prefix)
{
	assert_address("2001:db8:1:2::9", "2001:db8:1:2::1");
}

static void
assert_not_granted(const char *rhost, const char *want_log)
{
	pam_handle_t *pamh = start("session optional %M", NULL, rhost);
	struct shmcache *cache = NULL;
	struct shmcache_status status;

	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(int, shmcache_open(table, SHMCACHE_READ, &cache), 0));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	cr_assert(eq(u64, status.n_live, 0));
	shmcache_close(cache);
	assert_logged(want_log);
}

#define NO_NAME                                                                \
	" user=joe service=pop3 hook=session from=unknown "                    \
	"reason=\"no client address: PAM_RHOST is a name, and names are not "  \
	"resolved\"\n"

Test(pam_popauth, a_name_is_never_resolved)
{
	assert_not_granted("localhost", "no-grant client=localhost" NO_NAME);
}

Test(pam_popauth, a_zone_id_is_refused)
{
	assert_not_granted(
	    "fe80::1%eth0", "no-grant client=\"fe80::1%eth0\"" NO_NAME);
}

Test(pam_popauth, a_forged_line_stays_inside_its_quotes)
{
	assert_not_granted("x\ngrant client=1.2.3.4",
	    "no-grant client=\"x\\x0agrant client=1.2.3.4\"" NO_NAME);
}

Test(pam_popauth, without_any_address_nothing_is_granted)
{
	close(0);
	cr_assert(eq(int, open("/dev/null", O_RDONLY), 0));
	assert_not_granted(NULL,
	    "no-grant user=joe service=pop3 hook=session from=unknown "
	    "reason=\"no client address: PAM_RHOST is unset and fd 0 is no "
	    "connected socket\"\n");
}

Test(pam_popauth, loopback_is_never_granted_and_not_worth_a_line)
{
	assert_not_granted("127.0.0.1", "");
}

/* A TCP connection from CLIENT on fd 0, in a network of this process's own. */
static int
connect_stdin(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t len = sizeof(sa);
	int listener, client, server;

	if (unshare(CLONE_NEWNET) == -1)
		return -1;
	cr_assert(eq(int,
	    system("ip link set lo up && ip address add " CLIENT "/32 dev lo"),
	    0));
	cr_assert(eq(int, inet_pton(AF_INET, CLIENT, &sa.sin_addr), 1));
	listener = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert(eq(int, bind(listener, (struct sockaddr *)&sa, len), 0));
	cr_assert(eq(int, listen(listener, 1), 0));
	cr_assert(
	    eq(int, getsockname(listener, (struct sockaddr *)&sa, &len), 0));
	client = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert(eq(int, connect(client, (struct sockaddr *)&sa, len), 0));
	server = accept(listener, NULL, NULL);
	cr_assert(eq(int, dup2(server, 0), 0));
	close(server);
	return client;
}

Test(pam_popauth, the_peer_of_fd_0_serves_where_pam_rhost_is_unset)
{
	if (connect_stdin() == -1)
		cr_skip_test("no network namespace without root");
	pam_handle_t *pamh = start("session optional %M", NULL, NULL);

	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged("grant client=" CLIENT
		      " user=joe service=pop3 hook=session from=fd0\n");
}

Test(pam_popauth, a_client_that_resets_early_is_recorded_rightly)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	const int client = connect_stdin();

	if (client == -1)
		cr_skip_test("no network namespace without root");
	pam_handle_t *pamh =
	    start("auth required pam_permit.so\nauth optional %M",
		"account required pam_permit.so\naccount required %M", NULL);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(client);
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(int, lookup(CLIENT, "joe"), 0));
}

/* ---- failures never cost a login ------------------------------------------ */

static void
assert_goes_on(const char *reason)
{
	char want[512];
	pam_handle_t *pamh = start("session optional %M", NULL, CLIENT);

	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	snprintf(want, sizeof(want),
	    "no-grant client=" CLIENT " user=joe service=pop3 hook=session "
	    "from=rhost reason=\"%s\"",
	    reason);
	cr_assert(
	    eq(int, strncmp(logged, want, strlen(want)), 0), "%s", logged);
	cr_assert(eq(uint, n_logged, 1));
}

Test(pam_popauth, without_a_table_the_login_goes_on)
{
	unlink(table);
	assert_goes_on("there is no table; start popauthd");
}

Test(pam_popauth, with_a_zeroed_table_the_login_goes_on)
{
	cr_assert(eq(int, truncate(table, 0), 0));
	cr_assert(eq(int, truncate(table, 100000), 0));
	assert_goes_on("not a table; remove it and restart popauthd");
}

Test(pam_popauth, with_a_truncated_table_the_login_goes_on)
{
	cr_assert(eq(int, truncate(table, 50000), 0));
	assert_goes_on("the table is damaged; remove it and restart popauthd");
}

Test(pam_popauth, with_a_link_for_a_table_the_login_goes_on)
{
	unlink(table);
	cr_assert(eq(int, symlink("/etc/passwd", table), 0));
	assert_goes_on("the table is a symbolic link; remove it and restart "
		       "popauthd");
}

Test(pam_popauth, strict_refuses_a_login_that_was_not_recorded)
{
	pam_handle_t *pamh =
	    start("account required pam_permit.so\naccount required %M strict",
		"session required %M strict", CLIENT);

	unlink(table);
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_PERM_DENIED));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SESSION_ERR));
	pam_end(pamh, PAM_SUCCESS);
}

Test(pam_popauth, strict_lets_a_recorded_login_pass)
{
	pam_handle_t *pamh =
	    start("account required pam_permit.so\naccount required %M strict",
		"session required %M strict", CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

Test(pam_popauth, an_unknown_option_is_named_and_changes_nothing)
{
	pam_handle_t *pamh = start("session optional %M strickt", NULL, CLIENT);

	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged("option ignored: \"strickt\"; there are table=/PATH, "
		      "strict and debug\n"
		      "grant client=" CLIENT
		      " user=joe service=pop3 hook=session from=rhost\n");
}

Test(pam_popauth, debug_says_why_loopback_was_not_granted)
{
	pam_handle_t *pamh =
	    start("session optional %M debug", NULL, "127.0.0.1");

	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged("no-grant client=127.0.0.1 user=joe service=pop3 "
		      "hook=session from=rhost reason=\"the address is on the "
		      "never-grant list\"\n");
}

/* ---- the guest's manners --------------------------------------------------- */

Test(pam_popauth, the_module_exports_its_hooks_and_nothing_else)
{
	char command[256];
	char line[256];
	unsigned n = 0;
	FILE *symbols;

	snprintf(command, sizeof(command), "nm -D --defined-only %s",
	    getenv("POPAUTH_MODULE"));
	symbols = popen(command, "r");
	cr_assert(ne(ptr, symbols, NULL));
	while (fgets(line, sizeof(line), symbols) != NULL) {
		cr_assert(
		    ne(ptr, strstr(line, " T pam_sm_"), NULL), "%s", line);
		n++;
	}
	pclose(symbols);
	cr_assert(eq(uint, n, 5));
}

static unsigned
count_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

Test(pam_popauth, a_hundred_logins_leave_no_descriptor)
{
	const unsigned before = count_descriptors();

	for (unsigned i = 0; i < 100; i++) {
		pam_handle_t *pamh = start("session optional %M", NULL, CLIENT);

		cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
		pam_end(pamh, PAM_SUCCESS);
		logged[0] = '\0';
	}
	cr_assert(eq(uint, count_descriptors(), before));
}

Test(pam_popauth, it_works_in_256_megabytes_of_address_space)
{
	const struct rlimit limit = {256u << 20, 256u << 20};
	int status = -1;
	const pid_t child = fork();

	cr_assert(ge(int, child, 0));
	if (child == 0) {
		pam_handle_t *pamh = start("session optional %M", NULL, CLIENT);

		setrlimit(RLIMIT_AS, &limit);
		_exit(pam_open_session(pamh, 0) == PAM_SUCCESS ? 0 : 1);
	}
	cr_assert(eq(int, waitpid(child, &status, 0), child));
	cr_assert(eq(int, status, 0));
	cr_assert(eq(int, lookup(CLIENT, "joe"), 0));
}

Test(pam_popauth, it_works_with_fds_0_to_2_closed)
{
	int status = -1;
	const pid_t child = fork();

	cr_assert(ge(int, child, 0));
	if (child == 0) {
		pam_handle_t *pamh = start("session optional %M", NULL, CLIENT);

		close(0);
		close(1);
		close(2);
		_exit(pam_open_session(pamh, 0) == PAM_SUCCESS ? 0 : 1);
	}
	cr_assert(eq(int, waitpid(child, &status, 0), child));
	cr_assert(eq(int, status, 0));
	cr_assert(eq(int, lookup(CLIENT, "joe"), 0));
}

/* ---- the return value of each hook, asked directly -------------------------- */

typedef int hook(pam_handle_t *, int, int, const char **);

static int
call_hook(const char *name)
{
	void *module = dlopen(getenv("POPAUTH_MODULE"), RTLD_NOW);
	char option[80];
	const char *argv[] = {option};
	pam_handle_t *pamh = start("session optional %M", NULL, CLIENT);
	union {
		void *symbol;
		hook *call;
	} found;
	int result;

	snprintf(option, sizeof(option), "table=%s", table);
	cr_assert(ne(ptr, module, NULL), "%s", dlerror());
	found.symbol = dlsym(module, name);
	cr_assert(ne(ptr, found.symbol, NULL), "%s", name);
	result = found.call(pamh, 0, 1, argv);
	pam_end(pamh, PAM_SUCCESS);
	dlclose(module);
	return result;
}

Test(pam_popauth, each_hook_returns_what_its_table_says)
{
	cr_assert(eq(int, call_hook("pam_sm_authenticate"), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_setcred"), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_acct_mgmt"), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_open_session"), PAM_SUCCESS));
	cr_assert(eq(int, call_hook("pam_sm_close_session"), PAM_SUCCESS));
}
