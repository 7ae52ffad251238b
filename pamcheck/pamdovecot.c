/* SPDX-License-Identifier: ISC */
/*
 * What Dovecot's configuration does to the logins that our module should
 * record.
 */
#include "pamcheck/dovecotlogin.h"
#include "pamcheck/pamrun.h"
#include "pamcheck/pamservice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANK " \t\n"

bool
pamdovecot_is_server(const struct dovecot *dovecot)
{
	return dovecot->is_there && !dovecot->is_gone &&
	       (dovecot_serves(dovecot, "pop3") ||
		   dovecot_serves(dovecot, "imap"));
}

/* ---- the configuration --------------------------------------------------- */

static void
check_start(const struct dovecot *dovecot, struct pamreport *report)
{
	if (dovecot->refused != NULL)
		pamreport_add(report, PAMSEVERITY_TODO, "dovecot-refuses", NULL,
		    "Dovecot will not start again with this configuration: "
		    "%s%s",
		    dovecot->refused,
		    dovecot->is_2_4 && strstr(dovecot->refused, "args") != NULL
			? "; Dovecot 2.4 has service_name = NAME in place of "
			  "args"
			: "");
	if (dovecot->unclear != NULL)
		pamreport_add(report, PAMSEVERITY_NOTE, "dovecot-unclear", NULL,
		    "doveconf could not read the whole configuration (%s); "
		    "run this as root",
		    dovecot->unclear);
}

static void
check_trust(const struct dovecot *dovecot, struct pamreport *report)
{
	if (dovecot->trusting_place != NULL)
		pamreport_add(report, PAMSEVERITY_NOTE, "trusted-networks",
		    NULL,
		    "%s: Dovecot believes hosts in login_trusted_networks "
		    "which address their client has (XCLIENT, ID); a webmail "
		    "there names its browser's address, and that address is "
		    "granted",
		    dovecot->trusting_place);
}

/* The process that calls PAM writes the table. */
static void
check_worker(const struct dovecot *dovecot, struct pamreport *report)
{
	const char *user = dovecot->worker_user,
		   *groups = dovecot->worker_groups;

	if (user == NULL || user[0] == '\0' || strcmp(user, "root") == 0 ||
	    (groups != NULL && strstr(groups, "popauth-grant") != NULL))
		return;
	pamreport_add(report, PAMSEVERITY_TODO, "worker-groups", NULL,
	    "%s: Dovecot's worker runs as %s, which may not write the table; "
	    "write extra_groups = popauth,popauth-grant there",
	    dovecot->worker_place, user);
}

/* ---- passdbs ------------------------------------------------------------- */

static bool
asks_pam(const struct dovecot *dovecot)
{
	size_t i;

	for (i = 0; i < dovecot->n; i++)
		if (dovecotlogin_is_pam(&dovecot->passdbs[i]) &&
		    dovecotlogin_asks(dovecot, i))
			return true;
	return false;
}

/* How to record the users of a passdb that is not PAM. */
#define RECORDING_WAY                                                          \
	"; popauth(7) has two ways to record them, in \"Dovecot: users whom "  \
	"PAM does not know\""

/* A passdb that is not PAM, or that PAM does not follow. */
static void
check_other_driver(const struct dovecot *dovecot, size_t i, bool is_pam_asked,
    struct pamreport *report)
{
	const struct dovecot_passdb *passdb = &dovecot->passdbs[i];

	if (!dovecotlogin_accepts(dovecot, i) ||
	    dovecotlogin_next_pam(dovecot, i) != DOVECOTLOGIN_NONE)
		return;
	if (is_pam_asked)
		pamreport_add(report, PAMSEVERITY_TODO, "users-not-recorded",
		    NULL,
		    "%s: logins that Dovecot's passdb %s accepts are not "
		    "recorded, because they never reach PAM" RECORDING_WAY,
		    passdb->place, passdb->driver);
	else
		pamreport_add(report, PAMSEVERITY_TODO, "pam-not-asked", NULL,
		    "%s: Dovecot asks PAM about no user, but its passdb %s, so "
		    "no login is recorded" RECORDING_WAY,
		    passdb->place, passdb->driver);
}

static void
check_pam(const struct dovecot *dovecot, size_t i, struct pamreport *report)
{
	const struct dovecot_passdb *passdb = &dovecot->passdbs[i];

	if (!dovecotlogin_asks(dovecot, i)) {
		pamreport_add(report, PAMSEVERITY_TODO, "never-asked", NULL,
		    "%s: Dovecot never asks this passdb of PAM, because %s",
		    passdb->place,
		    passdb->skip == DOVECOT_SKIP_UNAUTHENTICATED
			? "no passdb before it has result_success = "
			  "continue-ok"
			: "the passdbs before it end every login");
		return;
	}
	if (passdb->is_cached)
		pamreport_add(report, PAMSEVERITY_TODO, "dovecot-cache", NULL,
		    "%s: Dovecot caches logins, and cached logins never reach "
		    "PAM; %s",
		    dovecot->cache_place,
		    dovecot->is_2_4
			? "set use_cache = no in the passdb, or "
			  "auth_cache_size = 0"
			: "remove cache_key from the passdb's args, or set "
			  "auth_cache_size = 0");
	if (passdb->limit != NULL &&
	    dovecotlogin_next_pam(dovecot, i) == DOVECOTLOGIN_NONE)
		pamreport_add(report, PAMSEVERITY_NOTE, "refused-after-pam",
		    NULL,
		    "%s: Dovecot applies %s after PAM accepted the login, so a "
		    "login that Dovecot refuses for it is recorded; see "
		    "popauth(7)",
		    passdb->place, passdb->limit);
}

