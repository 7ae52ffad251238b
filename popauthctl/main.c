/* SPDX-License-Identifier: ISC */
/*
 * popauthctl - the administrator's hand on the table.
 *
 * It runs as whoever calls it: the table's owner and mode decide what he may.
 * So it takes no environment into account, and starts nothing; only
 * pam-check --test calls what a PAM service names.
 */
#include "pamcheck/pamcheck.h"
#include "pamcheck/pamtest.h"
#include "popauthctl/help.h"
#include "popauthctl/options.h"
#include "popauthctl/pamprint.h"
#include "popauthctl/password.h"
#include "popauthctl/print.h"
#include "popauthctl/work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define PROGRAM "popauthctl"

struct run {
	struct shmcache *cache;
	const struct options *options;
	const struct work_place *place;
	struct print print;
};

/* One sentence on standard error. */
static void
complain(const char *about, const char *sentence)
{
	fprintf(stderr, PROGRAM ": %s: %s\n", about, sentence);
}

static int
table_error(const struct run *run, int error)
{
	complain(run->place->table, shmcache_strerror(error));
	return work_exit_status(error);
}

static int
print_error(int error)
{
	if (error == 0)
		return WORK_EXIT_YES;
	complain("standard output", strerror(-error));
	return error == -ENOMEM ? EX_OSERR : EX_IOERR;
}

/* ---- commands ----------------------------------------------------------- */

static int
run_status(const struct run *run)
{
	struct work_status status;
	int error = work_status(
	    run->cache, run->place->conf.popauthd.sweep_every_s, &status);

	if (error != 0)
		return table_error(run, error);
	return print_error(
	    print_status(&run->print, run->place->table, &status));
}

static int
run_list(const struct run *run)
{
	struct work_list list;
	int error = work_list(run->cache, &list);

	if (error != 0)
		return table_error(run, error);
	error = print_list(&run->print, &list);
	work_list_free(&list);
	return print_error(error);
}

static int
run_grant(const struct run *run)
{
	const struct options *options = run->options;
	char text[ADDR_TEXT_BYTES];
	int error = shmcache_grant(run->cache, &options->addr, options->user);

	if (error == SHMCACHE_NEVER) {
		complain(addr_format(&options->addr, text),
		    "is never granted, for many clients may stand behind it: "
		    "as loopback, link-local and multicast addresses, this "
		    "machine's own and its gateways', and what never_grant "
		    "and proxy_from list");
		return work_exit_status(error);
	}
	if (error != 0)
		return table_error(run, error);
	return print_error(
	    print_granted(&run->print, &options->addr, options->user));
}

static int
run_revoke(const struct run *run)
{
	const struct options *options = run->options;
	char text[ADDR_TEXT_BYTES];
	size_t n_others = 0;
	int error = shmcache_revoke(
	    run->cache, &options->addr, options->user, &n_others);

	if (error == SHMCACHE_NO_GRANT) {
		complain(addr_format(&options->addr, text),
		    "has no such grant; popauthctl list shows all there are");
		return work_exit_status(error);
	}
	if (error != 0)
		return table_error(run, error);
	return print_error(print_revoked(
	    &run->print, &options->addr, options->user, n_others));
}

static int
run_check(const struct run *run)
{
	const struct options *options = run->options;
	const struct conf_cidrs *networks =
	    &run->place->conf.smtpgate.relay_networks;
	struct shmcache_grant grant;
	int error =
	    shmcache_lookup(run->cache, &options->addr, options->user, &grant);
	int status = work_exit_status(error);

	if (error == SHMCACHE_NO_GRANT && options->user == NULL &&
	    cidr_list_contains(networks->items, networks->n, &options->addr)) {
		error = print_error(
		    print_check_listed(&run->print, &options->addr));
		return error != 0 ? error : WORK_EXIT_YES;
	}
	if (error != 0 && error != SHMCACHE_NO_GRANT)
		return table_error(run, error);
	error = print_error(print_check(&run->print, &options->addr,
	    options->user, error == 0 ? &grant : NULL));
	return error != 0 ? error : status;
}

static int
run_config(const struct run *run)
{
	return print_error(print_config(
	    &run->print, run->place->config_path, &run->place->conf));
}

/* ---- the PAM services --------------------------------------------------- */

