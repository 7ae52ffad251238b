/* SPDX-License-Identifier: ISC */
/*
 * smtpgate-auth - asks PAM about the passwords of SMTP AUTH, for smtpgate.
 *
 *   process  user     task
 *   -------  -------  ------------------------------------------------------
 *   parent   root     the socket, the children; reads nothing from a gate
 *   child    root     reads one request, asks the PAM stack, exits
 *
 * Both stay root because a PAM stack needs that (/etc/shadow, the files of
 * pam_faillock).  Only the stack's administrator knows which capabilities it
 * does not need.  no_new_privs is not set: root gains nothing by a set-user-ID
 * program, and SELinux and AppArmor could no longer confine the helpers of a
 * stack (unix_chkpwd has its own domain).  Because of the passwords in memory,
 * all processes are without core dumps and without ptrace(2) by other users.
 * smtpgate-auth.service has the restrictions of the whole service.
 */
#include "common/account.h"
#include "common/report.h"
#include "common/startup.h"
#include "config/conf.h"
#include "config/conf_check.h"
#include "smtpgate-auth/listen.h"
#include "smtpgate-auth/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#define GATE_USER "smtpgate"

static const char usage_text[] =
    "usage: smtpgate-auth [-c FILE] [-e]\n"
    "       smtpgate-auth [-c FILE] -t\n"
    "\n"
    "Check passwords for smtpgate by the PAM service \"smtpgate\".  Stays in "
    "the\n"
    "foreground.  SIGHUP reads the configuration again, SIGTERM ends.\n"
    "\n"
    "  -c, --config FILE  read this file, not " CONF_DEFAULT_PATH "\n"
    "  -e, --stderr       log to standard error as well\n"
    "  -t, --test         check the configuration, and exit: 0 fine, 78 not\n"
    "  -V, --version      print the version\n"
    "  -h, --help         print this\n";

/* Reset what this process inherited; all children inherit the result. */
static void
first_act(bool is_passed)
{
	static const struct rlimit no_core = {0, 0};
	sigset_t signals;

	(void)clearenv();
	(void)setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)close_range(LISTEN_PASSED_FD + (is_passed ? 1 : 0), ~0U, 0);
	(void)umask(077);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_SETMASK, &signals, NULL);
}

/* ---- configuration ------------------------------------------------------ */

static void
report_mistake(const char *sentence, void *arg)
{
	(void)arg;
	report(REPORT_FATAL, "configuration", "%s", sentence);
}

/* Returns an exit status; not EX_OK after a report. */
static int
load(const char *path, struct conf *conf_out)
{
	struct conf conf;

	if (conf_load_anyway(path, &conf, report_mistake, NULL) != 0) {
		conf_free(&conf);
		return EX_CONFIG;
	}
	*conf_out = conf;
	return EX_OK;
}

static struct server_rules
rules_of(const struct conf *conf, uid_t gate_uid)
{
	const struct conf_auth_server *auth = &conf->auth_server;

	return (struct server_rules){
	    .gate_uid = gate_uid,
	    .attend =
		{
		    .delay_ms = (int64_t)auth->delay_s * 1000,
		    .timeout_ms = (int64_t)auth->timeout_s * 1000,
		    .max_requests = auth->max_requests,
		    .limits =
			{
			    .per_client = auth->max_failures,
			    .per_user = auth->max_user_failures,
			},
		},
	};
}

static void
reload(const char *path, struct conf *conf)
{
	struct conf fresh;

	if (load(path, &fresh) != EX_OK) {
		report(REPORT_ERROR, "not-reloaded",
		    "the previous configuration stays in use");
		return;
	}
	conf_free(conf);
	*conf = fresh;
	report(REPORT_INFO, "reloaded", "%s", path);
}

/* ---- serving ------------------------------------------------------------ */

