/* SPDX-License-Identifier: ISC */
#include "popauthctl/command.h"

#include "pamcheck/pamcheck.h"
#include "pamcheck/pamtest.h"
#include "popauthctl/pamprint.h"
#include "popauthctl/password.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* Dovecot's program on this machine, or NULL. */
static const char *
find_doveconf(const char *root)
{
	static const char *const paths[] = {
	    "/usr/bin/doveconf", "/usr/local/bin/doveconf"};
	size_t i;

	for (i = 0; root[0] == '\0' && i < 2; i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

int
command_pam_check(const struct call *call)
{
	const struct pamcheck check = {
	    .root = call->options->root,
	    .table = call->place->table,
	    .doveconf = find_doveconf(call->options->root),
	    .gate_asks_dovecot =
		call->place->conf.smtpgate.auth.kind == CONF_AUTH_DOVECOT,
	    .names = call->options->services,
	    .n_names = call->options->n_services,
	};
	struct pamreport report;
	int error, status;

	error = pamcheck(&check, &report);
	if (error != 0) {
		failure_report("/etc/pam.d", strerror(-error));
		return failure_exit_status(error);
	}
	status = report.n_todo == 0 ? EXIT_YES : EXIT_NO;
	error = pamprint_report(&call->print, &report);
	pamreport_free(&report);
	return failure_of_print(error, status);
}

static int
test_login(const struct call *call, const char *password)
{
	const struct options *options = call->options;
	const struct pamtest_login login = {
	    .root = "",
	    .service = options->services[0],
	    .user = options->user,
	    .password = password,
	    .addr = &options->addr,
	};
	struct pamtest_result result;
	int error;

	error = pamtest_run(&login, call->cache, &result);
	if (error == -ENOENT) {
		failure_report(
		    login.service, "there is no such service in /etc/pam.d");
		return EX_NOINPUT;
	}
	if (error != 0)
		return failure_of_table(call, error);
	error = pamprint_test(&call->print, &login, &result);
	free(result.log);
	return failure_of_print(error, result.would_grant ? EXIT_YES : EXIT_NO);
}

int
command_pam_test(const struct call *call)
{
	char password[PASSWORD_BYTES];
	int error, status;

	/* The modules read files that only root may read. */
	if (geteuid() != 0) {
		failure_report("pam-check --test", "only root can use this");
		return EX_NOPERM;
	}
	error = password_read(stdin, stderr, password);
	if (error != 0) {
		failure_report("password",
		    error == -E2BIG ? "too long" : "standard input is empty");
		return EX_DATAERR;
	}
	status = test_login(call, password);
	explicit_bzero(password, sizeof(password));
	return status;
}
