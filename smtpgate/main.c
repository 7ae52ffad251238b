/* SPDX-License-Identifier: ISC */
/*
 * smtpgate - an SMTP front gate that asks who checked his mail.
 *
 *   phase       as root?   what
 *   ----------  ---------  ----------------------------------------------------
 *   first act   yes        fd 2, environment, core dumps, signals, descriptors
 *   options     yes        -t, -V and -h end here
 *   prepare     yes        configuration, host name, table, the peer's address
 *   sandbox     -> no      user smtpgate in an empty directory, or locked as
 *                          whoever started it; few system calls
 *   serve       no         the greeting, and the client's first byte
 *
 * Nothing a client sent is read before the sandbox, nothing is opened in it
 * but the connection to the backend.
 *
 * fd 2 is the client under inetd and xinetd, so that a message of ours or of
 * the C library would be SMTP to it.  Whether it is, fd 0 tells: a network
 * socket there is a client, and fd 2 goes before the options are looked at.
 * Anything else at fd 0 (a terminal, a pipe, the unix socket that a shell over
 * ssh may have) can be somebody who wants to read what -t says: then fd 2 goes
 * when it is clear that a client is to be served.
 */
#include "common/privilege.h"
#include "common/report.h"
#include "smtpgate/check.h"
#include "smtpgate/reply.h"
#include "smtpgate/sandbox.h"
#include "smtpgate/service.h"
#include "smtpgate/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum mode {
	MODE_SERVE = 0,
	MODE_CHECK,
	MODE_VERSION,
	MODE_HELP,
	MODE_MISUSED,
};

static const char usage[] =
    "usage: smtpgate [-c CONFIG] [-s SERVICE] [-t] [-V] [-h]\n"
    "Serves SMTP to the client on its standard input and output, as inetd,\n"
    "xinetd and systemd (Accept=yes) start it.\n"
    "  -c CONFIG  read this file, not " CONF_DEFAULT_PATH "\n"
    "  -s SERVICE smtp (the default), submission or submissions\n"
    "  -t         check the configuration and what it names, and exit\n"
    "  -V         print the version\n"
    "  -h         print this\n";

/* ---- first act ---------------------------------------------------------- */

static bool
is_network_socket(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       (domain == AF_INET || domain == AF_INET6);
}

static void
silence(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* Without /dev/null it must still not be the client. */
	if (fd < 0)
		close(STDERR_FILENO);
	else if (fd != STDERR_FILENO && dup2(fd, STDERR_FILENO) < 0)
		close(STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void
first_act(void)
{
	static const struct rlimit no_core = {0, 0};
	sigset_t none;

	/* What is opened next would become them. */
	if (fcntl(STDIN_FILENO, F_GETFD) < 0 ||
	    fcntl(STDOUT_FILENO, F_GETFD) < 0)
		_exit(EX_USAGE);
	if (is_network_socket(STDIN_FILENO) ||
	    fcntl(STDERR_FILENO, F_GETFD) < 0)
		silence();
	/* What these cannot do costs no security that the drop would not
	 * restore: no_new_privs and "not dumpable" are set there again. */
	(void)clearenv();
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- options ------------------------------------------------------------ */

static enum mode
parse_options(int argc, char **argv, const char **config_out, int *service_out)
{
	enum mode mode = MODE_SERVE;
	int option;

	*config_out = CONF_DEFAULT_PATH;
	*service_out = CONF_SERVICE_SMTP;
	while ((option = getopt(argc, argv, "c:s:tVh")) != -1) {
		switch (option) {
		case 'c':
			*config_out = optarg;
			break;
		case 's':
			*service_out = service_number(optarg);
			if (*service_out < 0)
				return MODE_MISUSED;
			break;
		case 't':
			mode = MODE_CHECK;
			break;
		case 'V':
			mode = MODE_VERSION;
			break;
		case 'h':
			mode = MODE_HELP;
			break;
		default:
			return MODE_MISUSED;
		}
	}
	return optind == argc ? mode : MODE_MISUSED;
}

/* ---- serving ------------------------------------------------------------ */

/* Tell the client to come back, and the log why. */
static int
turn_away(const char *event, const char *why, int exit_code)
{
	const struct reply_words words = {
	    .host = "", .client = "", .window = ""};
	char text[REPLY_BYTES];
	size_t len = reply_format(REPLY_CLOSING_CONFIGURATION, &words, text);

	report(REPORT_FATAL, event, "%s", why);
	/* A client that does not listen is told nothing. */
	if (write(STDOUT_FILENO, text, len) < 0)
		return exit_code;
	return exit_code;
}

static void
warn(const char *sentence, void *arg)
{
	(void)arg;
	report(REPORT_WARN, "tls", "%s", sentence);
}

static int
prepare(struct gate *gate, const char *config, int service,
    struct conf_error *mistake)
{
	int error = check_configure(gate, config, mistake);

	if (error != 0)
		return error;
	gate->service = &gate->conf.services[service];
	error =
	    service_load_tls(gate, 1U << service, false, warn, NULL, mistake);
	if (error != 0)
		return error;
	gate->table_error =
	    shmcache_open(gate->conf.table.path, SHMCACHE_PREAD, &gate->table);
	client_of_fd(STDIN_FILENO, &gate->client);
	return 0;
}

static int
serve(const char *config, int service)
{
	static struct session session;
	struct gate gate = {0};
	struct conf_error mistake;
	int error, exit_code = EX_OK;

	silence();
	report_init("smtpgate", REPORT_TO_SYSLOG);

	if (prepare(&gate, config, service, &mistake) != 0) {
		exit_code = turn_away("configuration", mistake.text, EX_CONFIG);
		goto out;
	}
	error = sandbox_enter(&gate.conf);
	if (error != 0) {
		snprintf(mistake.text, sizeof(mistake.text),
		    "cannot become user " GATE_USER " in " SANDBOX_JAIL ": %s",
		    strerror(-error));
		exit_code = turn_away("privilege", mistake.text, EX_OSERR);
		goto out;
	}
	session_run(&session, &gate, STDIN_FILENO, STDOUT_FILENO);
out:
	service_unload_tls(&gate);
	shmcache_close(gate.table);
	check_release(&gate);
	return exit_code;
}

static int
check(const char *config, int service)
{
	struct gate gate = {0};
	int exit_code = check_run(&gate, config, service, stdout, stderr);

	check_release(&gate);
	return exit_code;
}

int
main(int argc, char **argv)
{
	const char *config;
	int service;

	first_act();
	switch (parse_options(argc, argv, &config, &service)) {
	case MODE_SERVE:
		return serve(config, service);
	case MODE_CHECK:
		return check(config, service);
	case MODE_VERSION:
		puts("smtpgate " POPAUTH_VERSION);
		return EX_OK;
	case MODE_HELP:
		fputs(usage, stdout);
		return EX_OK;
	case MODE_MISUSED:
		break;
	}
	if (!is_network_socket(STDIN_FILENO)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	report_init("smtpgate", REPORT_TO_SYSLOG);
	return turn_away("usage",
	    "the program that starts the gate gives it options it does not "
	    "have; see smtpgate -h",
	    EX_USAGE);
}