static int
run_pam_check(const struct run *run)
{
	const struct pamcheck check = {
	    .root = run->options->root,
	    .table = run->place->table,
	    .names = run->options->services,
	    .n_names = run->options->n_services,
	};
	struct pamreport report;
	int error, status;

	error = pamcheck(&check, &report);
	if (error != 0) {
		complain("/etc/pam.d", strerror(-error));
		return work_exit_status(error);
	}
	status = report.n_todo == 0 ? WORK_EXIT_YES : WORK_EXIT_NO;
	error = print_error(pamprint_report(&run->print, &report));
	pamreport_free(&report);
	return error != 0 ? error : status;
}

static int
play(const struct run *run, const char *password)
{
	const struct options *options = run->options;
	const struct pamtest_login login = {
	    .root = "",
	    .service = options->services[0],
	    .user = options->user,
	    .password = password,
	    .addr = &options->addr,
	};
	struct pamtest_result result;
	int error, status;

	error = pamtest_play(&login, run->cache, &result);
	if (error == -ENOENT) {
		complain(
		    login.service, "there is no such service in /etc/pam.d");
		return EX_NOINPUT;
	}
	if (error != 0)
		return table_error(run, error);
	status = result.would_grant ? WORK_EXIT_YES : WORK_EXIT_NO;
	error = print_error(pamprint_test(&run->print, &login, &result));
	free(result.log);
	return error != 0 ? error : status;
}

static int
run_pam_test(const struct run *run)
{
	char password[PASSWORD_BYTES];
	int error, status;

	/* The modules read what only root may. */
	if (geteuid() != 0) {
		complain("pam-check --test", "run it as root, as a POP server "
					     "would");
		return EX_NOPERM;
	}
	error = password_read(stdin, stderr, password);
	if (error != 0) {
		complain("password",
		    error == -E2BIG ? "it is too long" : "there is none");
		return EX_DATAERR;
	}
	status = play(run, password);
	explicit_bzero(password, sizeof(password));
	return status;
}

/* ---- main --------------------------------------------------------------- */

static const struct {
	int (*run)(const struct run *run);
	bool needs_table;
	enum shmcache_access access;
} commands[] = {
    [OPTIONS_STATUS] = {run_status, true, SHMCACHE_READ},
    [OPTIONS_LIST] = {run_list, true, SHMCACHE_READ},
    [OPTIONS_GRANT] = {run_grant, true, SHMCACHE_WRITE},
    [OPTIONS_REVOKE] = {run_revoke, true, SHMCACHE_WRITE},
    /* As the gate reads, so that the answer is the gate's. */
    [OPTIONS_CHECK] = {run_check, true, SHMCACHE_PREAD},
    [OPTIONS_CONFIG] = {run_config, false, SHMCACHE_READ},
    [OPTIONS_PAM_CHECK] = {run_pam_check, false, SHMCACHE_READ},
    [OPTIONS_PAM_TEST] = {run_pam_test, true, SHMCACHE_READ},
};

static int
run_command(const struct options *options)
{
	struct work_place place = {.table = NULL};
	struct conf_error conf_error;
	struct run run = {
	    .options = options,
	    .place = &place,
	    .print = {.out = stdout, .is_json = options->is_json},
	};
	int error, status;

	error = work_find(options->table, options->config, CONF_DEFAULT_PATH,
	    &place, &conf_error);
	if (error != 0) {
		fprintf(stderr, PROGRAM ": %s\n", conf_error.text);
		return error == -EACCES ? EX_NOPERM : EX_CONFIG;
	}
	if (conf_error.text[0] != '\0')
		complain("warning", conf_error.text);
	if (commands[options->command].needs_table)
		error = shmcache_open(
		    place.table, commands[options->command].access, &run.cache);
	if (error != 0)
		status = table_error(&run, error);
	else
		status = commands[options->command].run(&run);
	shmcache_close(run.cache);
	work_place_free(&place);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options options;
	char why[OPTIONS_WHY_BYTES];

	switch (options_parse(argc, argv, &options, why)) {
	case OPTIONS_RUN:
		return run_command(&options);
	case OPTIONS_HELP:
		help_print(stdout);
		return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
	case OPTIONS_VERSION:
		printf("%s %s\n", PROGRAM, POPAUTH_VERSION);
		return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
	case OPTIONS_WRONG:
		fprintf(
		    stderr, PROGRAM ": %s; " PROGRAM " -h explains all\n", why);
		return EX_USAGE;
	}
	return EX_SOFTWARE;
}