static void
check_passdbs(const struct dovecot *dovecot, struct pamreport *report)
{
	const bool is_pam_asked = asks_pam(dovecot);
	const struct dovecot_passdb *passdb;
	size_t i;

	for (i = 0; i < dovecot->n; i++) {
		passdb = &dovecot->passdbs[i];
		if (dovecotlogin_is_pam(passdb))
			check_pam(dovecot, i, report);
		else if (strcmp(passdb->driver, "pam") != 0)
			check_other_driver(dovecot, i, is_pam_asked, report);
		else if (passdb->is_for_masters)
			pamreport_add(report, PAMSEVERITY_NOTE, "master-users",
			    NULL,
			    "%s: this passdb asks PAM about master users; if "
			    "its service calls the module, the address of the "
			    "administrator is granted",
			    passdb->place);
	}
	if (dovecot->n == 0 && dovecot->refused == NULL)
		pamreport_add(report, PAMSEVERITY_TODO, "pam-not-asked", NULL,
		    "Dovecot has no passdb, so no login is recorded");
}

/* ---- other protocols ------------------------------------------------------ */

/* Whether "other" lets some login pass. */
static bool
other_can_pass(const char *root)
{
	static const enum pamfile_type types[] = {
	    PAMFILE_AUTH, PAMFILE_ACCOUNT};
	struct pamrun_view view = {.can_pass = true};
	struct pamrun_stack stack;
	struct pamfile other;
	size_t i;

	if (pamfile_read(root, "other", &other) != 0)
		return false;
	for (i = 0; i < 2 && view.can_pass; i++)
		if (pamrun_take(&other, types[i], &stack) != 0 ||
		    pamrun_explore(&stack, &view) != 0)
			view.can_pass = false;
	pamfile_free(&other);
	return view.can_pass;
}

static bool
has_file(const char *root, const char *service)
{
	char *path;
	FILE *file;

	if (pamfile_open(root, service, &file, &path) != 0)
		return false;
	fclose(file);
	free(path);
	return true;
}

static void
check_protocol(const struct pamservice_run *run,
    const struct dovecot_passdb *passdb, const char *protocol, bool can_pass)
{
	const char *root = run->check->root;
	struct pamreport *report = run->report;
	char *service = dovecotlogin_service(passdb, protocol);

	if (service != NULL && !has_file(root, service)) {
		pamreport_add(report,
		    can_pass ? PAMSEVERITY_NOTE : PAMSEVERITY_TODO,
		    "uses-other", service,
		    "%s: Dovecot asks PAM's service %s for logins by %s; it "
		    "has no file, so libpam uses \"other\", which %s",
		    passdb->place, service, protocol,
		    can_pass ? "may have other rules" : "refuses every login");
		if (report->error == 0)
			report->error = pamadvice_create(root, service, NULL,
			    &report->findings[report->n_findings - 1].advice);
	}
	free(service);
}

/* Services that follow the protocol's name: one for each protocol is needed. */
static void
check_protocols(
    const struct pamservice_run *run, const struct dovecot_passdb *passdb)
{
	const struct dovecot *dovecot = &run->dovecot;
	const bool can_pass = other_can_pass(run->check->root);
	char *words = dovecot->protocols != NULL ? strdup(dovecot->protocols)
						 : strdup("");
	char *rest = NULL, *word;

	if (words == NULL) {
		run->report->error = -ENOMEM;
		return;
	}
	for (word = strtok_r(words, BLANK, &rest); word != NULL;
	     word = strtok_r(NULL, BLANK, &rest))
		/* LMTP has no passwords, pamservice.c looks at POP3 */
		if (strcmp(word, "lmtp") != 0 && strcmp(word, "pop3") != 0 &&
		    word[0] != '$')
			check_protocol(run, passdb, word, can_pass);
	if (dovecot->serves_smtp || run->check->gate_asks_dovecot)
		check_protocol(run, passdb, "smtp", can_pass);
	free(words);
}

/* ---- the whole ----------------------------------------------------------- */

void
pamdovecot_check(const struct pamservice_run *run)
{
	const struct dovecot *dovecot = &run->dovecot;
	size_t i;

	if (!dovecot->is_there || dovecot->is_gone)
		return;
	check_start(dovecot, run->report);
	if (!pamdovecot_is_server(dovecot))
		return;
	check_passdbs(dovecot, run->report);
	if (asks_pam(dovecot)) {
		check_trust(dovecot, run->report);
		check_worker(dovecot, run->report);
	}
	for (i = 0; i < dovecot->n; i++)
		if (dovecotlogin_is_pam(&dovecot->passdbs[i]) &&
		    dovecotlogin_asks(dovecot, i) &&
		    dovecotlogin_varies(&dovecot->passdbs[i]))
			check_protocols(run, &dovecot->passdbs[i]);
}
