/* SPDX-License-Identifier: ISC */
/* sender: the lines of sender_map.  Whose grant it is, tests/smtp asks a real
 * table. */
#include "decision/sender.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(decision_sender, a_line_has_an_address_and_users)
{
	char line[] = "info@example.org joe, mary", *address, *users;

	cr_assert_eq(sender_parse_line(line, &address, &users), 0);
	cr_expect_str_eq(address, "info@example.org");
	cr_expect_str_eq(users, "joe, mary");
}

Test(decision_sender, anything_else_is_refused)
{
	static const char *const bad[] = {
	    "", "info@example.org", "joe", "joe info@example.org", "joe mary"};
	char line[64], *address, *users;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(line, bad[i]);
		cr_expect_eq(sender_parse_line(line, &address, &users), -EINVAL,
		    "%s", bad[i]);
	}
}
