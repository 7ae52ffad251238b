/* SPDX-License-Identifier: ISC */
/* startup: what the daemons make of their command lines. */
#include "common/startup.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <sysexits.h>
#include <unistd.h>

static struct startup startup;

static int
parse(char *first, char *second, char *third)
{
	char program[] = "popauthd";
	char *argv[] = {program, first, second, third, NULL};
	int argc = 1;

	while (argv[argc] != NULL)
		argc++;
	startup = (struct startup){.conf_path = "/default"};
	optind = 0; /* getopt(3) begins anew */
	return startup_parse(
	    argc, argv, "usage: popauthd\n", "popauthd 1", &startup);
}

Test(common_startup, without_options_the_defaults_hold)
{
	cr_expect_eq(parse(NULL, NULL, NULL), STARTUP_GO_ON);
	cr_expect_str_eq(startup.conf_path, "/default");
	cr_expect_not(startup.to_stderr);
	cr_expect_not(startup.is_check);
}

Test(common_startup, each_option_is_taken)
{
	char et[] = "-et", c[] = "-c", file[] = "/other";

	cr_expect_eq(parse(et, c, file), STARTUP_GO_ON);
	cr_expect_str_eq(startup.conf_path, "/other");
	cr_expect(startup.to_stderr);
	cr_expect(startup.is_check);
}

Test(common_startup, each_option_has_a_long_name)
{
	char test[] = "--test", config[] = "--config=/other", e[] = "--stderr";

	cr_expect_eq(parse(test, config, e), STARTUP_GO_ON);
	cr_expect_str_eq(startup.conf_path, "/other");
	cr_expect(startup.to_stderr);
	cr_expect(startup.is_check);
}

Test(common_startup, help_and_version_go_to_standard_output)
{
	char h[] = "-h", v[] = "-V", help[] = "--help", version[] = "--version";

	cr_redirect_stdout();
	cr_expect_eq(parse(h, NULL, NULL), EX_OK);
	cr_expect_eq(parse(v, NULL, NULL), EX_OK);
	cr_expect_eq(parse(help, NULL, NULL), EX_OK);
	cr_expect_eq(parse(version, NULL, NULL), EX_OK);
	fflush(stdout);
	cr_expect_stdout_eq_str("usage: popauthd\npopauthd 1\n"
				"usage: popauthd\npopauthd 1\n");
}

Test(common_startup, what_it_does_not_know_is_named)
{
	char x[] = "-x", c[] = "-c", argument[] = "start", word[] = "--hlep";

	cr_redirect_stderr();
	cr_expect_eq(parse(x, NULL, NULL), EX_USAGE);
	cr_expect_eq(parse(word, NULL, NULL), EX_USAGE);
	cr_expect_eq(parse(c, NULL, NULL), EX_USAGE, "without its file");
	cr_expect_eq(parse(argument, NULL, NULL), EX_USAGE);
	fflush(stderr);
	cr_expect_stderr_eq_str(
	    "popauthd: unknown option -x; see popauthd --help\n"
	    "popauthd: unknown option --hlep; see popauthd --help\n"
	    "popauthd: a value is missing after -c; see popauthd --help\n"
	    "popauthd: unexpected operand start; see popauthd --help\n");
}