/* Returns a descriptor, or a negative errno after a report. */
static int
find_socket(bool is_passed, const struct conf_endpoint *endpoint, gid_t group)
{
	int fd = is_passed ? listen_take() : listen_make(endpoint, group);
	struct sockaddr_un un;

	if (fd >= 0)
		return fd;
	memcpy(&un, &endpoint->addr, sizeof(un));
	if (is_passed)
		report(REPORT_FATAL, "socket",
		    "the service manager passed something other than a "
		    "listening unix socket of type SOCK_SEQPACKET; see "
		    "smtpgate-auth.socket");
	else
		report(REPORT_FATAL, "socket",
		    "socket of [smtpgate-auth]: %s: %s%s", un.sun_path,
		    strerror(-fd),
		    fd == -EADDRINUSE ? "; another smtpgate-auth is running"
		    : fd == -EPERM    ? "; users other than root can write its "
					"directory"
		    : fd == -ENOENT   ? "; create the parent of its directory"
				      : "");
	return fd;
}

static int
serve(int listen_fd, uid_t gate_uid, const char *path, struct conf *conf)
{
	struct server *server = NULL;
	struct server_rules rules;
	struct client_rules clients;
	int end;

	conf_client_rules(&conf->table, &clients);
	end = server_open(listen_fd, &clients, &server);
	if (end == 0)
		report(REPORT_INFO, "started", "version " POPAUTH_VERSION);
	while (end == 0) {
		rules = rules_of(conf, gate_uid);
		end = server_run(server, &rules);
		if (end != SERVER_RELOAD)
			break;
		reload(path, conf);
		end = 0;
	}
	server_close(server);
	if (end < 0) {
		report(REPORT_FATAL, "server", "%s", strerror(-end));
		return EX_OSERR;
	}
	report(REPORT_INFO, "stopped",
	    "until the next start the gate cannot check passwords");
	return EX_OK;
}

/* -t.  Returns an exit status. */
static int
check(const char *path)
{
	struct account gate;
	int error = account_find(GATE_USER, &gate);

	if (error == 0)
		return conf_check("smtpgate-auth", path, stdout, stderr);
	fprintf(stderr,
	    "smtpgate-auth: user " GATE_USER
	    ": %s; create it, the gate runs as it\n",
	    error == -ENOENT ? "does not exist" : strerror(-error));
	return conf_check("smtpgate-auth", path, stdout, stderr) == EX_OK
		   ? EX_NOUSER
		   : EX_CONFIG;
}

int
main(int argc, char **argv)
{
	bool is_passed = listen_is_passed();
	struct startup options = {.conf_path = CONF_DEFAULT_PATH};
	struct account gate;
	struct conf conf;
	int status, fd, error;

	status = startup_parse(
	    argc, argv, usage_text, "smtpgate-auth " POPAUTH_VERSION, &options);
	if (status != STARTUP_GO_ON)
		return status;
	first_act(is_passed);
	if (options.is_check)
		return check(options.conf_path);
	report_init("smtpgate-auth", REPORT_TO_BOTH);
	status = load(options.conf_path, &conf);
	if (status != EX_OK)
		return status;
	error = account_find(GATE_USER, &gate);
	if (error != 0) {
		report(REPORT_FATAL, "user",
		    "user " GATE_USER ": %s; create it, the gate runs as it",
		    error == -ENOENT ? "does not exist" : strerror(-error));
		status = EX_NOUSER;
		goto out;
	}
	if (geteuid() != 0) {
		report(REPORT_FATAL, "privilege",
		    "start it as root, or PAM cannot check the passwords of "
		    "other users");
		status = EX_NOPERM;
		goto out;
	}
	fd = find_socket(is_passed, &conf.auth_server.socket, gate.gid);
	if (fd < 0) {
		status = EX_UNAVAILABLE;
		goto out;
	}
	if (!options.to_stderr)
		report_init("smtpgate-auth", REPORT_TO_SYSLOG);
	report_share();
	status = serve(fd, gate.uid, options.conf_path, &conf);
	close(fd);
out:
	conf_free(&conf);
	return status;
}
