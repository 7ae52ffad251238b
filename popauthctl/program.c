/* SPDX-License-Identifier: ISC */

#include "popauthctl/command.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

static int
open_table(struct call *call)
{
	const char *path = call->place->table;

	switch (call->options->command->access) {
	case COMMAND_NO_TABLE:
	case COMMAND_CONFIG:
		return 0;
	case COMMAND_READ:
		return shmcache_open_brief(path, SHMCACHE_READ, &call->cache);
	case COMMAND_READ_AS_GATE:
		return shmcache_open(path, SHMCACHE_PREAD, &call->cache);
	case COMMAND_LOGIN:
		return shmcache_open(path, SHMCACHE_LOGIN, &call->cache);
	case COMMAND_WRITE:
		return shmcache_open_brief(path, SHMCACHE_WRITE, &call->cache);
	}
	return -EINVAL;
}

static bool
needs_config(const struct options *options)
{
	return options->command->access == COMMAND_CONFIG;
}

static void
report_mistake(const char *sentence, void *arg)
{
	fprintf(stderr, "popauthctl: %s%s\n",
	    needs_config(arg) ? "" : "warning: ", sentence);
}

/*
 * After mistakes in the configuration: does the command run nevertheless?  At
 * night, with a typing mistake in a file, a grant must be ended.
 */
static bool
goes_on(const struct options *options, int error)
{
	if (error == 0)
		return true;
	if (error == -ENOMEM || needs_config(options) ||
	    (options->config != NULL && error != -EINVAL))
		return false;
	if (options->command->access == COMMAND_READ_AS_GATE)
		fprintf(stderr,
		    "popauthctl: warning: a gate that reads this configuration "
		    "serves no client\n");
	return true;
}

static int
run(struct options *options)
{
	struct place place = {.table = NULL};
	struct call call = {
	    .options = options,
	    .place = &place,
	    .print = {.out = stdout, .is_json = options->is_json},
	};
	int error, status;

	error = place_find(options->table, options->config, CONF_DEFAULT_PATH,
	    report_mistake, options, &place);
	if (!goes_on(options, error)) {
		place_free(&place);
		return error == -EACCES   ? EX_NOPERM
		       : error == -ENOMEM ? EX_OSERR
					  : EX_CONFIG;
	}
	error = open_table(&call);
	status = error != 0 ? failure_of_table(&call, error)
			    : options->command->run(&call);
	shmcache_close(call.cache);
	place_free(&place);
	return status;
}

int
program_run(const struct command *table, int argc, char *const argv[])
{
	struct options options;
	char why[OPTIONS_WHY_BYTES];

	switch (options_parse(table, argc, argv, &options, why)) {
	case OPTIONS_RUN:
		return run(&options);
	case OPTIONS_HELP:
		help_print(table, stdout);
		return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
	case OPTIONS_VERSION:
		printf("popauthctl %s\n", POPAUTH_VERSION);
		return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
	case OPTIONS_WRONG:
		fprintf(stderr, "popauthctl: %s; see popauthctl -h\n", why);
		return EX_USAGE;
	}
	return EX_SOFTWARE;
}
