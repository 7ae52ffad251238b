/* SPDX-License-Identifier: ISC */
/*
 * smtpgate - an SMTP gate: it relays for clients that checked their mail.
 *
 *   phase       as root?   what
 *   ----------  ---------  ----------------------------------------------------
 *   first act   yes        fd 2, environment, core dumps, signals, descriptors
 *   options     yes        -t, -V and -h end here
 *   prepare     yes        configuration, host name, table, the peer's address
 *   sandbox     -> no      user smtpgate in an empty directory, or locked as
 *                          the user who started it; few system calls
 *   serve       no         the greeting, and the client's first byte
 *
 * The gate reads no byte of a client before it is in the sandbox.  In the
 * sandbox it opens nothing but the connections to the servers behind it.
 *
 * Under inetd and xinetd fd 2 is the client, and would receive messages of the
 * gate or of the C library as SMTP.  If fd 0 is a network socket, fd 0 is a
 * client, and fd 2 is replaced before the options are read.  Anything else (a
 * terminal, a pipe, the unix socket of a shell over ssh) may be an
 * administrator who wants to read the output of -t.  Then fd 2 is replaced only
 * when the options say that a client is to be served.
 */
#include "common/notify.h"
#include "common/report.h"
#include "smtpgate/check/check.h"
#include "smtpgate/gate.h"
#include "smtpgate/listener/supervisor.h"
#include "smtpgate/sandbox/sandbox.h"
#include "smtpgate/session/dispatch.h"
#include "smtpgate/syntax/reply.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
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
	MODE_LISTEN,
	MODE_CHECK,
	MODE_VERSION,
	MODE_HELP,
	MODE_MISUSED,
};

static const char usage[] =
    "usage: smtpgate [-c CONFIG] [-s SERVICE]\n"
    "       smtpgate [-c CONFIG] [-s SERVICE] -t [--offline] [--json]\n"
    "       smtpgate [-c CONFIG] [-e] -l\n"
    "Serves SMTP to the client on its standard input and output, as inetd,\n"
    "xinetd and systemd (Accept=yes) start it; or listens itself.\n"
    "  -c, --config CONFIG    read this file, not " CONF_DEFAULT_PATH "\n"
    "  -s, --service SERVICE  smtp (the default), submission or submissions\n"
    "  -t, --test             check the configuration, the files and the "
    "servers\n"
    "                         that it names, and exit: 0 all is fine, 1 the "
    "gate\n"
    "                         works in part, 78 it does not\n"
    "      --offline          -t: connect to no server\n"
    "      --json             -t: print one JSON object\n"
    "  -l, --listen           listen where the configuration says, or on the\n"
    "                         sockets that systemd passes\n"
    "  -e, --stderr           log to standard error as well\n"
    "  -V, --version          print the version\n"
    "  -h, --help             print this\n";

enum { OPTION_OFFLINE = 256, OPTION_JSON };

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"service", required_argument, NULL, 's'},
    {"test", no_argument, NULL, 't'},
    {"offline", no_argument, NULL, OPTION_OFFLINE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"listen", no_argument, NULL, 'l'},
    {"stderr", no_argument, NULL, 'e'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct options {
	enum mode mode;
	const char *config;
	int service; /* -1: none was given */
	bool to_stderr, is_offline, is_json;
	bool is_check, is_listener;
	char why[128]; /* of MODE_MISUSED */
};

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

	/* Even without /dev/null fd 2 must not be the client. */
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
	bool is_client = is_network_socket(STDIN_FILENO);
	int first_fd = STDERR_FILENO + 1;
	sigset_t none;

	/* Otherwise the next open() would get fd 0 or 1. */
	if (fcntl(STDIN_FILENO, F_GETFD) < 0 ||
	    fcntl(STDOUT_FILENO, F_GETFD) < 0)
		_exit(EX_USAGE);
	if (is_client || fcntl(STDERR_FILENO, F_GETFD) < 0)
		silence();
	/* Failures below are ignored: the sandbox sets no_new_privs and "not
	 * dumpable" again. */
	if (!is_client)
		first_fd = notify_first_other_fd();
	(void)close_range((unsigned)first_fd, ~0U, 0);
	if (!is_client)
		notify_init();
	(void)clearenv();
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- options ------------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3)))
misuse(struct options *options, const char *fmt, ...)
{
	va_list ap;

	options->mode = MODE_MISUSED;
	va_start(ap, fmt);
	vsnprintf(options->why, sizeof(options->why), fmt, ap);
	va_end(ap);
}

static void
take_service(struct options *options, const char *name)
{
	options->service = conf_service_find(name);
	if (options->service >= 0)
		return;
	misuse(options, "'%.40s' is no service; %s", name,
	    strcmp(name, "smtps") == 0
		? "did you mean submissions?"
		: "there are smtp, submission and submissions");
}

