/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamcheck.h"

#include "pamcheck/dovecotlogin.h"
#include "pamcheck/pamfile.h"
#include "pamcheck/pamservice.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- services where the module should not be ---------------------------- */

static void
report_stray(const struct pamservice_run *run, const char *name,
    const struct pamfile_line *ours)
{
	const char *code, *what;

	if (strncmp(name, "common-", 7) == 0 || strcmp(name, "other") == 0) {
		code = "in-common-file";
		what = "remove the line; all services use this file, so every "
		       "login by SSH, su or cron is recorded and may relay";
	} else if (strcmp(name, "smtpgate") == 0) {
		code = "in-gate-service";
		what = "remove the line; with it a login over SMTP is "
		       "recorded, and later sessions from that address need "
		       "no login";
	} else {
		code = "in-other-service";
		what = "no known POP or IMAP server uses this service; if "
		       "yours does, name it on the command line";
	}
	pamreport_add(run->report, PAMSEVERITY_TODO, code, name, "%s:%u: %s",
	    ours->path, ours->line_no, what);
}

static void
check_stray(const struct pamservice_run *run, const char *name)
{
	struct pamfile file;
	size_t i;
	int error = pamfile_read(run->check->root, name, &file);

	if (error == -ENOMEM)
		run->report->error = error;
	for (i = 0; error == 0 && i < file.n; i++)
		if (pamfile_is_ours(&file.lines[i]) &&
		    pamfile_is_own(&file, &file.lines[i])) {
			report_stray(run, name, &file.lines[i]);
			break;
		}
	if (error == 0)
		pamfile_free(&file);
}

/* ---- all services ------------------------------------------------------- */

static bool
is_named(const struct pamcheck *check, const char *name)
{
	size_t i;

	for (i = 0; i < check->n_names; i++)
		if (strcmp(check->names[i], name) == 0)
			return true;
	return false;
}

/* Not a copy that an editor or a package manager left. */
static int
is_service_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strpbrk(entry->d_name, ".~#") == NULL;
}

static void
check_directory(const struct pamservice_run *run, const char *dir)
{
	struct dirent **entries;
	char *path;
	int i, n;

	if (asprintf(&path, "%s%s", run->check->root, dir) < 0) {
		run->report->error = -ENOMEM;
		return;
	}
	n = scandir(path, &entries, is_service_name, alphasort);
	free(path);
	if (n < 0) {
		run->report->error = -errno;
		return;
	}
	for (i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		if (!is_named(run->check, name)) {
			if (pamservice_is_known(name) ||
			    pamservice_is_asked(run, name))
				pamservice_check(run, name);
			else
				check_stray(run, name);
		}
		free(entries[i]);
	}
	free(entries);
}

static bool
is_checked(const struct pamservice_run *run, const char *name)
{
	size_t i;

	for (i = 0; i < run->report->n_services; i++)
		if (strcmp(run->report->services[i].name, name) == 0)
			return true;
	return false;
}

/* The services that Dovecot uses for POP3 may have no file yet. */
static void
check_dovecot(const struct pamservice_run *run)
{
	const struct dovecot *dovecot = &run->dovecot;
	char *name;
	size_t i;

	if (!pamdovecot_is_server(dovecot))
		return;
	for (i = 0; i < dovecot->n; i++) {
		if (!dovecotlogin_is_pam(&dovecot->passdbs[i]) ||
		    !dovecotlogin_asks(dovecot, i))
			continue;
		name = dovecotlogin_service(&dovecot->passdbs[i], "pop3");
		if (name != NULL && !is_checked(run, name))
			pamservice_check(run, name);
		free(name);
	}
}

static void
report_nothing(const struct pamservice_run *run)
{
	size_t i;

	if (pamdovecot_is_server(&run->dovecot))
		return;
	for (i = 0; i < run->report->n_services; i++)
		if (run->report->services[i].state != PAMSTATE_UNUSED &&
		    strcmp(run->report->services[i].name, "imap") != 0)
			return;
	pamreport_add(run->report, PAMSEVERITY_TODO, "no-pop-service", NULL,
	    "%s/etc/pam.d has no service of a POP server; install one, or name "
	    "its service on the command line",
	    run->check->root);
}

int
pamcheck(const struct pamcheck *check, struct pamreport *report_out)
{
	struct pamservice_run run = {.check = check, .report = report_out};
	size_t i;
	int error;

	*report_out = (struct pamreport){.services = NULL};
	report_out->error =
	    dovecot_read(check->root, check->doveconf, "pop3", &run.dovecot);
	for (i = 0; i < check->n_names; i++)
		pamservice_check(&run, check->names[i]);
	check_directory(&run, "/etc/pam.d");
	check_dovecot(&run);
	pamdovecot_check(&run);
	pamtraps_check(check->root, report_out);
	report_nothing(&run);
	dovecot_free(&run.dovecot);
	error = report_out->error;
	if (error != 0)
		pamreport_free(report_out);
	return error;
}
