/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamservice.h"

#include "pamcheck/pamfile.h"
#include "pamcheck/pamoptions.h"
#include "pamcheck/pamrun.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum service_kind {
	SERVICE_POP = 0,
	SERVICE_IMAP,   /* may be recorded too: IMAP before SMTP */
	SERVICE_SHARED, /* POP, IMAP and SMTP AUTH in one */
};

static const struct known_service {
	const char *name;
	const char *servers;
	enum service_kind kind;
	const char *args; /* without which the client's address is not found */
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

/* A finding that can do without a reaction; what remains is the memory. */
static int
added(const struct pamfinding *finding)
{
	return finding != NULL ? 0 : -ENOMEM;
}

static int
advise(const struct subject *subject, struct pamfinding *finding)
{
	const char *args = subject->known != NULL ? subject->known->args : "";
	int error;

	if (finding == NULL)
		return -ENOMEM;
	error = pamadvice_find(subject->run->check->root, subject->name,
	    &subject->file, args, &finding->advice);
	if (error != 0 || finding->advice.n > 0)
		return error;
	return added(pamreport_add(subject->run->report, PAMSEVERITY_NOTE,
	    "no-safe-place", subject->name,
	    "in no place of %s would the module record every good login and "
	    "none that is refused; have the lines that refuse end the stack "
	    "(requisite), and not those that are content (sufficient)",
	    subject->file.path));
}

/* ---- what is wrong with a stack ----------------------------------------- */

static int
report_refused(const struct subject *subject, const struct pamrun_stack *stack,
    const struct pamfile_line *ours, size_t refused_by)
{
	const struct pamfile_line *line = stack->lines[refused_by];
	bool is_later = true;
	size_t i;

	for (i = refused_by; i < stack->n; i++)
		if (stack->lines[i] == ours)
			is_later = false;
	return advise(subject,
	    is_later
		? pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		      "too-early", subject->name,
		      "%s:%u: the module stands before %s:%u (%s), which may "
		      "still refuse the login that it records",
		      ours->path, ours->line_no, line->path, line->line_no,
		      pamfile_module_name(line))
		: pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		      "after-refusal", subject->name,
		      "%s:%u: when %s:%u (%s) refuses a login, libpam runs "
		      "the module all the same, and it is recorded",
		      ours->path, ours->line_no, line->path, line->line_no,
		      pamfile_module_name(line)));
}

/* Why nobody can pass: a broken line, or nothing but our own. */
static int
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
		return added(pamreport_add(subject->run->report,
		    PAMSEVERITY_TODO, "unreadable-line", subject->name,
		    "%s:%u: %s; every login is refused", broken->path,
		    broken->line_no, broken->module));
	if (!has_other)
		return advise(subject,
		    pamreport_add(subject->run->report, PAMSEVERITY_TODO,
			"only-account-line", subject->name,
			"%s:%u: the module is the only account line; it never "
			"says yes, so every login is refused",
			stack->lines[0]->path, stack->lines[0]->line_no));
	return added(pamreport_add(subject->run->report, PAMSEVERITY_TODO,
	    "no-way-through", subject->name, "%s: no login can pass this stack",
	    subject->file.path));
}

static int
report_unreached(const struct subject *subject,
    const struct pamrun_stack *stack, const struct pamfile_line *ours,
    size_t ended_by)
{
	const struct pamfile_line *line =
	    ended_by != PAMRUN_NONE ? stack->lines[ended_by] : NULL;

	if (line == NULL)
		return advise(subject,
		    pamreport_add(subject->run->report, PAMSEVERITY_TODO,
			"never-reached", subject->name,
			"%s:%u: a good login never gets to the module",
			ours->path, ours->line_no));
	return advise(subject,
	    pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		"never-reached", subject->name,
		"%s:%u: a good login never gets to the module, because "
		"%s:%u (%s) ends the stack before",
		ours->path, ours->line_no, line->path, line->line_no,
		pamfile_module_name(line)));
}

static int
report_skipped(const struct subject *subject, const struct pamrun_stack *stack,
    size_t skipped_by)
{
	const struct pamfile_line *line = stack->lines[skipped_by];

	return added(pamreport_add(subject->run->report, PAMSEVERITY_NOTE,
	    "skipped-for-some", subject->name,
	    "%s:%u (%s) decides for whom the module is left out", line->path,
	    line->line_no, pamfile_module_name(line)));
}

/* Our module in this stack: right, or a finding. */
static int
judge(const struct subject *subject, const struct pamrun_stack *stack,
    const struct pamfile_line *ours)
{
	const size_t n_todo = subject->run->report->n_todo;
	struct pamrun_view view;
	int error;

	/* As if it were installed: that it is not is told once. */
	error = pamrun_explore(stack, true, &view);
	if (error != 0)
		return error;
	if (view.decided_by != PAMRUN_NONE)
		error = advise(subject,
		    pamreport_add(subject->run->report, PAMSEVERITY_TODO,
			"decides", subject->name,
			"%s:%u: with this control the module, which has "
			"nothing to say about a login, decides it; write "
			"\"optional\"",
			ours->path, ours->line_no));
	else if (!view.can_pass)
		error = report_impassable(subject, stack);
	else if (!view.can_be_recorded || view.ended_by != PAMRUN_NONE)
		error = report_unreached(subject, stack, ours, view.ended_by);
	else if (view.refused_by != PAMRUN_NONE &&
		 ours->type == PAMFILE_ACCOUNT)
		error = report_refused(subject, stack, ours, view.refused_by);
	else if (view.skipped_by != PAMRUN_NONE)
		error = report_skipped(subject, stack, view.skipped_by);
	subject->entry->state = subject->run->report->n_todo > n_todo
				    ? PAMSTATE_WRONG
				    : PAMSTATE_RIGHT;
	return error;
}

