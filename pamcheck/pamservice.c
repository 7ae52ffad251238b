/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamservice.h"

#include "pamcheck/dovecotlogin.h"
#include "pamcheck/pamhealth.h"
#include "pamcheck/pamplace.h"
#include "pamcheck/pamserver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* POP3 alone has the service pop3, popauth(7). */
#define APART_2_3 "args = %{if;%s;eq;pop3;pop3;dovecot}"
#define APART_2_4 "protocol pop3 { passdb pam { service_name = pop3 } }"

static const struct known_service known_services[] = {
    {"pop3", "Dovecot, Courier", SERVICE_POP, "", false},
    {"dovecot", "Dovecot", SERVICE_SHARED, "", false},
    {"pop", "Cyrus", SERVICE_POP, "from=unix from_exe=/usr/lib/cyrus/bin/pop3d",
	false},
    {"popa3d", "popa3d", SERVICE_POP, "", false},
    {"mailutils", "GNU mailutils", SERVICE_POP, "from=rhost,fd0,socket setcred",
	true},
    {"solid-pop3d", "solid-pop3d", SERVICE_POP, "setcred", true},
    {"perdition", "perdition", SERVICE_POP, "", false},
    {"qpopper", "Qpopper", SERVICE_POP, "", false},
    {"ipop3d", "UW ipop3d", SERVICE_POP, "", false},
    {"teapop", "teapop", SERVICE_POP, "", false},
    {"imap", "Dovecot, Courier, Cyrus", SERVICE_IMAP, "", false},
    {"mail", "Dovecot", SERVICE_SHARED, "", false},
};

#define N_KNOWN (sizeof(known_services) / sizeof(known_services[0]))

static const struct known_service *
find_known(const char *name)
{
	size_t i;

	for (i = 0; i < N_KNOWN; i++)
		if (strcmp(known_services[i].name, name) == 0)
			return &known_services[i];
	return NULL;
}

