/* SPDX-License-Identifier: ISC */
/*
 * Where the module takes the client's address from: the sources of from=, each
 * with the real thing it looks at.
 */
#include "tests/pam/fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(pam_address, .init = fixture_setup, .fini = fixture_teardown);

#define GRANT(client, from)                                                    \
	"info grant client=" client                                            \
	" user=joe service=pop3 hook=session from=" from "\n"

/* The line of a login without an address; why: without its final advice. */
static void
assert_unknown(const char *client, const char *why)
{
	char want[512];

	snprintf(want, sizeof(want),
	    "warning no-grant %suser=joe service=pop3 hook=session "
	    "from=unknown reason=\"no client address: %s; see from= in "
	    "pam_popauth(8)\"\n",
	    client, why);
	assert_logged(want);
	cr_assert(eq(sz, count_grants(), 0));
}

/* ---- rhost --------------------------------------------------------------- */

Test(pam_address, a_numeric_pam_rhost_is_granted)
{
	session("", CLIENT);
	assert_logged(GRANT(CLIENT, "rhost"));
	cr_assert(is_granted(CLIENT, "joe"));
}

Test(pam_address, a_mapped_pam_rhost_is_its_ipv4)
{
	session("", "::ffff:" CLIENT);
	assert_logged(GRANT(CLIENT, "rhost"));
	cr_assert(is_granted(CLIENT, "joe"));
}

Test(pam_address, an_ipv6_pam_rhost_is_its_prefix)
{
	session("", "2001:db8:1:2::9");
	assert_logged(GRANT("2001:db8:1:2::9", "rhost"));
	cr_assert(is_granted("2001:db8:1:2::1", "joe"));
}

#define IS_NAME                                                                \
	"PAM_RHOST is a name, and names are not resolved; fd 0 is not a "      \
	"connected inet socket"

Test(pam_address, a_name_is_never_resolved)
{
	no_stdin();
	session("", "localhost");
	assert_unknown("client=localhost ", IS_NAME);
}

Test(pam_address, a_zone_id_is_refused)
{
	no_stdin();
	session("", "2001:db8::1%eth0");
	assert_unknown("client=\"2001:db8::1%eth0\" ", IS_NAME);
}

Test(pam_address, a_bracket_or_a_port_is_refused)
{
	no_stdin();
	session("", "[2001:db8::1]:110");
	assert_unknown("client=[2001:db8::1]:110 ", IS_NAME);
}

Test(pam_address, an_empty_pam_rhost_is_no_address)
{
	no_stdin();
	session("", "");
	assert_unknown("client=\"\" ", IS_NAME);
}

Test(pam_address, a_forged_line_stays_inside_its_quotes)
{
	no_stdin();
	session("", "x\ngrant client=1.2.3.4");
	assert_unknown("client=\"x\\x0agrant client=1.2.3.4\" ", IS_NAME);
}

Test(pam_address, without_rhost_in_from_pam_rhost_is_not_believed)
{
	no_stdin();
	session("from=fd0", CLIENT);
	assert_unknown(
	    "client=" CLIENT " ", "fd 0 is not a connected inet socket");
}

/* ---- fd0 ----------------------------------------------------------------- */

Test(pam_address, the_peer_of_fd_0_serves_where_pam_rhost_is_unset)
{
	network_setup();
	struct connection connection = connect_from(AF_INET, CLIENT);

	onto_stdin(&connection);
	session("", NULL);
	assert_logged(GRANT(CLIENT, "fd0"));
	cr_assert(is_granted(CLIENT, "joe"));
}

Test(pam_address, the_peer_of_fd_0_serves_where_pam_rhost_is_a_name)
{
	network_setup();
	struct connection connection = connect_from(AF_INET, CLIENT);

	onto_stdin(&connection);
	session("", "client.example.org");
	assert_logged(GRANT(CLIENT, "fd0"));
}

Test(pam_address, a_mapped_peer_of_fd_0_is_its_ipv4)
{
	network_setup();
	struct connection connection = connect_from(AF_INET6, CLIENT);

	onto_stdin(&connection);
	session("", NULL);
	assert_logged(GRANT(CLIENT, "fd0"));
}

