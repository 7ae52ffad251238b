/* SPDX-License-Identifier: ISC */
/*
 * popauthctl - the administrator's hand on the table.
 *
 * It runs as whoever calls it: the table's owner and mode decide what he may.
 * So it takes no environment into account, and starts nothing.
 */
#include "popauthctl/help.h"
#include "popauthctl/options.h"
#include "popauthctl/print.h"
#include "popauthctl/work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

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
	int error = work_status(run->cache, run->place->sweep_every_s, &status);

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
		    "is never granted; neither are loopback, link-local and "
		    "multicast addresses, nor what never_grant lists");
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
	struct shmcache_grant grant;
	int error =
	    shmcache_lookup(run->cache, &options->addr, options->user, &grant);
	int status = work_exit_status(error);

	if (error != 0 && error != SHMCACHE_NO_GRANT)
		return table_error(run, error);
	error = print_error(print_check(&run->print, &options->addr,
	    options->user, error == 0 ? &grant : NULL));
	return error != 0 ? error : status;
}

static const struct {
	enum shmcache_access access;
	int (*run)(const struct run *run);
} commands[] = {
    [OPTIONS_STATUS] = {SHMCACHE_READ, run_status},
    [OPTIONS_LIST] = {SHMCACHE_READ, run_list},
    [OPTIONS_GRANT] = {SHMCACHE_WRITE, run_grant},
    [OPTIONS_REVOKE] = {SHMCACHE_WRITE, run_revoke},
    /* As the gate reads, so that the answer is the gate's. */
    [OPTIONS_CHECK] = {SHMCACHE_PREAD, run_check},
};

/* ---- main --------------------------------------------------------------- */

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
	error = shmcache_open(
	    place.table, commands[options->command].access, &run.cache);
	if (error != 0)
		status = table_error(&run, error);
	else
		status = commands[options->command].run(&run);
	shmcache_close(run.cache);
	free(place.table);
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
