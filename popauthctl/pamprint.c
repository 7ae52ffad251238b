/* SPDX-License-Identifier: ISC */
#include "popauthctl/pamprint.h"

#include "common/duration.h"
#include "decision/reason.h"

#include <jansson.h>
#include <security/pam_appl.h>
#include <string.h>

static const char *
state_name(enum pamstate state)
{
	switch (state) {
	case PAMSTATE_ABSENT:
		return "not recorded";
	case PAMSTATE_UNUSED:
		return "not used";
	case PAMSTATE_WRONG:
		return "wrong";
	case PAMSTATE_RIGHT:
		return "recorded";
	}
	return "";
}

static const char *
severity_name(enum pamseverity severity)
{
	switch (severity) {
	case PAMSEVERITY_NOTE:
		return "note";
	case PAMSEVERITY_TODO:
		return "to do";
	}
	return "";
}

static const char *
edit_name(enum pamedit_kind kind)
{
	switch (kind) {
	case PAMEDIT_ADD:
		return "add";
	case PAMEDIT_REPLACE:
		return "replace";
	case PAMEDIT_REMOVE:
		return "remove";
	case PAMEDIT_CREATE:
		return "create";
	}
	return "";
}

/* ---- JSON --------------------------------------------------------------- */

/* Give json to the list.  Returns NULL if there is no memory. */
static json_t *
append(json_t *list, json_t *json)
{
	if (list != NULL && json_array_append_new(list, json) == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *
services_json(const struct pamreport *report)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < report->n_services && list != NULL; i++) {
		const struct pamreport_service *service = &report->services[i];

		list = append(list,
		    json_pack("{s:o, s:s, s:s, s:o}", "service",
			print_json_text(service->name), "servers",
			service->servers, "state", state_name(service->state),
			"module", print_json_text(service->place)));
	}
	return list;
}

static json_t *
edits_json(const struct pamadvice *advice)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < advice->n && list != NULL; i++) {
		const struct pamedit *edit = &advice->edits[i];

		list = append(list, json_pack("{s:s, s:o, s:I, s:o}", "edit",
					edit_name(edit->kind), "file",
					print_json_text(edit->path), "line",
					(json_int_t)edit->line_no, "text",
					print_json_text(edit->text)));
	}
	return list;
}

static json_t *
findings_json(const struct pamreport *report)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < report->n_findings && list != NULL; i++) {
		const struct pamfinding *finding = &report->findings[i];

		list = append(list,
		    json_pack("{s:s, s:s, s:o, s:o, s:o}", "severity",
			severity_name(finding->severity), "code", finding->code,
			"service", print_json_text(finding->service), "text",
			print_json_text(finding->text), "edits",
			edits_json(&finding->advice)));
	}
	return list;
}

/* ---- text --------------------------------------------------------------- */

static void
print_edit(FILE *out, const struct pamedit *edit)
{
	switch (edit->kind) {
	case PAMEDIT_ADD:
		if (edit->line_no == 0)
			fprintf(
			    out, "    in %s, before line 1, add\n", edit->path);
		else
			fprintf(out, "    in %s, after line %u, add\n",
			    edit->path, edit->line_no);
		break;
	case PAMEDIT_REPLACE:
		fprintf(out, "    in %s, replace line %u by\n", edit->path,
		    edit->line_no);
		break;
	case PAMEDIT_REMOVE:
		fprintf(out, "    in %s, remove line %u\n", edit->path,
		    edit->line_no);
		return;
	case PAMEDIT_CREATE:
		fprintf(out, "    create %s with\n", edit->path);
		break;
	}
	print_lines(out, "        ", edit->text);
}

static void
print_finding(FILE *out, const struct pamfinding *finding)
{
	size_t i;

	fprintf(out, "%s: ", severity_name(finding->severity));
	if (finding->service != NULL)
		fprintf(out, "%s: ", finding->service);
	fprintf(out, "%s\n", finding->text);
	for (i = 0; i < finding->advice.n; i++)
		print_edit(out, &finding->advice.edits[i]);
}