Test(pam_address, an_ipv6_peer_of_fd_0_is_granted)
{
	network_setup();
	struct connection connection = connect_from(AF_INET6, CLIENT6);

	onto_stdin(&connection);
	session("", NULL);
	assert_logged(GRANT(CLIENT6, "fd0"));
}

Test(pam_address, pam_rhost_comes_before_fd_0)
{
	network_setup();
	struct connection connection = connect_from(AF_INET, CLIENT);

	onto_stdin(&connection);
	session("from=fd0,rhost", CLIENT2);
	assert_logged(GRANT(CLIENT2, "rhost"));
}

Test(pam_address, without_fd0_in_from_fd_0_is_not_asked)
{
	network_setup();
	struct connection connection = connect_from(AF_INET, CLIENT);

	onto_stdin(&connection);
	session("from=rhost", NULL);
	assert_unknown("", "PAM_RHOST is unset");
}

Test(pam_address, without_any_address_nothing_is_granted)
{
	no_stdin();
	session("", NULL);
	assert_unknown(
	    "", "PAM_RHOST is unset; fd 0 is not a connected inet socket");
}

/* ---- a client that is gone before its password is checked ---------------- */

static const struct linger reset_at_close = {.l_onoff = 1, .l_linger = 0};

static void
reset(const struct connection *connection)
{
	cr_assert(eq(int,
	    setsockopt(connection->client, SOL_SOCKET, SO_LINGER,
		&reset_at_close, sizeof(reset_at_close)),
	    0));
	close(connection->client);
}

Test(pam_address, a_client_that_resets_early_is_recorded_rightly)
{
	network_setup();
	struct connection connection = connect_from(AF_INET, CLIENT);
	pam_handle_t *pamh = start("auth optional %M\n"
				   "auth required pam_permit.so\n"
				   "account required pam_permit.so\n"
				   "account optional %M",
	    NULL);

	onto_stdin(&connection);
	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	reset(&connection);
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged("info grant client=" CLIENT
		      " user=joe service=pop3 hook=account from=fd0\n");
}

Test(pam_address, what_was_remembered_counts_only_if_from_has_its_source)
{
	network_setup();
	struct connection connection = connect_from(AF_INET, CLIENT);
	pam_handle_t *pamh = start("auth optional %M\n"
				   "auth required pam_permit.so\n"
				   "session optional %M from=rhost",
	    NULL);

	onto_stdin(&connection);
	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_unknown("", "PAM_RHOST is unset");
}

Test(pam_address, a_second_login_on_the_handle_forgets_the_first_ones_client)
{
	network_setup();
	struct connection connection = connect_from(AF_INET, CLIENT);
	pam_handle_t *pamh = start("auth optional %M\n"
				   "auth required pam_permit.so\n"
				   "session optional %M",
	    NULL);

	onto_stdin(&connection);
	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	no_stdin();
	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_unknown(
	    "", "PAM_RHOST is unset; fd 0 is not a connected inet socket");
}

/* ---- the environment ----------------------------------------------------- */

Test(pam_address, a_wrapper_that_starts_the_server_names_the_client)
{
	network_setup();
	struct connection connection = connect_from(AF_INET, CLIENT2);

	onto_stdin(&connection); /* the wrapper's own */
	setenv("REMOTE_HOST", "::ffff:" CLIENT, 1);
	session("from=env,fd0", NULL);
	assert_logged("info grant client=" CLIENT
		      " user=joe service=pop3 hook=session from=env\n");
}

Test(pam_address, without_env_in_from_the_environment_is_not_believed)
{
	no_stdin();
	setenv("REMOTE_HOST", CLIENT, 1);
	session("", NULL);
	assert_unknown(
	    "", "PAM_RHOST is unset; fd 0 is not a connected inet socket");
}

Test(pam_address, a_name_in_the_environment_is_no_address)
{
	setenv("REMOTE_HOST", "client.example.org", 1);
	session("from=env", NULL);
	assert_unknown("", "REMOTE_HOST is no numeric address");
	log_clear();
	unsetenv("REMOTE_HOST");
	session("from=env", NULL);
	assert_unknown("", "REMOTE_HOST is not in the environment");
}

/* ---- socket -------------------------------------------------------------- */

Test(pam_address, a_forked_daemon_has_its_client_on_its_only_inet_socket)
{
	network_setup();
	no_stdin();
	const struct connection connection = connect_from(AF_INET, CLIENT);

	close(connection.client);
	session("from=rhost,fd0,socket", NULL);
	assert_logged(GRANT(CLIENT, "socket"));
}

