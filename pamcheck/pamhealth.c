/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamhealth.h"

#include "pamcheck/pamrun.h"

#include <errno.h>
#include <security/_pam_types.h>
#include <string.h>

/* The stacks of one service. */
struct patient {
	const char *name;
	const struct pamfile *file;
	bool opens_sessions;
	struct pamreport *report;
	struct pamrun_view views[PAMFILE_ANY];
};

static const char *const type_names[PAMFILE_ANY] = {
    [PAMFILE_AUTH] = "auth",
    [PAMFILE_ACCOUNT] = "account",
    [PAMFILE_SESSION] = "session",
    [PAMFILE_PASSWORD] = "password",
};

/* Whether a login meets lines of this type. */
static bool
is_met(const struct patient *patient, enum pamfile_type type)
{
	return type == PAMFILE_AUTH || type == PAMFILE_ACCOUNT ||
	       (type == PAMFILE_SESSION && patient->opens_sessions);
}

static enum pamseverity
severity_of(const struct patient *patient, enum pamfile_type type)
{
	return is_met(patient, type) ? PAMSEVERITY_TODO : PAMSEVERITY_NOTE;
}

/* What follows from the flaw of a line of this type. */
static const char *
consequence(const struct patient *patient, enum pamfile_type type)
{
	return is_met(patient, type) && !patient->views[type].can_pass
		   ? "; libpam refuses every login"
		   : "";
}

/* ---- lines -------------------------------------------------------------- */

/* One sentence is enough for a line, and for a file with line ends of DOS. */
static bool
is_said(const struct pamfile *file, size_t i)
{
	const struct pamfile_line *line = &file->lines[i], *before;
	size_t j;

	for (j = 0; j < i; j++) {
		before = &file->lines[j];
		if (before->flaw == NULL ||
		    strcmp(before->path, line->path) != 0)
			continue;
		if (before->line_no == line->line_no ||
		    (strstr(before->flaw, "carriage return") != NULL &&
			strstr(line->flaw, "carriage return") != NULL))
			return true;
	}
	return false;
}

static void
report_flaw(const struct patient *patient, const struct pamfile_line *line)
{
	pamreport_add(patient->report, severity_of(patient, line->type),
	    line->is_include ? "unreadable-file" : "unreadable-line",
	    patient->name, "%s:%u: %s%s", line->path, line->line_no, line->flaw,
	    consequence(patient, line->type));
}

/* Whether the line refuses a login because its module is missing. */
static bool
refuses(const struct pamfile_line *line)
{
	const int action = line->actions[PAM_MODULE_UNKNOWN];

	return action == PAMCONTROL_BAD || action == PAMCONTROL_DIE;
}

/* Our own module without a path is missing for all services: pamtraps.h. */
static bool
is_missing_here(const struct pamfile_line *line)
{
	return line->is_missing && line->flaw == NULL &&
	       (!line->is_quiet || refuses(line)) &&
	       (!pamfile_is_ours(line) || line->module[0] == '/');
}

static void
report_missing(const struct patient *patient, const struct pamfile_line *line)
{
	const bool is_needed =
	    is_met(patient, line->type) &&
	    (pamfile_is_ours(line) ||
		(refuses(line) && !patient->views[line->type].can_pass));

	pamreport_add(patient->report,
	    is_needed ? PAMSEVERITY_TODO : PAMSEVERITY_NOTE,
	    "module-not-installed", patient->name,
	    "%s:%u: there is no module %s%s%s", line->path, line->line_no,
	    line->module,
	    pamfile_is_ours(line) ? ", so no login is recorded; write "
				    "pam_popauth.so without a directory"
				  : "",
	    refuses(line) ? consequence(patient, line->type) : "");
}

static void
check_lines(const struct patient *patient)
{
	const struct pamfile *file = patient->file;
	size_t i;

	for (i = 0; i < file->n; i++)
		if (file->lines[i].flaw != NULL && !is_said(file, i))
			report_flaw(patient, &file->lines[i]);
		else if (is_missing_here(&file->lines[i]))
			report_missing(patient, &file->lines[i]);
}

/* ---- stacks ------------------------------------------------------------- */

static bool
is_ours_alone(const struct pamrun_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->n; i++)
		if (!pamfile_is_ours(stack->lines[i]))
			return false;
	return stack->n > 0;
}

/* libpam uses "other" for each type that the service has no line of. */
static int
explore(struct patient *patient, const struct pamfile *other,
    enum pamfile_type type, bool *is_ours_alone_out)
{
	struct pamrun_stack stack;
	int error = pamrun_take(patient->file, type, &stack);

	if (error == 0 && stack.n == 0)
		error = pamrun_take(other, type, &stack);
	if (error != 0)
		return error;
	*is_ours_alone_out = is_ours_alone(&stack);
	return pamrun_explore(&stack, &patient->views[type]);
}

static void
report_impassable(const struct patient *patient, enum pamfile_type type,
    size_t n_todo, bool is_ours)
{
	/* pamservice.c reports our line alone, or the reason is reported */
	if (patient->views[type].can_pass ||
	    (is_ours && type == PAMFILE_ACCOUNT) ||
	    patient->report->n_todo > n_todo)
		return;
	pamreport_add(patient->report, PAMSEVERITY_TODO, "no-way-through",
	    patient->name, "%s: the %s stack refuses every login",
	    patient->file->path, type_names[type]);
}

int
pamhealth_check(const char *root, const char *name, const struct pamfile *file,
    bool opens_sessions, struct pamreport *report, struct pamhealth *health_out)
{
	static const enum pamfile_type types[] = {
	    PAMFILE_AUTH, PAMFILE_ACCOUNT, PAMFILE_SESSION};
	struct patient patient = {
	    .name = name,
	    .file = file,
	    .opens_sessions = opens_sessions,
	    .report = report,
	};
	const size_t n_types = opens_sessions ? 3 : 2, n_todo = report->n_todo;
	struct pamfile other = {.path = NULL};
	bool is_ours[PAMFILE_ANY] = {false};
	size_t i;
	int error = pamfile_read(root, "other", &other);

	if (error != -ENOMEM)
		error = 0;
	for (i = 0; i < n_types && error == 0; i++)
		error = explore(&patient, &other, types[i], &is_ours[types[i]]);
	if (error == 0) {
		check_lines(&patient);
		for (i = 0; i < n_types; i++)
			report_impassable(
			    &patient, types[i], n_todo, is_ours[types[i]]);
		health_out->accepts_any_password =
		    !patient.views[PAMFILE_AUTH].can_refuse;
	}
	pamfile_free(&other);
	return error;
}
