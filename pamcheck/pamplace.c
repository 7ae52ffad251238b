/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamplace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const struct dovecot_passdb *
pamplace_passdb(const struct subject *subject)
{
	return subject->passdb != DOVECOTLOGIN_NONE
		   ? &subject->run->dovecot.passdbs[subject->passdb]
		   : NULL;
}

void
pamplace_advise(const struct subject *subject)
{
	struct pamreport *report = subject->run->report;
	const char *args = subject->known != NULL ? subject->known->args : "";
	const size_t i = report->n_findings - 1;
	struct pamadvice advice;

	if (report->error != 0)
		return;
	report->error = pamadvice_find(subject->run->check->root, subject->name,
	    &subject->file, args, &advice);
	if (report->n_findings > i)
		report->findings[i].advice = advice;
	if (report->error == 0 && advice.n == 0)
		pamreport_add(report, PAMSEVERITY_NOTE, "no-safe-place",
		    subject->name,
		    "in no place in %s would the module record every good "
		    "login and no refused one%s",
		    subject->file.path,
		    subject->is_sick
			? "; do first what else is to do"
			: "; remove the option strict, with which the module "
			  "records before the server has accepted the login");
}

void
pamplace_report(const struct subject *subject, const char *code,
    const struct pamfile_line *line, const char *fmt, ...)
{
	struct pamreport *report = subject->run->report;
	char *sentence;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&sentence, fmt, ap) < 0) {
		sentence = NULL;
		report->error = -ENOMEM;
	}
	va_end(ap);
	pamreport_add(report, PAMSEVERITY_TODO, code, subject->name,
	    "%s:%u: %s", line->path, line->line_no, sentence);
	free(sentence);
	pamplace_advise(subject);
}

/* ---- what is wrong with a stack ----------------------------------------- */

static void
report_refused(const struct subject *subject, const struct pamrun_stack *stack,
    const struct pamfile_line *ours, size_t refused_by)
{
	const struct pamfile_line *line = stack->lines[refused_by];
	size_t i;

	for (i = 0; i < refused_by && stack->lines[i] != ours; i++)
		;
	if (i < refused_by)
		pamplace_report(subject, "too-early", ours,
		    "the module is before %s:%u (%s), which may still refuse "
		    "the login that the module records",
		    line->path, line->line_no,
		    pamfile_module_name(line->module));
	else
		pamplace_report(subject, "after-refusal", ours,
		    "when %s:%u (%s) refuses a login, libpam still runs the "
		    "module, which records the login",
		    line->path, line->line_no,
		    pamfile_module_name(line->module));
}

/* pamhealth.h has reported any other reason. */
static void
report_impassable(
    const struct subject *subject, const struct pamrun_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->n; i++)
		if (!pamfile_is_ours(stack->lines[i]))
			return;
	pamplace_report(subject, "only-account-line", stack->lines[0],
	    "the module is the only account line; it never accepts a "
	    "login, so every login is refused");
}

static void
report_unreached(const struct subject *subject,
    const struct pamrun_stack *stack, const struct pamfile_line *ours,
    size_t ended_by)
{
	const struct pamfile_line *line =
	    ended_by != PAMRUN_NONE ? stack->lines[ended_by] : NULL;

	if (line == NULL)
		pamplace_report(subject, "never-reached", ours,
		    "a good login never reaches the module");
	else
		pamplace_report(subject, "never-reached", ours,
		    "a good login never reaches the module, because %s:%u (%s) "
		    "ends the stack before it",
		    line->path, line->line_no,
		    pamfile_module_name(line->module));
}

static void
report_skipped(const struct subject *subject, const struct pamrun_stack *stack,
    size_t skipped_by)
{
	const struct pamfile_line *line = stack->lines[skipped_by];

	pamreport_add(subject->run->report, PAMSEVERITY_NOTE,
	    "skipped-for-some", subject->name,
	    "%s:%u (%s) decides for which users the module is skipped",
	    line->path, line->line_no, pamfile_module_name(line->module));
}

/*
 * Whether the line records a login that the stack refuses afterwards.  Usually
 * the module waits for the end of PAM.
 */
static bool
records_refused(const struct subject *subject, const struct pamfile_line *ours)
{
	const struct pamoptions_flags flags = pamoptions_flags(ours);

	if (ours->type != PAMFILE_ACCOUNT)
		return false;
	return flags.is_strict ||
	       (subject->known != NULL && subject->known->ends_with_success &&
		   !flags.has_setcred);
}

void
pamplace_judge(const struct subject *subject, const struct pamrun_stack *stack,
    const struct pamfile_line *ours)
{
	const size_t n_todo = subject->run->report->n_todo;
	struct pamrun_view view;
	int error = pamrun_explore(stack, &view);

	if (error != 0) {
		subject->run->report->error = error;
		return;
	}
	if (ours->is_missing) {
		subject->entry->state = PAMSTATE_WRONG;
		return;
	}
	if (view.decided_by != PAMRUN_NONE)
		pamplace_report(subject, "decides", ours,
		    "with this control the module's answer accepts or refuses "
		    "logins, but the module has no answer to give; write "
		    "\"optional\"");
	else if (!view.can_pass)
		report_impassable(subject, stack);
	else if (!view.can_be_recorded || view.ended_by != PAMRUN_NONE)
		report_unreached(subject, stack, ours, view.ended_by);
	else if (view.refused_by != PAMRUN_NONE &&
		 records_refused(subject, ours))
		report_refused(subject, stack, ours, view.refused_by);
	else if (view.skipped_by != PAMRUN_NONE)
		report_skipped(subject, stack, view.skipped_by);
	subject->entry->state = subject->run->report->n_todo > n_todo
				    ? PAMSTATE_WRONG
				    : PAMSTATE_RIGHT;
}