Test(pam_address, two_sockets_of_one_client_are_one_client)
{
	network_setup();
	no_stdin();
	connect_from(AF_INET, CLIENT);
	connect_from(AF_INET6, CLIENT);
	session("from=socket", NULL);
	assert_logged(GRANT(CLIENT, "socket"));
}

Test(pam_address, sockets_of_two_clients_are_none)
{
	network_setup();
	no_stdin();
	connect_from(AF_INET, CLIENT);
	connect_from(AF_INET, CLIENT2);
	session("from=socket", NULL);
	assert_unknown("", "the process is connected to several addresses");
}

Test(pam_address, listening_and_datagram_sockets_are_no_clients)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};

	network_setup();
	no_stdin();
	sa.sin_addr.s_addr = htonl(0xcb007109); /* CLIENT */
	sa.sin_port = htons(53);
	const int datagram = socket(AF_INET, SOCK_DGRAM, 0);
	const int listener = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert(
	    eq(int, connect(datagram, (struct sockaddr *)&sa, sizeof(sa)), 0));
	cr_assert(eq(int, listen(listener, 1), 0));
	session("from=socket", NULL);
	assert_unknown("", "the process has no connected inet socket");
}

Test(pam_address, a_process_of_very_many_descriptors_is_not_looked_through)
{
	const struct rlimit limit = {2048, 2048};

	network_setup();
	no_stdin();
	connect_from(AF_INET, CLIENT);
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &limit), 0));
	for (unsigned i = 0; i < 1024; i++)
		cr_assert(ge(int, fcntl(0, F_DUPFD, 3), 0));
	session("from=socket", NULL);
	assert_unknown("", "the process has more than 1024 descriptors");
}

Test(pam_address, the_socket_is_not_asked_unless_from_has_it)
{
	network_setup();
	no_stdin();
	connect_from(AF_INET, CLIENT);
	session("", NULL);
	assert_unknown(
	    "", "PAM_RHOST is unset; fd 0 is not a connected inet socket");
}

/* ---- unix: a POP server that asks a service over a unix socket ----------- */

static char listen_path[80];

static int
unix_socket(struct sockaddr_un *sa)
{
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(listen_path, sizeof(listen_path), "%s.mux", fixture_table);
	memcpy(sa->sun_path, listen_path, sizeof(listen_path));
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
unix_listen(void)
{
	struct sockaddr_un sa;
	const int listener = unix_socket(&sa);

	cr_assert(
	    eq(int, bind(listener, (struct sockaddr *)&sa, sizeof(sa)), 0));
	cr_assert(eq(int, listen(listener, 4), 0));
	return listener;
}

/* The program that plays the POP server: any that stays. */
#define POP_SERVER "/usr/bin/sleep"

struct asking {
	struct connection *connection; /* fd 0; NULL: /dev/null */
	bool hangs_up;                 /* before the answer */
	int listener; /* not 0: it listens there and asks no one */
};

static bool
ask(const struct asking *how)
{
	struct sockaddr_un sa;
	int fd;

	if (how->listener != 0)
		return listen(how->listener, 1) == 0;
	fd = unix_socket(&sa);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1)
		return false;
	if (how->hangs_up)
		close(fd);
	return true;
}

/*
 * A POP server in a process of its own, with its client on fd 0, which has
 * asked and now waits for the answer.
 */
static pid_t
start_pop_server(const struct asking *how)
{
	int started[2];
	char byte;

	cr_assert(eq(int, pipe2(started, O_CLOEXEC), 0));
	const pid_t pid = fork();

	cr_assert(ge(int, pid, 0));
	if (pid == 0) {
		if (how->connection != NULL)
			onto_stdin(how->connection);
		else
			no_stdin();
		if (ask(how))
			execl(POP_SERVER, "pop3d", "60", (char *)NULL);
		_exit(1);
	}
	close(started[1]);
	cr_assert(eq(long, read(started[0], &byte, 1), 0));
	close(started[0]);
	if (how->connection != NULL) {
		close(how->connection->server);
		close(how->connection->client);
	}
	return pid;
}

static pid_t
pop_server(struct connection *connection)
{
	return start_pop_server(&(struct asking){.connection = connection});
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	cr_assert(eq(int, waitpid(pid, NULL, 0), pid));
}

