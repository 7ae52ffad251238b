/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamoptions.h"

#include "common/logline.h"
#include "pam_popauth/arguments.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A line that calls our module. */
struct reading {
	const struct pamoptions *options;
	const struct pamfile_line *line;
	struct pamreport *report;
	int error;
};

/* ---- what the module says about them ------------------------------------- */

/* Options may have any bytes; they are quoted as the module logs them. */

static void
report_unknown(const char *arg, void *context)
{
	struct reading *reading = context;
	struct logline said;

	if (reading->error != 0)
		return;
	logline_init(&said, "the module ignores");
	logline_add(&said, "option", arg);
	reading->error =
	    pamreport_add(reading->report, PAMSEVERITY_NOTE, "unknown-option",
		reading->options->service, "%s:%u: %s: " ARGUMENTS_UNKNOWN_WHY,
		reading->line->path, reading->line->line_no, said.text);
}

static int
report_bad(const struct reading *reading, const struct arguments *arguments)
{
	struct logline said;

	logline_init(&said, "the module refuses");
	logline_add(&said, "option", arguments->bad);
	return pamreport_add(reading->report, PAMSEVERITY_TODO, "bad-option",
	    reading->options->service,
	    "%s:%u: %s, and the line grants nothing: %s", reading->line->path,
	    reading->line->line_no, said.text, arguments->bad_why);
}

/* ---- what the service needs ---------------------------------------------- */

/* table=PATH must be the table of the gate. */
static int
check_table(const struct reading *reading, const struct arguments *arguments)
{
	const char *table = reading->options->table;

	if (strcmp(arguments->table, table) == 0)
		return 0;
	return pamreport_add(reading->report, PAMSEVERITY_TODO, "other-table",
	    reading->options->service,
	    "%s:%u: the module writes %s, but path of [table] in the "
	    "configuration is %s; add table=%s to the module's line",
	    reading->line->path, reading->line->line_no, arguments->table,
	    table, table);
}

/* Some servers give PAM no address; the module must know where to look. */
static int
check_source(const struct reading *reading, const struct arguments *arguments)
{
	if (reading->options->needed[0] == '\0' || arguments->from != NULL)
		return 0;
	return pamreport_add(reading->report, PAMSEVERITY_TODO, "no-address",
	    reading->options->service,
	    "%s:%u: %s does not give PAM the client's address; add %s to the "
	    "module's line",
	    reading->line->path, reading->line->line_no,
	    reading->options->servers, reading->options->needed);
}

/* ---- one line ------------------------------------------------------------ */

static int
check_arguments(
    struct reading *reading, bool is_recording, int argc, const char **argv)
{
	struct arguments arguments;
	int error;

	arguments_parse(&arguments, argc, argv, report_unknown, reading);
	if (reading->error != 0)
		return reading->error;
	/* Such a line writes no table and needs no address. */
	if (arguments.bad != NULL)
		return report_bad(reading, &arguments);
	if (!is_recording)
		return 0;
	error = check_table(reading, &arguments);
	return error == 0 ? check_source(reading, &arguments) : error;
}

static int
check_line(struct reading *reading, bool is_recording)
{
	char *args = strdup(reading->line->args), *rest = args;
	/* a word has at least one byte: "[][]" is two words */
	const char **argv =
	    calloc(strlen(reading->line->args) + 1, sizeof(*argv));
	int error = -ENOMEM, argc = 0;

	if (args == NULL || argv == NULL)
		goto out;
	while ((argv[argc] = pamfile_next_word(&rest)) != NULL)
		argc++;
	error = check_arguments(reading, is_recording, argc, argv);
out:
	free(argv);
	free(args);
	return error;
}

int
pamoptions_check(const struct pamoptions *options, const struct pamfile *file,
    const struct pamfile_line *recording, struct pamreport *report)
{
	struct reading reading = {.options = options, .report = report};
	size_t i;
	int error = 0;

	for (i = 0; i < file->n && error == 0; i++) {
		reading.line = &file->lines[i];
		/* The module has no hook for passwords. */
		if (pamfile_is_ours(reading.line) &&
		    reading.line->type != PAMFILE_PASSWORD)
			error = check_line(&reading, reading.line == recording);
	}
	return error;
}