static void
take_option(struct options *options, int c, char **argv)
{
	switch (c) {
	case 'c':
		options->config = optarg;
		break;
	case 'e':
		options->to_stderr = true;
		break;
	case 'l':
		options->is_listener = true;
		break;
	case 's':
		take_service(options, optarg);
		break;
	case 't':
		options->is_check = true;
		break;
	case OPTION_OFFLINE:
		options->is_offline = true;
		break;
	case OPTION_JSON:
		options->is_json = true;
		break;
	case 'V':
		options->mode = MODE_VERSION;
		break;
	case 'h':
		options->mode = MODE_HELP;
		break;
	case ':':
		misuse(options, "option %.40s needs a value", argv[optind - 1]);
		break;
	default:
		misuse(options, "unknown option %.40s", argv[optind - 1]);
		break;
	}
}

static void
choose_mode(struct options *options)
{
	if (options->mode != MODE_SERVE)
		return;
	if (options->is_check)
		options->mode = MODE_CHECK;
	else if (options->is_listener)
		options->mode = MODE_LISTEN;
	if (options->is_check && options->is_listener)
		misuse(options,
		    "-t and -l exclude each other; check first, then listen");
	else if (!options->is_check &&
		 (options->is_offline || options->is_json))
		misuse(options, "%s needs -t",
		    options->is_json ? "--json" : "--offline");
}

static struct options
parse_options(int argc, char **argv)
{
	struct options options = {.config = CONF_DEFAULT_PATH, .service = -1};
	int c;

	opterr = 0;
	while (options.mode != MODE_MISUSED &&
	       (c = getopt_long(
		    argc, argv, ":c:els:tVh", long_options, NULL)) != -1)
		take_option(&options, c, argv);
	if (options.mode != MODE_MISUSED && optind != argc)
		misuse(&options, "unexpected operand '%.40s'", argv[optind]);
	choose_mode(&options);
	return options;
}

/* ---- serving ------------------------------------------------------------ */

/* Refuse the client for now, and log the reason. */
static int
turn_away(const char *event, const char *why, int exit_code)
{
	const struct reply_words words = {.host = ""};
	char text[REPLY_BYTES];
	size_t len = reply_format(REPLY_CLOSING_CONFIGURATION, &words, text);

	report(REPORT_FATAL, event, "%s", why);
	/* The client may have left. */
	if (write(STDOUT_FILENO, text, len) < 0)
		return exit_code;
	return exit_code;
}

static int
serve(const char *config, int service)
{
	static struct session session;
	struct gate gate = {.stop_fd = -1};
	struct conf_error mistake;
	int error, exit_code = EX_OK;

	if (!is_network_socket(STDIN_FILENO))
		silence();
	report_init("smtpgate", REPORT_TO_SYSLOG);

	if (gate_configure(&gate, config, &mistake) != 0 ||
	    gate_open(&gate, 1U << service, false, NULL, &mistake) != 0) {
		exit_code = turn_away("configuration", mistake.text, EX_CONFIG);
		goto out;
	}
	gate.service = &gate.conf.services[service];
	client_of_fd(STDIN_FILENO, &gate.client);
	error = sandbox_enter(&gate.conf);
	if (error != 0) {
		snprintf(mistake.text, sizeof(mistake.text),
		    "cannot become user " GATE_USER " in " SANDBOX_JAIL ": %s",
		    strerror(-error));
		exit_code = turn_away("privilege", mistake.text, EX_OSERR);
		goto out;
	}
	if (session_run(&session, &gate, STDIN_FILENO, STDOUT_FILENO) != 0)
		exit_code = EX_OSERR;
out:
	gate_close(&gate);
	return exit_code;
}

int
main(int argc, char **argv)
{
	struct options options;

	first_act();
	options = parse_options(argc, argv);
	switch (options.mode) {
	case MODE_SERVE:
		return serve(options.config,
		    options.service >= 0 ? options.service : CONF_SERVICE_SMTP);
	case MODE_LISTEN:
		/* At a terminal, log there as well. */
		report_init(
		    "smtpgate", options.to_stderr || isatty(STDERR_FILENO)
				    ? REPORT_TO_BOTH
				    : REPORT_TO_SYSLOG);
		return supervisor_run(options.config);
	case MODE_CHECK:
		return check_run(
		    &(struct check){options.config, options.service,
			options.is_offline, options.is_json},
		    stdout, stderr);
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
		fprintf(
		    stderr, "smtpgate: %s; see smtpgate --help\n", options.why);
		return EX_USAGE;
	}
	report_init("smtpgate", REPORT_TO_SYSLOG);
	return turn_away("usage",
	    "the program that starts the gate gives it options it does not "
	    "have; see smtpgate -h",
	    EX_USAGE);
}