static void
print_services(FILE *out, const struct pamreport *report)
{
	int width = (int)strlen("SERVICE");
	size_t i;

	for (i = 0; i < report->n_services; i++)
		if ((int)strlen(report->services[i].name) > width)
			width = (int)strlen(report->services[i].name);
	fprintf(
	    out, "%-*s  %-12s  %s\n", width, "SERVICE", "LOGINS", "USED BY");
	for (i = 0; i < report->n_services; i++) {
		const struct pamreport_service *service = &report->services[i];

		fprintf(out, "%-*s  %-12s  %s\n", width, service->name,
		    state_name(service->state), service->servers);
	}
}

int
pamprint_report(const struct print *print, const struct pamreport *report)
{
	size_t i;

	if (print->is_json)
		return print_finish_json(
		    print, json_pack("{s:o, s:o, s:I}", "services",
			       services_json(report), "findings",
			       findings_json(report), "to_do",
			       (json_int_t)report->n_todo));
	if (report->n_services > 0)
		print_services(print->out, report);
	for (i = 0; i < report->n_findings; i++)
		print_finding(print->out, &report->findings[i]);
	if (report->n_todo == 0)
		fprintf(print->out, "nothing to do\n");
	return print_finish_text(print);
}

/* ---- a test login -------------------------------------------------------- */

static const char *
status_text(int status)
{
	if (status == PAMTEST_NOT_RUN)
		return "not run";
	return status == PAM_SUCCESS ? "yes" : pam_strerror(NULL, status);
}

/* The word of JSON, and a sentence. */
static const struct {
	const char *word, *sentence;
} reasons[PAMTEST_REASONS] = {
    [PAMTEST_WOULD_GRANT] = {"would-grant", ""},
    [PAMTEST_REFUSED] = {"refused", "the service refuses the login"},
    [PAMTEST_NEVER] = {"never-granted", NULL},
    [PAMTEST_LOGGED] = {"logged", "the module's line in the log says why"},
    [PAMTEST_NOT_CALLED] = {"not-called",
	"the login does not come to a line of the module; popauthctl "
	"pam-check says where the line belongs"},
};

static const char *
reason_of(const struct pamtest_result *result)
{
	return result->reason == PAMTEST_NEVER
		   ? reason_sentence(REASON_NEVER_GRANTED)
		   : reasons[result->reason].sentence;
}

static json_t *
test_json(const struct pamtest_login *login,
    const struct pamtest_result *result, const char *addr)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:s, "
			 "s:I, s:o}",
	    "service", print_json_text(login->service), "user",
	    print_json_text(login->user), "address", addr, "auth",
	    status_text(result->auth), "account", status_text(result->account),
	    "session", status_text(result->session), "recorded",
	    result->is_recorded, "would_grant", result->would_grant, "reason",
	    reasons[result->reason].word, "why", reason_of(result), "window_s",
	    (json_int_t)result->window_s, "log", print_json_text(result->log));
}

int
pamprint_test(const struct print *print, const struct pamtest_login *login,
    const struct pamtest_result *result)
{
	char addr[ADDR_TEXT_BYTES], window[DURATION_TEXT_BYTES];
	FILE *out = print->out;

	addr_format(login->addr, addr);
	if (print->is_json)
		return print_finish_json(print, test_json(login, result, addr));
	fprintf(out, "auth     %s\n", status_text(result->auth));
	fprintf(out, "account  %s\n", status_text(result->account));
	if (result->session != PAMTEST_NOT_RUN)
		fprintf(out, "session  %s\n", status_text(result->session));
	print_lines(out, "log      ", result->log);
	if (result->would_grant)
		fprintf(out, "would be granted: %s, for %s\n", addr,
		    duration_format(result->window_s, window));
	else if (result->is_recorded)
		fprintf(out,
		    "would be granted although the login is refused; "
		    "popauthctl pam-check says where the module belongs\n");
	else
		fprintf(out, "would not be granted: %s\n", reason_of(result));
	return print_finish_text(print);
}
