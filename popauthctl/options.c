/* SPDX-License-Identifier: ISC */
/*
 * options - popauthctl's command line.
 */
#include "popauthctl/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum operands {
	OPERANDS_NONE = 0,
	OPERANDS_ADDRESS,  /* ADDRESS [USER] */
	OPERANDS_SERVICES, /* [SERVICE...] */
	OPERANDS_LOGIN,    /* SERVICE USER ADDRESS */
};

static const struct {
	const char *name;
	enum operands operands;
} commands[] = {
    [OPTIONS_STATUS] = {"status", OPERANDS_NONE},
    [OPTIONS_LIST] = {"list", OPERANDS_NONE},
    [OPTIONS_GRANT] = {"grant", OPERANDS_ADDRESS},
    [OPTIONS_REVOKE] = {"revoke", OPERANDS_ADDRESS},
    [OPTIONS_CHECK] = {"check", OPERANDS_ADDRESS},
    [OPTIONS_CONFIG] = {"config", OPERANDS_NONE},
    [OPTIONS_PAM_CHECK] = {"pam-check", OPERANDS_SERVICES},
    [OPTIONS_PAM_TEST] = {"pam-check --test", OPERANDS_LOGIN},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

enum { OPTION_JSON = 256, OPTION_ROOT, OPTION_TEST };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"root", required_argument, NULL, OPTION_ROOT},
    {"test", no_argument, NULL, OPTION_TEST},
    {"table", required_argument, NULL, 't'},
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* "status, list, grant and check" */
static void
list_commands(char *text, size_t size)
{
	size_t i, len = 0;

	for (i = 0; i < N_COMMANDS && len < size; i++) {
		/* what --test makes of one is no command */
		if (strchr(commands[i].name, ' ') != NULL)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%s",
		    i == 0 ? "" : ", ", commands[i].name);
	}
}

static enum options_result
parse_command(
    const char *name, struct options *options, char why[OPTIONS_WHY_BYTES])
{
	char names[OPTIONS_WHY_BYTES / 2] = "";
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0) {
			options->command = (enum options_command)i;
			return OPTIONS_RUN;
		}
	list_commands(names, sizeof(names));
	snprintf(why, OPTIONS_WHY_BYTES, "there is no command '%.60s', only %s",
	    name, names);
	return OPTIONS_WRONG;
}

static enum options_result
parse_address(
    const char *text, struct options *options, char why[OPTIONS_WHY_BYTES])
{
	if (addr_parse(text, &options->addr) == 0)
		return OPTIONS_RUN;
	snprintf(why, OPTIONS_WHY_BYTES,
	    "'%.60s' is no address; write one like 192.0.2.1 or "
	    "2001:db8::1, without brackets, port or prefix length",
	    text);
	return OPTIONS_WRONG;
}

static enum options_result
too_much(const char *operand, const char *name, char why[OPTIONS_WHY_BYTES])
{
	snprintf(why, OPTIONS_WHY_BYTES, "'%.60s' is too much for %s", operand,
	    name);
	return OPTIONS_WRONG;
}

/* What follows the command. */
static enum options_result
parse_operands(int n, char *const operands[], struct options *options,
    char why[OPTIONS_WHY_BYTES])
{
	const char *name = commands[options->command].name;

	switch (commands[options->command].operands) {
	case OPERANDS_NONE:
		if (n > 0)
			return too_much(operands[0], name, why);
		return OPTIONS_RUN;
	case OPERANDS_SERVICES:
		options->services = operands;
		options->n_services = (size_t)n;
		return OPTIONS_RUN;
	case OPERANDS_ADDRESS:
		if (n > 2)
			return too_much(operands[2], name, why);
		if (n == 0) {
			snprintf(why, OPTIONS_WHY_BYTES,
			    "%s needs an address: popauthctl %s ADDRESS "
			    "[USER]",
			    name, name);
			return OPTIONS_WRONG;
		}
		options->user = n == 2 ? operands[1] : NULL;
		return parse_address(operands[0], options, why);
	case OPERANDS_LOGIN:
		if (n > 3)
			return too_much(operands[3], name, why);
		if (n < 3) {
			snprintf(why, OPTIONS_WHY_BYTES,
			    "it is popauthctl %s SERVICE USER ADDRESS", name);
			return OPTIONS_WRONG;
		}
		options->services = operands;
		options->n_services = 1;
		options->user = operands[1];
		return parse_address(operands[2], options, why);
	}
	return OPTIONS_WRONG;
}

/* --test and --root belong to pam-check. */
static enum options_result
fit_command(bool is_test, struct options *options, char why[OPTIONS_WHY_BYTES])
{
	if (options->command == OPTIONS_PAM_CHECK) {
		if (is_test && options->root[0] != '\0') {
			snprintf(why, OPTIONS_WHY_BYTES,
			    "--test plays a login on this machine, not below "
			    "a --root");
			return OPTIONS_WRONG;
		}
		if (is_test)
			options->command = OPTIONS_PAM_TEST;
		return OPTIONS_RUN;
	}
	if (!is_test && options->root[0] == '\0')
		return OPTIONS_RUN;
	snprintf(why, OPTIONS_WHY_BYTES, "option --%s belongs to pam-check",
	    is_test ? "test" : "root");
	return OPTIONS_WRONG;
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
	struct options options = {.root = ""};
	enum options_result result;
	bool is_test = false;
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
		case OPTION_ROOT:
			options.root = optarg;
			break;
		case OPTION_TEST:
			is_test = true;
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
		result = fit_command(is_test, &options, why);
	if (result == OPTIONS_RUN)
		result = parse_operands(
		    argc - optind - 1, argv + optind + 1, &options, why);
	if (result == OPTIONS_RUN)
		*options_out = options;
	return result;
}
