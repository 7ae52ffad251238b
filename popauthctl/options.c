/* SPDX-License-Identifier: ISC */
/*
 * The operands of a command are parsed by the text that -h shows for them, for
 * example "[--root DIR] [SERVICE ...]".  Known operands are ADDRESS, USER and
 * SERVICE; brackets make one optional, "..." repeats the last one.
 */
#include "popauthctl/options.h"

#include "common/nearest.h"
#include "popauthctl/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

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

static bool
begins_with(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

/* ---- the command -------------------------------------------------------- */

static enum options_result
unknown_command(
    const struct command *table, const char *name, char why[OPTIONS_WHY_BYTES])
{
	const struct command *row;
	struct nearest nearest;
	const char *last = "";
	size_t len;

	nearest_begin(&nearest, name);
	for (row = table; row->name != NULL; row++)
		nearest_try(&nearest, row->name);
	if (nearest.best != NULL) {
		snprintf(why, OPTIONS_WHY_BYTES,
		    "unknown command '%.60s'; did you mean '%s'?", name,
		    nearest.best);
		return OPTIONS_WRONG;
	}
	len = (size_t)snprintf(why, OPTIONS_WHY_BYTES,
	    "unknown command '%.60s'; the commands are", name);
	for (row = table; row->name != NULL; row++) {
		if (strcmp(row->name, last) != 0 && len < OPTIONS_WHY_BYTES)
			len +=
			    (size_t)snprintf(why + len, OPTIONS_WHY_BYTES - len,
				"%s %s", last[0] != '\0' ? "," : "", row->name);
		last = row->name;
	}
	return OPTIONS_WRONG;
}

/* Find the row of this name that takes the options given. */
static enum options_result
find_command(const struct command *table, const char *name, bool is_test,
    struct options *options, char why[OPTIONS_WHY_BYTES])
{
	const struct command *row;
	bool is_known = false;

	for (row = table; row->name != NULL; row++) {
		if (strcmp(row->name, name) != 0)
			continue;
		is_known = true;
		if ((strstr(row->operands, "--test") != NULL) == is_test &&
		    (options->root[0] == '\0' ||
			strstr(row->operands, "--root") != NULL)) {
			options->command = row;
			return OPTIONS_RUN;
		}
	}
	if (!is_known)
		return unknown_command(table, name, why);
	snprintf(why, OPTIONS_WHY_BYTES, "%s takes no option %s", name,
	    !is_test                   ? "--root"
	    : options->root[0] == '\0' ? "--test"
				       : "--root with --test");
	return OPTIONS_WRONG;
}

/* ---- its operands ------------------------------------------------------- */

/* The first operand in the text; options before it are skipped. */
static const char *
first_operand(const char *text)
{
	text += strspn(text, " ");
	while (begins_with(text, "--") || begins_with(text, "[--")) {
		text += strcspn(text, text[0] == '[' ? "]" : " ");
		text += strspn(text, "] ");
	}
	return text;
}

static enum options_result
wrong_operands(const struct command *command, const char *operand,
    char why[OPTIONS_WHY_BYTES])
{
	if (operand != NULL && command->operands[0] == '\0') {
		snprintf(why, OPTIONS_WHY_BYTES,
		    "%s takes no argument; remove '%.60s'", command->name,
		    operand);
		return OPTIONS_WRONG;
	}
	snprintf(why, OPTIONS_WHY_BYTES, "%s%.60s%s; usage: popauthctl %s %s",
	    operand != NULL ? "unexpected operand '" : "an operand is missing",
	    operand != NULL ? operand : "", operand != NULL ? "'" : "",
	    command->name, command->operands);
	return OPTIONS_WRONG;
}

/* Returns false when the operand is no address where one is needed. */
static bool
take_operand(const char *kind, char *const *operand, struct options *options)
{
	if (begins_with(kind, "ADDRESS"))
		return addr_parse(*operand, &options->addr) == 0;
	if (begins_with(kind, "USER"))
		options->user = *operand;
	else if (options->n_services++ == 0)
		options->services = operand;
	return true;
}

static enum options_result
parse_operands(int n, char *const operands[], struct options *options,
    char why[OPTIONS_WHY_BYTES])
{
	const char *next = first_operand(options->command->operands);
	int i;

	for (i = 0; i < n; i++) {
		if (*next == '\0')
			return wrong_operands(
			    options->command, operands[i], why);
		next += strspn(next, "[");
		if (!take_operand(next, &operands[i], options)) {
			snprintf(why, OPTIONS_WHY_BYTES,
			    "'%.60s' is no address; write one like 192.0.2.1 "
			    "or 2001:db8::1, without brackets, port or prefix "
			    "length",
			    operands[i]);
			return OPTIONS_WRONG;
		}
		if (!begins_with(next + strcspn(next, " "), " ..."))
			next = first_operand(next + strcspn(next, " "));
	}
	if (*next >= 'A' && *next <= 'Z' && strstr(next, "...") == NULL)
		return wrong_operands(options->command, NULL, why);
	return OPTIONS_RUN;
}

/* ---- the whole ---------------------------------------------------------- */

static enum options_result
wrong_option(char *const argv[], char why[OPTIONS_WHY_BYTES])
{
	/* optopt is 0 for an unknown long option. */
	if (optopt == 't' || optopt == 'c')
		snprintf(
		    why, OPTIONS_WHY_BYTES, "option -%c needs a path", optopt);
	else if (optopt > 0 && optopt < OPTION_JSON)
		snprintf(why, OPTIONS_WHY_BYTES, "unknown option -%c", optopt);
	else
		snprintf(why, OPTIONS_WHY_BYTES, "invalid option '%.60s'",
		    argv[optind - 1]);
	return OPTIONS_WRONG;
}

enum options_result
options_parse(const struct command *table, int argc, char *const argv[],
    struct options *options_out, char why[OPTIONS_WHY_BYTES])
{
	struct options options = {.root = ""};
	enum options_result result;
	bool is_test = false;
	int option;

	optind = 0; /* glibc: start again, also with another argv */
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
	if (strcmp(argv[optind], "help") == 0)
		return OPTIONS_HELP;
	result = find_command(table, argv[optind], is_test, &options, why);
	if (result == OPTIONS_RUN)
		result = parse_operands(
		    argc - optind - 1, argv + optind + 1, &options, why);
	if (result == OPTIONS_RUN)
		*options_out = options;
	return result;
}
