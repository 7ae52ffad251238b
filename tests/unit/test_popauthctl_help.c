/* SPDX-License-Identifier: ISC */
/* help: complete, and as wide as a terminal. */
#include "popauthctl/command.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *text;

static void
print_text(void)
{
	size_t len;
	FILE *out = open_memstream(&text, &len);

	cr_assert_not_null(out);
	help_print(commands, out);
	fclose(out);
}

static void
free_text(void)
{
	free(text);
}

TestSuite(popauthctl_help, .init = print_text, .fini = free_text);

Test(popauthctl_help, every_command_is_explained)
{
	const struct command *row;
	char form[100];

	for (row = commands; row->name != NULL; row++) {
		snprintf(form, sizeof(form), "\n  %s%s%s\n      ", row->name,
		    row->operands[0] != '\0' ? " " : "", row->operands);
		cr_expect_not_null(strstr(text, form), "%s", form);
	}
}

Test(popauthctl_help, every_option_and_exit_status_is_explained)
{
	static const char *const pieces[] = {"  --root DIR", "  --test ",
	    "  -t TABLE", "  -c CONFIG", "  --json ", "  -h,", "  -V,",
	    "\n   0 ", "\n   1 ", "\n  64 ", "\n  65 ", "\n  66 ", "\n  69 ",
	    "\n  70 ", "\n  71 ", "\n  74 ", "\n  75 ", "\n  77 ", "\n  78 "};
	size_t i;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		cr_expect_not_null(strstr(text, pieces[i]), "%s", pieces[i]);
}

Test(popauthctl_help, no_line_is_wider_than_a_terminal)
{
	const char *line = text;

	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		cr_expect_leq(len, (size_t)79, "%.*s", (int)len, line);
		cr_assert_eq(line[len], '\n');
		line += len + 1;
	}
}
