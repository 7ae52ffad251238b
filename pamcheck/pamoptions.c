/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamservice.h"

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
};

/* ---- what the module says about them ------------------------------------- */

/* Options may have any bytes; they are quoted as the module logs them. */

static void
report_unknown(const char *arg, void *context)
{
	const struct reading *reading = context;
	struct logline said;

	logline_init(&said, "the module ignores");
	logline_add(&said, "option", arg);
	pamreport_add(reading->report, PAMSEVERITY_NOTE, "unknown-option",
	    reading->options->service, "%s:%u: %s: " ARGUMENTS_UNKNOWN_WHY,
	    reading->line->path, reading->line->line_no, said.text);
}

static void
report_bad(const struct reading *reading, const struct arguments *arguments)
{
	struct logline said;

	logline_init(&said, "the module refuses");
	logline_add(&said, "option", arguments->bad);
	pamreport_add(reading->report, PAMSEVERITY_TODO, "bad-option",
	    reading->options->service,
	    "%s:%u: %s, and the line grants nothing: %s", reading->line->path,
	    reading->line->line_no, said.text, arguments->bad_why);
}

/* ---- what the service needs ---------------------------------------------- */

/* table=PATH must be the table of the gate. */
static void
check_table(const struct reading *reading, const struct arguments *arguments)
{
	const char *table = reading->options->table;

	if (strcmp(arguments->table, table) == 0)
		return;
	pamreport_add(reading->report, PAMSEVERITY_TODO, "other-table",
	    reading->options->service,
	    "%s:%u: the module writes %s, but path of [table] in the "
	    "configuration is %s; add table=%s to the module's line",
	    reading->line->path, reading->line->line_no, arguments->table,
	    table, table);
}

/* Some servers give PAM no address; the module must know where to look. */
static void
check_source(const struct reading *reading, const struct arguments *arguments)
{
	if (reading->options->needed[0] == '\0' || arguments->from != NULL)
		return;
	pamreport_add(reading->report, PAMSEVERITY_TODO, "no-address",
	    reading->options->service,
	    "%s:%u: %s does not give PAM the client's address; add %s to the "
	    "module's line",
	    reading->line->path, reading->line->line_no,
	    reading->options->servers, reading->options->needed);
}

/* ---- one line ------------------------------------------------------------ */

static void
check_line(struct reading *reading, bool is_recording)
{
	char *args = strdup(reading->line->args), *rest = args;
	/* a word has at least one byte: "[][]" is two words */
	const char **argv =
	    calloc(strlen(reading->line->args) + 1, sizeof(*argv));
	struct arguments arguments;
	int argc = 0;

	if (args == NULL || argv == NULL) {
		reading->report->error = -ENOMEM;
		goto out;
	}
	while ((argv[argc] = pamfile_next_word(&rest)) != NULL)
		argc++;
	arguments_parse(&arguments, argc, argv, report_unknown, reading);
	/* Such a line writes no table and needs no address. */
	if (arguments.bad != NULL) {
		report_bad(reading, &arguments);
	} else if (is_recording) {
		check_table(reading, &arguments);
		check_source(reading, &arguments);
	}
out:
	free(argv);
	free(args);
}

void
pamoptions_check(const struct pamoptions *options, const struct pamfile *file,
    const struct pamfile_line *recording, struct pamreport *report)
{
	struct reading reading = {.options = options, .report = report};
	size_t i;

	for (i = 0; i < file->n; i++) {
		reading.line = &file->lines[i];
		/* The module has no hook for passwords. */
		if (pamfile_is_ours(reading.line) &&
		    reading.line->type != PAMFILE_PASSWORD)
			check_line(&reading, reading.line == recording);
	}
}
