/* SPDX-License-Identifier: ISC */
/* pamprint: what pamcheck found, as text and as JSON. */
#include "popauthctl/pamprint.h"
#include "tests/unit/pamcheck_fixture.h"

#include <jansson.h>

TestSuite(popauthctl_pamprint, .init = setup, .fini = teardown);

static char *
printed(bool is_json)
{
	struct print print = {.is_json = is_json};
	char *text = NULL;
	size_t len;

	print.out = open_memstream(&text, &len);
	cr_assert_not_null(print.out);
	cr_assert_eq(pamprint_report(&print, &report), 0);
	fclose(print.out);
	return text;
}

static void
expect_piece(const char *text, const char *piece)
{
	cr_expect_not_null(strstr(text, piece), "no '%s' in: %s", piece, text);
}

Test(popauthctl_pamprint, text_has_services_findings_and_lines_to_add)
{
	char *text;

	put("etc/pam.d/popa3d", DEBIAN_SERVICE);
	check();
	text = printed(false);
	expect_piece(text, "\npopa3d   not recorded  popa3d\n");
	expect_piece(text, "\nto do: popa3d: ");
	expect_piece(text, "/etc/pam.d/popa3d, after line 4, add\n"
			   "        account optional pam_popauth.so\n");
	free(text);
	put("etc/pam.d/popa3d", RIGHT_SERVICE);
	check();
	text = printed(false);
	expect_piece(text, "\npopa3d   recorded      popa3d\nnothing to do\n");
	free(text);
}

Test(popauthctl_pamprint, json_has_the_same)
{
	json_t *json, *finding, *edit;
	char *text;

	put("etc/pam.d/popa3d", DEBIAN_SERVICE);
	check();
	text = printed(true);
	json = json_loads(text, 0, NULL);
	cr_assert_not_null(json, "%s", text);
	cr_expect_eq(json_integer_value(json_object_get(json, "to_do")), 1);
	finding = json_array_get(json_object_get(json, "findings"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(finding, "code")),
	    "module-missing");
	edit = json_array_get(json_object_get(finding, "edits"), 0);
	cr_expect_eq(json_integer_value(json_object_get(edit, "line")), 4);
	cr_expect_str_eq(
	    json_string_value(json_object_get(edit, "edit")), "add");
	json_decref(json);
	free(text);
}

Test(popauthctl_pamprint, a_text_that_is_not_utf8_is_still_json)
{
	json_t *json, *finding;
	const char *said;
	char *text;

	put("etc/pam.d/popa3d",
	    "@include common-auth\n@include common-account\n"
	    "account optional pam_popauth.so table=/t\xe9st\n");
	check();
	text = printed(true);
	json = json_loads(text, 0, NULL);
	cr_assert_not_null(json, "%s", text);
	finding = json_array_get(json_object_get(json, "findings"), 0);
	said = json_string_value(json_object_get(finding, "text"));
	cr_assert_not_null(said, "%s", text);
	expect_piece(said, "the module writes /t\\xe9st, but");
	json_decref(json);
	free(text);
}
