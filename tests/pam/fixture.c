/* SPDX-License-Identifier: ISC */
#include "tests/pam/fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* ---- the log ------------------------------------------------------------- */

bool log_is_real;

static char logged[32768];
static pthread_mutex_t logged_lock = PTHREAD_MUTEX_INITIALIZER;

/* pam_popauth/log.c calls it. */
bool pam_popauth_log(const pam_handle_t *pamh, int priority, const char *line);

static const char *
severity(int priority)
{
	switch (priority) {
	case LOG_DEBUG:
		return "debug";
	case LOG_INFO:
		return "info";
	case LOG_WARNING:
		return "warning";
	}
	return "other";
}

__attribute__((visibility("default"))) bool
pam_popauth_log(const pam_handle_t *pamh, int priority, const char *line)
{
	size_t len;

	(void)pamh;
	if (log_is_real)
		return false;
	pthread_mutex_lock(&logged_lock);
	len = strlen(logged);
	snprintf(logged + len, sizeof(logged) - len, "%s %s\n",
	    severity(priority), line);
	pthread_mutex_unlock(&logged_lock);
	return true;
}

void
log_clear(void)
{
	logged[0] = '\0';
}

bool
logged_is(const char *lines)
{
	return strcmp(logged, lines) == 0;
}

bool
logged_has(const char *text)
{
	return strstr(logged, text) != NULL;
}

void
assert_logged(const char *lines)
{
	cr_assert_str_eq(logged, lines);
}

/* ---- a directory with a service file and a table ------------------------- */

char fixture_table[64];

static char dir[] = "/tmp/popauth-pam.XXXXXX";
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

void
fixture_setup(void)
{
	const struct shmcache_params params = {
	    .window_s = 900, .ipv6_prefix = 64};

	cr_assert(ne(ptr, mkdtemp(dir), NULL));
	snprintf(fixture_table, sizeof(fixture_table), "%s/grants", dir);
	snprintf(service_file, sizeof(service_file), "%s/pop3", dir);
	snprintf(other_file, sizeof(other_file), "%s/other", dir);
	fclose(fopen(other_file, "w"));
	cr_assert(eq(int,
	    shmcache_create(
		fixture_table, &params, 10, geteuid(), getegid(), 0600),
	    0));
}

void
fixture_teardown(void)
{
	unlink(fixture_table);
	unlink(service_file);
	unlink(other_file);
	rmdir(dir);
}

/* ---- one login ----------------------------------------------------------- */

static void
write_service(const char *lines)
{
	FILE *file = fopen(service_file, "w");
	const char *mark;

	cr_assert(ne(ptr, file, NULL));
	while ((mark = strstr(lines, "%M")) != NULL) {
		fprintf(file, "%.*s%s table=%s", (int)(mark - lines), lines,
		    getenv("POPAUTH_MODULE"), fixture_table);
		lines = mark + 2;
	}
	fprintf(file, "%s\n", lines);
	fclose(file);
}

pam_handle_t *
start_again(const char *rhost)
{
	pam_handle_t *pamh = NULL;

	cr_assert(eq(int, pam_start_confdir("pop3", "joe", &conv, dir, &pamh),
	    PAM_SUCCESS));
	if (rhost != NULL)
		cr_assert(
		    eq(int, pam_set_item(pamh, PAM_RHOST, rhost), PAM_SUCCESS));
	return pamh;
}

pam_handle_t *
start(const char *lines, const char *rhost)
{
	write_service(lines);
	return start_again(rhost);
}

int
login(pam_handle_t *pamh)
{
	int result;

	result = pam_authenticate(pamh, 0);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(pamh, 0);
	if (result == PAM_SUCCESS)
		result = pam_open_session(pamh, 0);
	if (result == PAM_SUCCESS)
		result = pam_close_session(pamh, 0);
	pam_end(pamh, result);
	return result;
}

void
session(const char *options, const char *rhost)
{
	char line[1024];
	pam_handle_t *pamh;

	snprintf(line, sizeof(line), "session optional %%M %s", options);
	pamh = start(line, rhost);
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

/* ---- the table ----------------------------------------------------------- */

bool
is_granted(const char *addr_text, const char *user)
{
	struct shmcache *cache = NULL;
	struct shmcache_grant got;
	struct addr addr;
	int error;

	cr_assert(eq(int, addr_parse(addr_text, &addr), 0));
	cr_assert(
	    eq(int, shmcache_open(fixture_table, SHMCACHE_READ, &cache), 0));
	error = shmcache_lookup(cache, &addr, user, &got);
	shmcache_close(cache);
	cr_assert(error == 0 || error == SHMCACHE_NO_GRANT, "%s",
	    shmcache_strerror(error));
	return error == 0;
}

size_t
count_grants(void)
{
	struct shmcache *cache = NULL;
	struct shmcache_status status;

	cr_assert(
	    eq(int, shmcache_open(fixture_table, SHMCACHE_READ, &cache), 0));
	cr_assert(eq(int, shmcache_status(cache, &status), 0));
	shmcache_close(cache);
	return status.n_live - status.n_live_addrs;
}

/* ---- sockets ------------------------------------------------------------- */

void
network_setup(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		cr_skip_test("no network namespace without root");
	cr_assert(eq(int,
	    system("ip link set lo up && "
		   "ip address add " CLIENT "/32 dev lo && "
		   "ip address add " CLIENT2 "/32 dev lo && "
		   "ip address add " CLIENT6 "/128 dev lo nodad"),
	    0));
	/* The kernel's own thread adds the route of an IPv6 address. */
	cr_assert(eq(int,
	    system("timeout 10 sh -c 'until ip -6 route show table local | "
		   "grep -q " CLIENT6 "; do :; done'"),
	    0));
}

static socklen_t
sockaddr_of(int family, const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	char mapped[ADDR_TEXT_BYTES + 7];

	memset(out, 0, sizeof(*out));
	if (family == AF_INET) {
		cr_assert(eq(int, inet_pton(AF_INET, text, &in.sin_addr), 1));
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	snprintf(mapped, sizeof(mapped), "%s%s",
	    strchr(text, ':') == NULL ? "::ffff:" : "", text);
	cr_assert(eq(int, inet_pton(AF_INET6, mapped, &in6.sin6_addr), 1));
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

struct connection
connect_from(int family, const char *client)
{
	struct connection made;
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_of(family, client, &sa);
	const int listener = socket(family, SOCK_STREAM, 0);

	/* The network's addresses are all one's own: a socket that is
	 * connected to one of them has it as its source, too. */
	cr_assert(eq(int, bind(listener, (struct sockaddr *)&sa, len), 0), "%s",
	    strerror(errno));
	cr_assert(eq(int, listen(listener, 1), 0));
	cr_assert(
	    eq(int, getsockname(listener, (struct sockaddr *)&sa, &len), 0));
	made.client = socket(family, SOCK_STREAM, 0);
	cr_assert(eq(int, connect(made.client, (struct sockaddr *)&sa, len), 0),
	    "%s", strerror(errno));
	made.server = accept(listener, NULL, NULL);
	cr_assert(ge(int, made.server, 0));
	close(listener);
	return made;
}

void
onto_stdin(struct connection *connection)
{
	cr_assert(eq(int, dup2(connection->server, 0), 0));
	close(connection->server);
	connection->server = 0;
}

void
no_stdin(void)
{
	const int fd = open("/dev/null", O_RDWR);

	cr_assert(eq(int, dup2(fd, 0), 0));
	if (fd != 0)
		close(fd);
}
