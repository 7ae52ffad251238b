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

static int
run(const struct options *options)
{
	struct place place = {.table = NULL};
	struct conf_error conf_error;
	struct call call = {
	    .options = options,
	    .place = &place,
	    .print = {.out = stdout, .is_json = options->is_json},
	};
	int error, status;

	error = place_find(options->table, options->config, CONF_DEFAULT_PATH,
	    &place, &conf_error);
	if (error != 0) {
		fprintf(stderr, "popauthctl: %s\n", conf_error.text);
		return error == -EACCES ? EX_NOPERM : EX_CONFIG;
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
