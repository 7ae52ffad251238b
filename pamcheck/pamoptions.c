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
	if (strncmp(reading->options->needed, "from=", 5) != 0 ||
	    arguments->from != NULL)
		return;
	pamreport_add(reading->report, PAMSEVERITY_TODO, "no-address",
	    reading->options->service,
	    "%s:%u: %s does not give PAM the client's address; add %s to the "
	    "module's line",
	    reading->line->path, reading->line->line_no,
	    reading->options->servers, reading->options->needed);
}

/* ---- one line ------------------------------------------------------------ */

/* The words of a line, for arguments.h; fini releases them. */
struct words {
	char *text;
	const char **argv;
	int argc;
};

/* Returns false without memory. */
static bool
words_init(struct words *words, const struct pamfile_line *line)
{
	char *rest;

	words->argc = 0;
	words->text = rest = strdup(line->args);
	/* a word has at least one byte: "[][]" is two words */
	words->argv = calloc(strlen(line->args) + 1, sizeof(*words->argv));
	if (words->text == NULL || words->argv == NULL)
		return false;
	while ((words->argv[words->argc] = pamfile_next_word(&rest)) != NULL)
		words->argc++;
	return true;
}

static void
words_fini(struct words *words)
{
	free(words->argv);
	free(words->text);
}

static void
check_line(struct reading *reading, bool is_recording)
{
	struct arguments arguments;
	struct words words;

	if (!words_init(&words, reading->line)) {
		reading->report->error = -ENOMEM;
		words_fini(&words);
		return;
	}
	arguments_parse(
	    &arguments, words.argc, words.argv, report_unknown, reading);
	/* Such a line writes no table and needs no address. */
	if (arguments.bad != NULL) {
		report_bad(reading, &arguments);
	} else if (is_recording) {
		check_table(reading, &arguments);
		check_source(reading, &arguments);
	}
	words_fini(&words);
}

static void
ignore_unknown(const char *arg, void *context)
{
	(void)arg;
	(void)context;
}

struct pamoptions_flags
pamoptions_flags(const struct pamfile_line *line)
{
	struct pamoptions_flags flags = {.is_strict = false};
	struct arguments arguments;
	struct words words;

	if (words_init(&words, line)) {
		arguments_parse(
		    &arguments, words.argc, words.argv, ignore_unknown, NULL);
		flags.is_strict = arguments.strict;
		flags.has_setcred = arguments.setcred;
	}
	words_fini(&words);
	return flags;
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