/* A session in the service, which has accepted all n askers. */
static void
session_of_service(int listener, unsigned n, const char *exe)
{
	char options[512];

	for (unsigned i = 0; i < n; i++)
		cr_assert(ge(int, accept(listener, NULL, NULL), 0));
	snprintf(options, sizeof(options), "from=unix from_exe=%s", exe);
	session(options, NULL);
	unlink(listen_path);
}

Test(pam_address, the_client_of_the_program_that_asked_is_granted)
{
	network_setup();
	no_stdin();
	struct connection connection = connect_from(AF_INET, CLIENT);
	const int listener = unix_listen();
	const pid_t pid = pop_server(&connection);

	session_of_service(listener, 1, POP_SERVER);
	end(pid);
	assert_logged(GRANT(CLIENT, "unix"));
}

Test(pam_address, a_link_to_the_program_that_asked_is_the_program)
{
	char link[96], list[160];

	network_setup();
	no_stdin();
	struct connection connection = connect_from(AF_INET6, CLIENT);
	const int listener = unix_listen();
	const pid_t pid = pop_server(&connection);

	snprintf(link, sizeof(link), "%s.link", fixture_table);
	snprintf(list, sizeof(list), "/nonexistent,%s", link);
	cr_assert(eq(int, symlink(POP_SERVER, link), 0));
	session_of_service(listener, 1, list);
	unlink(link);
	end(pid);
	assert_logged(GRANT(CLIENT, "unix"));
}

#define NOT_LISTED "no program of from_exe= is asking over a unix socket"

Test(pam_address, a_program_that_is_not_listed_is_not_asked)
{
	network_setup();
	no_stdin();
	struct connection connection = connect_from(AF_INET, CLIENT);
	const int listener = unix_listen();
	const pid_t pid = pop_server(&connection);

	session_of_service(listener, 1, "/bin/true");
	end(pid);
	assert_unknown("", NOT_LISTED);
}

/* A listening socket has the credentials of who listens. */
Test(pam_address, a_listening_unix_socket_asks_nothing)
{
	struct sockaddr_un sa;

	network_setup();
	no_stdin();
	struct connection connection = connect_from(AF_INET, CLIENT);
	const int listener = unix_socket(&sa);
	const struct asking listens = {
	    .connection = &connection, .listener = listener};

	cr_assert(
	    eq(int, bind(listener, (struct sockaddr *)&sa, sizeof(sa)), 0));
	const pid_t pid = start_pop_server(&listens);

	session_of_service(listener, 0, POP_SERVER);
	end(pid);
	assert_unknown("", NOT_LISTED);
}

Test(pam_address, two_programs_that_ask_are_none)
{
	network_setup();
	no_stdin();
	struct connection connection = connect_from(AF_INET, CLIENT);
	struct connection other = connect_from(AF_INET, CLIENT2);
	const int listener = unix_listen();
	const pid_t pid = pop_server(&connection);
	const pid_t other_pid = pop_server(&other);

	session_of_service(listener, 2, POP_SERVER);
	end(pid);
	end(other_pid);
	assert_unknown("", "several programs of from_exe= are asking");
}

Test(pam_address, a_program_without_a_client_on_fd_0_is_none)
{
	no_stdin();
	const int listener = unix_listen();
	const pid_t pid = pop_server(NULL);

	session_of_service(listener, 1, POP_SERVER);
	end(pid);
	assert_unknown("",
	    "fd 0 of the program that asked is not a connected inet socket");
}

Test(pam_address, a_program_that_is_gone_is_none)
{
	no_stdin();
	const int listener = unix_listen();

	end(pop_server(NULL));
	session_of_service(listener, 1, POP_SERVER);
	assert_unknown("", NOT_LISTED);
}

/* Its pid could be another process's by now. */
Test(pam_address, a_program_that_hung_up_is_none)
{
	network_setup();
	no_stdin();
	struct connection connection = connect_from(AF_INET, CLIENT);
	const int listener = unix_listen();
	const pid_t pid = start_pop_server(
	    &(struct asking){.connection = &connection, .hangs_up = true});

	session_of_service(listener, 1, POP_SERVER);
	end(pid);
	assert_unknown("", "the program that asked is gone");
}
