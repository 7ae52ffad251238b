/* SPDX-License-Identifier: ISC */
/* command_grant: how grant and revoke confirm. */
#include "tests/unit/print_fixture.h"

TestSuite(popauthctl_command_grant, .init = open_text, .fini = close_text);

Test(popauthctl_command_grant, a_grant_is_confirmed)
{
	const struct addr a = addr("192.0.2.1");

	cr_assert_eq(command_grant_print(&to, &a, NULL), 0);
	cr_assert_eq(command_grant_print(&to, &a, "joe"), 0);
	cr_expect_str_eq(
	    text, "granted: 192.0.2.1\ngranted: 192.0.2.1, user joe\n");
}

Test(popauthctl_command_grant, a_revocation_says_how_many_keep_the_address_open)
{
	const struct addr a = addr("192.0.2.1");

	cr_assert_eq(command_revoke_print(&to, &a, NULL, 0), 0);
	cr_assert_eq(command_revoke_print(&to, &a, "joe", 1), 0);
	cr_assert_eq(command_revoke_print(&to, &a, "joe", 2), 0);
	cr_expect_str_eq(text,
	    "revoked: 192.0.2.1\n"
	    "revoked: 192.0.2.1, user joe; 1 other user keeps the address "
	    "open\n"
	    "revoked: 192.0.2.1, user joe; 2 other users keep the address "
	    "open\n");
}

Test(popauthctl_command_grant, a_revocation_as_json_counts_the_others)
{
	const struct addr a = addr("192.0.2.1");
	json_t *json;

	to.is_json = true;
	cr_assert_eq(command_revoke_print(&to, &a, "joe", 2), 0);
	json = printed();
	cr_expect(json_is_true(json_object_get(json, "revoked")));
	cr_expect_eq(number(json, "other_users"), 2);
	json_decref(json);
}
