/* SPDX-License-Identifier: ISC */
/*
 * options - popauthctl's command line.
 */
#include "popauthctl/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	bool takes_address;
} commands[] = {
    [OPTIONS_STATUS] = {"status", false},
    [OPTIONS_LIST] = {"list", false},
    [OPTIONS_GRANT] = {"grant", true},
    [OPTIONS_REVOKE] = {"revoke", true},
    [OPTIONS_CHECK] = {"check", true},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

enum { OPTION_JSON = 256 };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"table", required_argument, NULL, 't'},
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static enum options_result
parse_command(
    const char *name, struct options *options, char why[OPTIONS_WHY_BYTES])
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0) {
			options->command = (enum options_command)i;
			return OPTIONS_RUN;
		}
	snprintf(why, OPTIONS_WHY_BYTES,
	    "there is no command '%.60s', only status, list, grant, revoke and "
	    "check",
	    name);
	return OPTIONS_WRONG;
}

/* What follows the command: nothing, or ADDRESS [USER]. */
static enum options_result
parse_operands(int n, char *const operands[], struct options *options,
    char why[OPTIONS_WHY_BYTES])
{
	const char *name = commands[options->command].name;
	const int n_max = commands[options->command].takes_address ? 2 : 0;

	if (n > n_max) {
		snprintf(why, OPTIONS_WHY_BYTES, "'%.60s' is too much for %s",
		    operands[n_max], name);
		return OPTIONS_WRONG;
	}
	if (n_max == 0)
		return OPTIONS_RUN;
	if (n == 0) {
		snprintf(why, OPTIONS_WHY_BYTES,
		    "%s needs an address: popauthctl %s ADDRESS [USER]", name,
		    name);
		return OPTIONS_WRONG;
	}
	if (addr_parse(operands[0], &options->addr) != 0) {
		snprintf(why, OPTIONS_WHY_BYTES,
		    "'%.60s' is no address; write one like 192.0.2.1 or "
		    "2001:db8::1, without brackets, port or prefix length",
		    operands[0]);
		return OPTIONS_WRONG;
	}
	options->user = n == 2 ? operands[1] : NULL;
	return OPTIONS_RUN;
}

static enum options_result
wrong_option(char *const argv[], char why[OPTIONS_WHY_BYTES])
{
	/* optopt is 0 for a long option that is unknown. */
	if (optopt == 't' || optopt == 'c')
		snprintf(
		    why, OPTIONS_WHY_BYTES, "option -%c needs a path", optopt);
	else if (optopt > 0 && optopt < OPTION_JSON)
		snprintf(
		    why, OPTIONS_WHY_BYTES, "there is no option -%c", optopt);
	else
		snprintf(why, OPTIONS_WHY_BYTES, "option '%.60s' is wrong",
		    argv[optind - 1]);
	return OPTIONS_WRONG;
}

enum options_result
options_parse(int argc, char *const argv[], struct options *options_out,
    char why[OPTIONS_WHY_BYTES])
{
	struct options options = {.table = NULL};
	enum options_result result;
	int option;

	optind = 0; /* glibc: start over, also in another argv */
	opterr = 0;
	while ((option = getopt_long(
		    argc, argv, "t:c:hV", long_options, NULL)) != -1) {
		switch (option) {
		case 't':
			options.table = optarg;
			break;
		case 'c':
			options.config = optarg;
			break;
		case OPTION_JSON:
			options.is_json = true;
			break;
		case 'h':
			return OPTIONS_HELP;
		case 'V':
			return OPTIONS_VERSION;
		default:
			return wrong_option(argv, why);
		}
	}
	if (optind >= argc) {
		snprintf(why, OPTIONS_WHY_BYTES, "no command");
		return OPTIONS_WRONG;
	}
	result = parse_command(argv[optind], &options, why);
	if (result == OPTIONS_RUN)
		result = parse_operands(
		    argc - optind - 1, argv + optind + 1, &options, why);
	if (result == OPTIONS_RUN)
		*options_out = options;
	return result;
}
