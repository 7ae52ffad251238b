/* SPDX-License-Identifier: ISC */
/* print: texts that are hostile, and streams that fail. */
#include "tests/unit/print_fixture.h"

#include <errno.h>

TestSuite(popauthctl_print, .init = open_text, .fini = close_text);

Test(popauthctl_print, a_name_is_text_of_printable_ascii)
{
	char name[PRINT_USER_BYTES];

	cr_expect_str_eq(
	    print_user("\x1b[2J a\n\xff", name), "\\x1b[2J\\x20a\\x0a\\xff");
}

Test(popauthctl_print, a_text_that_is_not_utf8_is_still_json)
{
	json_t *json = print_json_text("j\xf6rg");

	cr_expect_str_eq(json_string_value(json), "j\\xf6rg");
	json_decref(json);
}

Test(popauthctl_print, a_full_disk_is_an_error)
{
	struct print full = {.out = fopen("/dev/full", "we")};

	cr_assert_not_null(full.out);
	fputs("text", full.out);
	cr_expect_eq(print_finish_text(&full), -ENOSPC);
	clearerr(full.out);
	cr_expect_eq(print_finish_json(&full, json_object()), -ENOSPC);
	fclose(full.out);
}

Test(popauthctl_print, no_json_means_no_memory)
{
	cr_expect_eq(print_finish_json(&to, NULL), -ENOMEM);
}