/* Dovecot's passdb that asks the service for logins by this protocol. */
static size_t
find_passdb(
    const struct pamservice_run *run, const char *name, const char *protocol)
{
	if (!pamdovecot_is_server(&run->dovecot))
		return DOVECOTLOGIN_NONE;
	return dovecotlogin_find(&run->dovecot, name, protocol);
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

/* Whether another server than Dovecot, which uses this service, is there. */
static bool
has_other_server(const struct subject *subject)
{
	const char *root = subject->run->check->root;

	if (strcmp(subject->name, "pop3") == 0)
		return pamfile_exists(root, "/etc/courier/pop3d");
	if (strcmp(subject->name, "imap") == 0)
		return pamfile_exists(root, "/etc/courier/imapd") ||
		       pamfile_exists(root, "/etc/imapd.conf");
	return false;
}

/* Whether this service is Dovecot's, but Dovecot does not use it. */
static bool
is_unused(const struct subject *subject)
{
	const struct dovecot *dovecot = &subject->run->dovecot;

	if (subject->known == NULL || subject->passdb != DOVECOTLOGIN_NONE)
		return false;
	if (dovecot->is_gone)
		return strcmp(subject->known->servers, "Dovecot") == 0;
	return dovecot->is_there &&
	       strstr(subject->known->servers, "Dovecot") != NULL &&
	       !has_other_server(subject);
}

/* Our line in the service that Dovecot's passdb i asks, or NULL. */
static char *
place_of_ours(const struct subject *subject, size_t i)
{
	char *service =
	    dovecotlogin_service(&subject->run->dovecot.passdbs[i], "pop3");
	const struct pamfile_line *ours = NULL;
	struct pamfile file = {.path = NULL};
	char *place = NULL;

	if (service != NULL &&
	    pamfile_read(subject->run->check->root, service, &file) == 0)
		ours = find_ours(&file, PAMFILE_ACCOUNT);
	if (ours == NULL && file.path != NULL)
		ours = find_ours(&file, PAMFILE_SESSION);
	if (ours != NULL &&
	    asprintf(&place, "%s:%u", ours->path, ours->line_no) < 0)
		place = NULL;
	pamfile_free(&file);
	free(service);
	return place;
}

/* Whether a second passdb, which asks another service, records the logins. */
static bool
is_recorded_later(const struct subject *subject)
{
	size_t next = DOVECOTLOGIN_NONE;

	if (subject->passdb != DOVECOTLOGIN_NONE)
		next = dovecotlogin_next_pam(
		    &subject->run->dovecot, subject->passdb);
	if (next == DOVECOTLOGIN_NONE)
		return false;
	subject->entry->place = place_of_ours(subject, next);
	if (subject->entry->place != NULL)
		subject->entry->state = PAMSTATE_RIGHT;
	return true;
}

static void
check_absent(const struct subject *subject)
{
	if (subject->kind == SERVICE_IMAP || subject->is_sick ||
	    is_recorded_later(subject))
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
	pamplace_advise(subject);
}

static void
check_session_alone(
    const struct subject *subject, const struct pamfile_line *ours)
{
	const struct dovecot_passdb *passdb = pamplace_passdb(subject);

	if (passdb != NULL && passdb->opens_session)
		pamplace_judge(subject, &subject->session, ours);
	else {
		subject->entry->state = PAMSTATE_WRONG;
		pamplace_report(subject, "session-alone", ours,
		    "the module is only in the session stack, but the only POP "
		    "server that opens sessions is Dovecot with session=yes");
	}
}

/* The line is right, but Dovecot asks other services, which have no line. */
static void
check_unused(const struct subject *subject)
{
	const struct dovecot *dovecot = &subject->run->dovecot;
	const struct dovecot_passdb *first = NULL;
	char *place = NULL, *service;
	size_t i;

	subject->entry->state = PAMSTATE_UNUSED;
	if (find_ours(&subject->file, PAMFILE_ACCOUNT) == NULL &&
	    find_ours(&subject->file, PAMFILE_SESSION) == NULL)
		return;
	for (i = 0; i < dovecot->n && place == NULL; i++) {
		if (!dovecotlogin_is_pam(&dovecot->passdbs[i]) ||
		    !dovecotlogin_asks(dovecot, i))
			continue;
		if (first == NULL)
			first = &dovecot->passdbs[i];
		place = place_of_ours(subject, i);
	}
	service = first != NULL ? dovecotlogin_service(first, "pop3") : NULL;
	if (place == NULL && service != NULL && subject->kind == SERVICE_POP)
		pamreport_add(subject->run->report, PAMSEVERITY_TODO,
		    "not-asked", subject->name,
		    "%s: Dovecot uses the service %s, not %s; write %s there",
		    first->place, service, subject->name,
		    dovecot->is_2_4 ? APART_2_4 : APART_2_3);
	free(service);
	free(place);
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
		pamplace_judge(subject, &subject->account, account);
	else if (session != NULL)
		check_session_alone(subject, session);
	else {
		subject->entry->state = PAMSTATE_WRONG;
		pamplace_report(subject, "auth-alone", auth,
		    "the module is only in the auth stack, where it records "
		    "nothing");
	}
	check_options(subject, ours);
	if (ours->type == PAMFILE_ACCOUNT && auth == NULL &&
	    pamoptions_flags(ours).has_setcred) {
		subject->entry->state = PAMSTATE_WRONG;
		pamplace_report(subject, "no-auth-line", ours,
		    "the option setcred needs an auth line of the module; no "
		    "login is recorded");
	}
}

static void
check_shared(const struct subject *subject)
{
	if (subject->kind == SERVICE_SHARED)
		pamreport_add(subject->run->report, PAMSEVERITY_NOTE,
		    "shared-service", subject->name,
		    "Dovecot uses the service %s for IMAP and SMTP AUTH too, "
		    "so these logins are recorded as well; with %s, POP3 has "
		    "a service of its own",
		    subject->name,
		    subject->run->dovecot.is_2_4 ? APART_2_4 : APART_2_3);
}

/* The service accepts any password, and no other passdb checked it. */
static void
check_password(const struct subject *subject)
{
	const struct dovecot *dovecot = &subject->run->dovecot;
	struct pamreport *report = subject->run->report;

	if (subject->passdb == DOVECOTLOGIN_NONE)
		pamreport_add(report,
		    subject->known != NULL ? PAMSEVERITY_TODO
					   : PAMSEVERITY_NOTE,
		    "any-password", subject->name,
		    "%s: no line of the auth stack checks the password, so any "
		    "password logs in",
		    subject->file.path);
	else if (dovecotlogin_may_accept(dovecot, subject->passdb))
		pamreport_add(report, PAMSEVERITY_TODO, "any-password",
		    subject->name,
		    "%s: any password logs in%s, because no line of the auth "
		    "stack of %s checks it; write skip = unauthenticated there",
		    dovecot->passdbs[subject->passdb].place,
		    dovecotlogin_accepts(dovecot, subject->passdb)
			? ""
			: " while another passdb cannot answer",
		    subject->file.path);
}

/* Report if the server does not ask PAM, as its own configuration says. */
static enum pamserver_use
check_server(const struct subject *subject)
{
	struct pamreport *report = subject->run->report;
	char *why;
	const enum pamserver_use use =
	    pamserver_read(subject->run->check->root, subject->name, &why);

	if (use != PAMSERVER_ASKS)
		pamreport_add(report,
		    use == PAMSERVER_BYPASSES ? PAMSEVERITY_TODO
					      : PAMSEVERITY_NOTE,
		    "server-not-pam", subject->name, "%s", why);
	free(why);
	return use;
}

static void
check_service(struct subject *subject)
{
	const struct dovecot_passdb *passdb = pamplace_passdb(subject);
	struct pamreport *report = subject->run->report;
	struct pamhealth health = {.accepts_any_password = false};
	enum pamserver_use use;
	size_t n_todo;

	if (is_unused(subject)) {
		check_unused(subject);
		return;
	}
	use = check_server(subject);
	if (use == PAMSERVER_FORWARDS) {
		subject->entry->state = PAMSTATE_UNUSED;
		return;
	}
	n_todo = report->n_todo;
	if (subject->file.path != NULL) {
		report->error = pamhealth_check(subject->run->check->root,
		    subject->name, &subject->file,
		    passdb != NULL && passdb->opens_session, report, &health);
		if (health.accepts_any_password)
			check_password(subject);
	}
	if (subject->file.is_rejected) {
		subject->entry->state = PAMSTATE_WRONG;
		return;
	}
	subject->is_sick = report->n_todo > n_todo;
	check_places(subject);
	if ((subject->is_sick || use == PAMSERVER_BYPASSES) &&
	    subject->entry->state == PAMSTATE_RIGHT)
		subject->entry->state = PAMSTATE_WRONG;
	check_shared(subject);
}

/* Who uses the service. */
static void
find_users(struct subject *subject)
{
	subject->known = find_known(subject->name);
	subject->passdb = find_passdb(subject->run, subject->name, "pop3");
	subject->kind = SERVICE_POP;
	if (subject->known != NULL)
		subject->kind = subject->known->kind;
	if (subject->passdb != DOVECOTLOGIN_NONE)
		return;
	subject->passdb = find_passdb(subject->run, subject->name, "imap");
	if (subject->passdb != DOVECOTLOGIN_NONE)
		subject->kind = SERVICE_IMAP;
}

static const char *
users_of(const struct subject *subject)
{
	if (subject->known != NULL)
		return subject->known->servers;
	return subject->passdb != DOVECOTLOGIN_NONE ? "Dovecot"
						    : "named by you";
}

void
pamservice_check(const struct pamservice_run *run, const char *name)
{
	struct subject subject = {.run = run, .name = name};
	int error;

	find_users(&subject);
	subject.entry =
	    pamreport_add_service(run->report, name, users_of(&subject));
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
	if (error == 0)
		check_service(&subject);
	else
		run->report->error = error;
	pamfile_free(&subject.file);
}

bool
pamservice_is_known(const char *name)
{
	return find_known(name) != NULL;
}

bool
pamservice_is_asked(const struct pamservice_run *run, const char *name)
{
	return find_passdb(run, name, "pop3") != DOVECOTLOGIN_NONE ||
	       find_passdb(run, name, "imap") != DOVECOTLOGIN_NONE;
}
