/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamservice.h"

#include "pamcheck/pamrun.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum service_kind {
	SERVICE_POP = 0,
	SERVICE_IMAP,   /* may be recorded too */
	SERVICE_SHARED, /* POP, IMAP and SMTP AUTH in one */
};

static const struct known_service {
	const char *name;
	const char *servers;
	enum service_kind kind;
	const char *args; /* needed to find the client's address */
} known_services[] = {
    {"pop3", "Dovecot, Courier", SERVICE_POP, ""},
    {"dovecot", "Dovecot", SERVICE_SHARED, ""},
    {"pop", "Cyrus", SERVICE_POP,
	"from=unix from_exe=/usr/lib/cyrus/bin/pop3d"},
    {"popa3d", "popa3d", SERVICE_POP, ""},
    {"mailutils", "GNU mailutils", SERVICE_POP, "from=rhost,fd0,socket"},
    {"solid-pop3d", "solid-pop3d", SERVICE_POP, ""},
    {"qpopper", "Qpopper", SERVICE_POP, ""},
    {"ipop3d", "UW ipop3d", SERVICE_POP, ""},
    {"teapop", "teapop", SERVICE_POP, ""},
    {"imap", "Dovecot, Courier, Cyrus", SERVICE_IMAP, ""},
    {"mail", "Dovecot", SERVICE_SHARED, ""},
};

#define N_KNOWN (sizeof(known_services) / sizeof(known_services[0]))

/* One service. */
struct subject {
	const struct pamservice_run *run;
	const char *name;
	const struct known_service *known; /* NULL: named by the caller */
	struct pamfile file;
	struct pamrun_stack account, session;
	struct pamreport_service *entry;
};

static const struct known_service *
find_known(const char *name)
{
	size_t i;

	for (i = 0; i < N_KNOWN; i++)
		if (strcmp(known_services[i].name, name) == 0)
			return &known_services[i];
	return NULL;
}

static const struct pamfile_line *
find_ours(const struct pamfile *file, enum pamfile_type type)
{
	size_t i;

	for (i = 0; i < file->n; i++)
		if (file->lines[i].type == type &&
		    pamfile_is_ours(&file->lines[i]))
			return &file->lines[i];
	return NULL;
}

/* Add the advice to the finding that was just added. */
static void
advise(const struct subject *subject)
{
	struct pamreport *report = subject->run->report;
	const char *args = subject->known != NULL ? subject->known->args : "";
	struct pamadvice *advice;

	if (report->error != 0)
		return;
	advice = &report->findings[report->n_findings - 1].advice;
	report->error = pamadvice_find(subject->run->check->root, subject->name,
	    &subject->file, args, advice);
	if (report->error == 0 && advice->n == 0)
		pamreport_add(report, PAMSEVERITY_NOTE, "no-safe-place",
		    subject->name,
		    "in no place in %s would the module record every good "
		    "login and no refused one; make the lines that refuse end "
		    "the stack (requisite), but not the lines that accept "
		    "(sufficient)",
		    subject->file.path);
}

/*
 * Add what is to do about a line, with advice.
 * fmt: the sentence after "FILE:LINE: ".
 */
static void __attribute__((format(printf, 4, 5)))
report_line(const struct subject *subject, const char *code,
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
	advise(subject);
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
		report_line(subject, "too-early", ours,
		    "the module is before %s:%u (%s), which may still refuse "
		    "the login that the module records",
		    line->path, line->line_no,
		    pamfile_module_name(line->module));
	else
		report_line(subject, "after-refusal", ours,
		    "when %s:%u (%s) refuses a login, libpam still runs the "
		    "module, which records the login",
		    line->path, line->line_no,
		    pamfile_module_name(line->module));
}

