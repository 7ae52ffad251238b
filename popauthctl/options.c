/* SPDX-License-Identifier: ISC */
/*
 * The operands of a command are parsed by the text that -h shows for them, for
 * example "[--root DIR] [SERVICE ...]".  Known operands are ADDRESS, USER,
 * USER|NETWORK, NETWORK and SERVICE; brackets make one optional, "..." repeats
 * the last one.  An option without brackets selects the row.
 */
#include "popauthctl/options.h"

#include "common/nearest.h"
#include "popauthctl/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* Options of single commands are bits: 1 << (option - OPTION_ROOT). */
enum {
	OPTION_JSON = 256,
	OPTION_ROOT,
	OPTION_TEST,
	OPTION_USER,
	OPTION_ALL,
	OPTION_FOR,
	OPTION_NOTE,
	OPTION_SENDER,
	OPTION_TO,
	OPTION_END
};

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"root", required_argument, NULL, OPTION_ROOT},
    {"test", no_argument, NULL, OPTION_TEST},
    {"user", no_argument, NULL, OPTION_USER},
    {"all", no_argument, NULL, OPTION_ALL},
    {"for", required_argument, NULL, OPTION_FOR},
    {"note", required_argument, NULL, OPTION_NOTE},
    {"sender", required_argument, NULL, OPTION_SENDER},
    {"to", required_argument, NULL, OPTION_TO},
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

static const char *
name_of(int option)
{
	static const char *const names[OPTION_END - OPTION_ROOT] = {"--root",
	    "--test", "--user", "--all", "--for", "--note", "--sender", "--to"};

	return names[option - OPTION_ROOT];
}

/* Whether the operands have the option; required_out: without brackets. */
static bool
has_option(const char *operands, int option, bool *required_out)
{
	const char *at = strstr(operands, name_of(option));

	*required_out = at != NULL && (at == operands || at[-1] != '[');
	return at != NULL;
}

/* Whether the row takes the options given, and all that it needs. */
static bool
takes(const struct command *row, unsigned used)
{
	for (int option = OPTION_ROOT; option < OPTION_END; option++) {
		const bool is_used = (used >> (option - OPTION_ROOT) & 1) != 0;
		bool is_required;
		const bool has =
		    has_option(row->operands, option, &is_required);

		if (is_used ? !has : is_required)
			return false;
	}
	return true;
}

static enum options_result
wrong_options(const char *name, unsigned used, char why[OPTIONS_WHY_BYTES])
{
	size_t len = (size_t)snprintf(
	    why, OPTIONS_WHY_BYTES, "%s takes no option ", name);
	const char *between = "";

	for (int option = OPTION_ROOT; option < OPTION_END; option++) {
		if ((used >> (option - OPTION_ROOT) & 1) == 0 ||
		    len >= OPTIONS_WHY_BYTES)
			continue;
		len += (size_t)snprintf(why + len, OPTIONS_WHY_BYTES - len,
		    "%s%s", between, name_of(option));
		between = " with ";
	}
	return OPTIONS_WRONG;
}

/* Find the row of this name that takes the options given. */
static enum options_result
find_command(const struct command *table, const char *name, unsigned used,
    struct options *options, char why[OPTIONS_WHY_BYTES])
{
	const struct command *row;
	bool is_known = false;

	for (row = table; row->name != NULL; row++) {
		if (strcmp(row->name, name) != 0)
			continue;
		is_known = true;
		if (takes(row, used)) {
			options->command = row;
			return OPTIONS_RUN;
		}
	}
	return is_known ? wrong_options(name, used, why)
			: unknown_command(table, name, why);
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
	if (begins_with(kind, "USER|NETWORK") || begins_with(kind, "NETWORK")) {
		options->who = *operand;
		return true;
	}
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

/* Take an option with a value; others have none. */
static void
take_value(int option, struct options *options)
{
	switch (option) {
	case 't':
		options->table = optarg;
		break;
	case 'c':
		options->config = optarg;
		break;
	case OPTION_ROOT:
		options->root = optarg;
		break;
	case OPTION_FOR:
		options->period = optarg;
		break;
	case OPTION_NOTE:
		options->note = optarg;
		break;
	case OPTION_SENDER:
		options->sender = optarg;
		break;
	case OPTION_TO:
		options->to = optarg;
		break;
	default:
		break;
	}
}

enum options_result
options_parse(const struct command *table, int argc, char *const argv[],
    struct options *options_out, char why[OPTIONS_WHY_BYTES])
{
	struct options options = {
	    .root = "", .note = "", .sender = "", .to = ""};
	enum options_result result;
	unsigned used = 0;
	int option;

	optind = 0; /* glibc: start again, also with another argv */
	opterr = 0;
	while ((option = getopt_long(
		    argc, argv, "t:c:hV", long_options, NULL)) != -1) {
		if (option == '?')
			return wrong_option(argv, why);
		if (option == 'h')
			return OPTIONS_HELP;
		if (option == 'V')
			return OPTIONS_VERSION;
		if (option >= OPTION_ROOT)
			used |= 1u << (option - OPTION_ROOT);
		if (option == OPTION_JSON)
			options.is_json = true;
		else
			take_value(option, &options);
	}
	if (optind >= argc) {
		snprintf(why, OPTIONS_WHY_BYTES, "no command");
		return OPTIONS_WRONG;
	}
	if (strcmp(argv[optind], "help") == 0)
		return OPTIONS_HELP;
	result = find_command(table, argv[optind], used, &options, why);
	if (result == OPTIONS_RUN)
		result = parse_operands(
		    argc - optind - 1, argv + optind + 1, &options, why);
	if (result == OPTIONS_RUN)
		*options_out = options;
	return result;
}