static int
check_options(const struct subject *subject, const struct pamfile_line *ours)
{
	const struct pamreport *report = subject->run->report;
	const struct pamoptions options = {
	    .service = subject->name,
	    .servers = subject->entry->servers,
	    .needed = subject->known != NULL ? subject->known->args : "",
	    .table = subject->run->check->table,
	};
	const size_t n_todo = report->n_todo;
	const int error = pamoptions_check(
	    &options, &subject->file, ours, subject->run->report);

	if (report->n_todo > n_todo)
		subject->entry->state = PAMSTATE_WRONG;
	return error;
}

/* ---- one service -------------------------------------------------------- */

/* Whether Dovecot asks another service than this one. */
static bool
is_passed_over(const struct subject *subject)
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

static int
check_absent(const struct subject *subject)
{
	const enum service_kind kind =
	    subject->known != NULL ? subject->known->kind : SERVICE_POP;

	if (is_passed_over(subject)) {
		subject->entry->state = PAMSTATE_UNUSED;
		return 0;
	}
	if (kind == SERVICE_IMAP)
		return 0;
	return advise(subject,
	    subject->file.path == NULL
		? pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		      "no-service-file", subject->name,
		      "there is no file for the service %s, so libpam takes "
		      "\"other\" for it",
		      subject->name)
		: pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		      "module-missing", subject->name,
		      "%s does not call the module; logins are not recorded",
		      subject->file.path));
}

static int
check_session_alone(
    const struct subject *subject, const struct pamfile_line *ours)
{
	const struct dovecot *dovecot = &subject->run->dovecot;

	if (dovecot->has_pam && dovecot->opens_session &&
	    (subject->known == NULL ||
		strstr(subject->known->servers, "Dovecot") != NULL))
		return judge(subject, &subject->session, ours);
	subject->entry->state = PAMSTATE_WRONG;
	return advise(subject,
	    pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		"session-alone", subject->name,
		"%s:%u: the module is in the session stack alone, and no POP "
		"server opens a session but Dovecot with session=yes",
		ours->path, ours->line_no));
}

/* The line is right, and Dovecot asks another service. */
static int
check_asked(const struct subject *subject)
{
	const struct dovecot *dovecot = &subject->run->dovecot;

	if (subject->known == NULL || subject->known->kind != SERVICE_POP ||
	    strstr(subject->known->servers, "Dovecot") == NULL ||
	    !dovecot->has_pam || dovecot->service == NULL ||
	    strcmp(dovecot->service, subject->name) == 0 ||
	    pamcheck_exists(subject->run->check, "/etc/courier/pop3d"))
		return 0;
	subject->entry->state = PAMSTATE_UNUSED;
	return added(pamreport_add(subject->run->report, PAMSEVERITY_TODO,
	    "not-asked", subject->name,
	    "%s: Dovecot asks the service %s, not %s; write %s there",
	    dovecot->pam_place, dovecot->service, subject->name,
	    dovecot->is_2_4 ? "service_name = %{protocol}" : "args = %s"));
}

static int
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
	int error;

	if (ours == NULL)
		return check_absent(subject);
	if (asprintf(&subject->entry->place, "%s:%u", ours->path,
		ours->line_no) < 0) {
		subject->entry->place = NULL;
		return -ENOMEM;
	}
	if (account != NULL)
		error = judge(subject, &subject->account, account);
	else if (session != NULL)
		error = check_session_alone(subject, session);
	else {
		subject->entry->state = PAMSTATE_WRONG;
		error = advise(subject,
		    pamreport_add(subject->run->report, PAMSEVERITY_TODO,
			"auth-alone", subject->name,
			"%s:%u: in the auth stack the module remembers where "
			"the client is, and records nothing",
			auth->path, auth->line_no));
	}
	if (error == 0)
		error = check_options(subject, ours);
	return error == 0 ? check_asked(subject) : error;
}

static int
check_shared(const struct subject *subject)
{
	if (subject->known == NULL || subject->known->kind != SERVICE_SHARED ||
	    subject->entry->state == PAMSTATE_UNUSED)
		return 0;
	return added(pamreport_add(subject->run->report, PAMSEVERITY_NOTE,
	    "shared-service", subject->name,
	    "Dovecot asks the service %s for IMAP and SMTP AUTH too, and what "
	    "is recorded there are these logins as well; with args = %%s in "
	    "its passdb, /etc/pam.d/pop3 is for POP3 alone",
	    subject->name));
}

int
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
		return -ENOMEM;
	error = pamfile_read(run->check->root, name, &subject.file);
	if (error == -ENOMEM)
		return error;
	if (error != 0)
		return added(pamreport_add(run->report, PAMSEVERITY_TODO,
		    "unreadable-file", name,
		    "the file of the service %s cannot be read: %s", name,
		    strerror(-error)));
	error = pamrun_take(&subject.file, PAMFILE_ACCOUNT, &subject.account);
	if (error == 0)
		error = pamrun_take(
		    &subject.file, PAMFILE_SESSION, &subject.session);
	if (error == 0)
		error = check_places(&subject);
	if (error == 0)
		error = check_shared(&subject);
	pamfile_free(&subject.file);
	return error;
}

bool
pamservice_is_known(const char *name)
{
	return find_known(name) != NULL;
}