/* Why the stack refuses every login: a broken line, or only our own line. */
static void
report_impassable(
    const struct subject *subject, const struct pamrun_stack *stack)
{
	const struct pamfile_line *broken = NULL;
	bool has_other = false;
	size_t i;

	for (i = 0; i < stack->n; i++) {
		if (stack->lines[i]->kind == PAMFILE_BROKEN && broken == NULL)
			broken = stack->lines[i];
		if (stack->lines[i]->kind == PAMFILE_MODULE &&
		    !pamfile_is_ours(stack->lines[i]))
			has_other = true;
	}
	if (broken != NULL)
		pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		    "unreadable-line", subject->name,
		    "%s:%u: %s; every login is refused", broken->path,
		    broken->line_no, broken->module);
	else if (!has_other)
		report_line(subject, "only-account-line", stack->lines[0],
		    "the module is the only account line; it never accepts a "
		    "login, so every login is refused");
	else
		pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		    "no-way-through", subject->name,
		    "%s: the account stack refuses every login",
		    subject->file.path);
}

static void
report_unreached(const struct subject *subject,
    const struct pamrun_stack *stack, const struct pamfile_line *ours,
    size_t ended_by)
{
	const struct pamfile_line *line =
	    ended_by != PAMRUN_NONE ? stack->lines[ended_by] : NULL;

	if (line == NULL)
		report_line(subject, "never-reached", ours,
		    "a good login never reaches the module");
	else
		report_line(subject, "never-reached", ours,
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

/* Check the place of our module in this stack. */
static void
judge(const struct subject *subject, const struct pamrun_stack *stack,
    const struct pamfile_line *ours)
{
	const size_t n_todo = subject->run->report->n_todo;
	struct pamrun_view view;
	int error = pamrun_explore(stack, &view);

	if (error != 0) {
		subject->run->report->error = error;
		return;
	}
	if (view.decided_by != PAMRUN_NONE)
		report_line(subject, "decides", ours,
		    "with this control the module's answer accepts or refuses "
		    "logins, but the module has no answer to give; write "
		    "\"optional\"");
	else if (!view.can_pass)
		report_impassable(subject, stack);
	else if (!view.can_be_recorded || view.ended_by != PAMRUN_NONE)
		report_unreached(subject, stack, ours, view.ended_by);
	else if (view.refused_by != PAMRUN_NONE &&
		 ours->type == PAMFILE_ACCOUNT)
		report_refused(subject, stack, ours, view.refused_by);
	else if (view.skipped_by != PAMRUN_NONE)
		report_skipped(subject, stack, view.skipped_by);
	subject->entry->state = subject->run->report->n_todo > n_todo
				    ? PAMSTATE_WRONG
				    : PAMSTATE_RIGHT;
}

static void
check_options(const struct subject *subject, const struct pamfile_line *ours)
{
	struct pamreport *report = subject->run->report;
	const struct pamoptions options = {
	    .service = subject->name,
	    .servers = subject->entry->servers,
	    .needed = subject->known != NULL ? subject->known->args : "",
	    .table = subject->run->check->table,
	};
	const size_t n_todo = report->n_todo;

	pamoptions_check(&options, &subject->file, ours, report);
	if (report->n_todo > n_todo)
		subject->entry->state = PAMSTATE_WRONG;
}

/* ---- one service -------------------------------------------------------- */

/* Whether this service is Dovecot's, but Dovecot does not use it. */
static bool
is_unused(const struct subject *subject)
{
	const struct dovecot *dovecot = &subject->run->dovecot;

	if (subject->known == NULL)
		return false;
	if (dovecot->is_gone)
		return strcmp(subject->known->servers, "Dovecot") == 0;
	if (!dovecot->has_pam)
		return false;
	if (dovecot->service == NULL)
		return subject->known->kind == SERVICE_SHARED;
	return strcmp(subject->known->servers, "Dovecot") == 0 &&
	       strcmp(dovecot->service, subject->name) != 0;
}

static void
check_absent(const struct subject *subject)
{
	const enum service_kind kind =
	    subject->known != NULL ? subject->known->kind : SERVICE_POP;

	if (is_unused(subject)) {
		subject->entry->state = PAMSTATE_UNUSED;
		return;
	}
	if (kind == SERVICE_IMAP)
		return;
	if (subject->file.path == NULL)
		pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		    "no-service-file", subject->name,
		    "the service %s has no file, so libpam uses \"other\"",
		    subject->name);
	else
		pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		    "module-missing", subject->name,
		    "%s does not call the module; logins are not recorded",
		    subject->file.path);
	advise(subject);
}

