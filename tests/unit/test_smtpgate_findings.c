/* SPDX-License-Identifier: ISC */
/* findings: what smtpgate -t found, as text, as JSON and as a status. */
#include "smtpgate/check/findings.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static struct findings findings;
static char *text;

static void
begin(void)
{
	findings = (struct findings){.config = "/etc/x.conf"};
}

static void
end(void)
{
	findings_free(&findings);
	free(text);
	text = NULL;
}

TestSuite(smtpgate_findings, .init = begin, .fini = end);

static const char *
printed(void)
{
	size_t len;
	FILE *out = open_memstream(&text, &len);

	findings_print(&findings, out);
	fclose(out);
	return text;
}

static json_t *
printed_json(unsigned services)
{
	size_t len;
	FILE *out = open_memstream(&text, &len);
	json_t *json;

	findings_print_json(&findings, services, out);
	fclose(out);
	json = json_loads(text, 0, NULL);
	cr_assert_not_null(json, "%s", text);
	return json;
}

Test(smtpgate_findings, the_worst_finding_is_the_status)
{
	cr_expect_eq(findings_status(&findings), EX_OK);
	findings_add(&findings, FINDING_WARNING, "smtp", "tls", "", "a");
	cr_expect_eq(findings_status(&findings), 1);
	findings_add(&findings, FINDING_MISTAKE, "smtp", "tls", "", "b");
	cr_expect_eq(findings_status(&findings), EX_CONFIG);
	findings_add(&findings, FINDING_WARNING, "smtp", "tls", "", "c");
	cr_expect_eq(findings_status(&findings), EX_CONFIG);
}

Test(smtpgate_findings, each_is_a_line_with_place_and_cure)
{
	findings_add(&findings, FINDING_WARNING, "smtp", "tls", "do it",
	    "it is %s", "so");
	findings_add_file(
	    &findings, FINDING_MISTAKE, "/etc/list", 7, "", "no domain");
	findings_add_file(
	    &findings, FINDING_MISTAKE, "", 0, "make it", "there is no user");
	cr_expect_str_eq(printed(),
	    "smtpgate: warning: /etc/x.conf: [smtp] tls: it is so; do it\n"
	    "smtpgate: /etc/list:7: no domain\n"
	    "smtpgate: there is no user; make it\n");
}

Test(smtpgate_findings, a_message_is_taken_apart)
{
	findings_add_message(&findings, FINDING_MISTAKE,
	    "/etc/x.conf:12: it; is wrong; do that");
	findings_add_message(
	    &findings, FINDING_MISTAKE, "/etc/x:y: no backend");
	findings_add_message(&findings, FINDING_MISTAKE, "plain");
	cr_assert_eq(findings.n, 3);
	cr_expect_str_eq(findings.items[0].file, "/etc/x.conf");
	cr_expect_eq(findings.items[0].line_no, 12);
	cr_expect_str_eq(findings.items[0].what, "it; is wrong");
	cr_expect_str_eq(findings.items[0].cure, "do that");
	cr_expect_str_eq(findings.items[1].file, "/etc/x:y");
	cr_expect_eq(findings.items[1].line_no, 0);
	cr_expect_str_eq(findings.items[1].what, "no backend");
	cr_expect_str_eq(findings.items[2].file, "");
	cr_expect_str_eq(findings.items[2].what, "plain");
}

Test(smtpgate_findings, a_finding_is_said_once)
{
	findings_add(&findings, FINDING_MISTAKE, "smtp", "tls", "", "a");
	findings_add(&findings, FINDING_MISTAKE, "smtp", "tls", "", "a");
	findings_add(&findings, FINDING_MISTAKE, "smtp", "listen", "", "a");
	cr_expect_eq(findings.n, 2);
	cr_expect_eq(findings.n_mistakes, 2);
}

Test(smtpgate_findings, json_is_valid_whatever_a_file_contains)
{
	json_t *json, *first;

	findings_add(&findings, FINDING_MISTAKE, "smtpgate", "x", "y",
	    "'b\xfc\"\\\x01\x7f' is no domain");
	findings_add(
	    &findings, FINDING_WARNING, "smtpgate", "x", "", "b\xc3\xbc");
	json = printed_json(
	    1U << CONF_SERVICE_SMTP | 1U << CONF_SERVICE_SUBMISSIONS);
	cr_expect_str_eq(json_string_value(json_object_get(json, "result")),
	    "does not work");
	cr_expect_eq(json_array_size(json_object_get(json, "services")), 2);
	first = json_array_get(json_object_get(json, "findings"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(first, "what")),
	    "'b\xc3\xbc\"\\\x01\x7f' is no domain");
	cr_expect_str_eq(
	    json_string_value(json_object_get(first, "cure")), "y");
	cr_expect(json_is_null(json_object_get(first, "line")));
	cr_expect_str_eq(
	    json_string_value(json_object_get(
		json_array_get(json_object_get(json, "findings"), 1), "what")),
	    "b\xc3\xbc");
	json_decref(json);
}

Test(smtpgate_findings, json_without_findings_is_fine)
{
	json_t *json = printed_json(0);

	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "result")), "fine");
	cr_expect_eq(json_array_size(json_object_get(json, "findings")), 0);
	json_decref(json);
}