static void
check_session_alone(
    const struct subject *subject, const struct pamfile_line *ours)
{
	const struct dovecot *dovecot = &subject->run->dovecot;

	if (dovecot->has_pam && dovecot->opens_session &&
	    (subject->known == NULL ||
		strstr(subject->known->servers, "Dovecot") != NULL))
		judge(subject, &subject->session, ours);
	else {
		subject->entry->state = PAMSTATE_WRONG;
		report_line(subject, "session-alone", ours,
		    "the module is only in the session stack, but the only POP "
		    "server that opens sessions is Dovecot with session=yes");
	}
}

/* The line is right, but Dovecot uses another service. */
static void
check_used(const struct subject *subject)
{
	const struct dovecot *dovecot = &subject->run->dovecot;

	if (subject->known == NULL || subject->known->kind != SERVICE_POP ||
	    strstr(subject->known->servers, "Dovecot") == NULL ||
	    !dovecot->has_pam || dovecot->service == NULL ||
	    strcmp(dovecot->service, subject->name) == 0 ||
	    pamfile_exists(subject->run->check->root, "/etc/courier/pop3d"))
		return;
	subject->entry->state = PAMSTATE_UNUSED;
	pamreport_add(subject->run->report, PAMSEVERITY_TODO, "not-asked",
	    subject->name,
	    "%s: Dovecot uses the service %s, not %s; write %s there",
	    dovecot->pam_place, dovecot->service, subject->name,
	    dovecot->is_2_4 ? "service_name = %{protocol}" : "args = %s");
}

static void
check_places(struct subject *subject)
{
	const struct pamfile_line *account =
	    find_ours(&subject->file, PAMFILE_ACCOUNT);
	const struct pamfile_line *session =
	    find_ours(&subject->file, PAMFILE_SESSION);
	const struct pamfile_line *auth =
	    find_ours(&subject->file, PAMFILE_AUTH);
	const struct pamfile_line *ours = account != NULL   ? account
					  : session != NULL ? session
							    : auth;

	if (ours == NULL) {
		check_absent(subject);
		return;
	}
	if (asprintf(&subject->entry->place, "%s:%u", ours->path,
		ours->line_no) < 0) {
		subject->entry->place = NULL;
		subject->run->report->error = -ENOMEM;
	}
	if (account != NULL)
		judge(subject, &subject->account, account);
	else if (session != NULL)
		check_session_alone(subject, session);
	else {
		subject->entry->state = PAMSTATE_WRONG;
		report_line(subject, "auth-alone", auth,
		    "the module is only in the auth stack, where it records "
		    "nothing");
	}
	check_options(subject, ours);
	check_used(subject);
}

static void
check_shared(const struct subject *subject)
{
	if (subject->known != NULL && subject->known->kind == SERVICE_SHARED &&
	    subject->entry->state != PAMSTATE_UNUSED)
		pamreport_add(subject->run->report, PAMSEVERITY_NOTE,
		    "shared-service", subject->name,
		    "Dovecot uses the service %s for IMAP and SMTP AUTH too, "
		    "so these logins are recorded as well; with args = %%s in "
		    "its passdb, /etc/pam.d/pop3 is for POP3 only",
		    subject->name);
}

void
pamservice_check(const struct pamservice_run *run, const char *name)
{
	struct subject subject = {
	    .run = run,
	    .name = name,
	    .known = find_known(name),
	};
	int error;

	subject.entry = pamreport_add_service(run->report, name,
	    subject.known != NULL ? subject.known->servers : "named by you");
	if (subject.entry == NULL)
		return;
	error = pamfile_read(run->check->root, name, &subject.file);
	if (error != 0 && error != -ENOMEM) {
		pamreport_add(run->report, PAMSEVERITY_TODO, "unreadable-file",
		    name, "the file of the service %s cannot be read: %s", name,
		    strerror(-error));
		return;
	}
	if (error == 0)
		error = pamrun_take(
		    &subject.file, PAMFILE_ACCOUNT, &subject.account);
	if (error == 0)
		error = pamrun_take(
		    &subject.file, PAMFILE_SESSION, &subject.session);
	if (error == 0) {
		check_places(&subject);
		check_shared(&subject);
	} else {
		run->report->error = error;
	}
	pamfile_free(&subject.file);
}

bool
pamservice_is_known(const char *name)
{
	return find_known(name) != NULL;
}
