/* SPDX-License-Identifier: ISC */
/* program: a command works when it has a function and a row. */
#include "popauthctl/command.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int
command_hello(const struct call *call)
{
	char text[ADDR_TEXT_BYTES];

	fprintf(call->print.out, "hello %s at %s\n", call->options->user,
	    addr_format(&call->options->addr, text));
	return 3;
}

static const struct command table[] = {
    {"hello", "ADDRESS USER", COMMAND_NO_TABLE, command_hello, "Greet USER."},
    {"peek", "", COMMAND_READ, command_hello, "Never called."},
    {"config", "", COMMAND_CONFIG, command_hello, "Never called."},
    {.name = NULL},
};

static char config[] = "/tmp/test_popauthctl_program.XXXXXX";

static void
setup(void)
{
	int fd = mkstemp(config);

	cr_assert_geq(fd, 0);
	close(fd);
	cr_redirect_stdout();
	cr_redirect_stderr();
}

static void
teardown(void)
{
	unlink(config);
}

TestSuite(popauthctl_program, .init = setup, .fini = teardown);

/* Run popauthctl with these words. */
static int
run(const char *line)
{
	char words[200], *argv[20], *rest = NULL;
	int argc = 0;

	snprintf(words, sizeof(words), "popauthctl -c %s %s", config, line);
	for (argv[0] = strtok_r(words, " ", &rest); argv[argc] != NULL;
	     argv[argc] = strtok_r(NULL, " ", &rest))
		argc++;
	return program_run(table, argc, argv);
}

Test(popauthctl_program, a_new_row_is_a_command_that_runs)
{
	cr_expect_eq(run("hello 192.0.2.1 joe"), 3);
	fflush(stdout);
	cr_expect_stdout_eq_str("hello joe at 192.0.2.1\n");
}

Test(popauthctl_program, a_new_row_is_in_the_help)
{
	char text[4096];
	size_t len;

	cr_expect_eq(run("-h"), EX_OK);
	fflush(stdout);
	len = fread(text, 1, sizeof(text) - 1, cr_get_redirected_stdout());
	text[len] = '\0';
	cr_expect_not_null(strstr(text, "\nCommands\n"
					"  hello ADDRESS USER\n"
					"      Greet USER.\n"
					"  peek\n"));
}

Test(popauthctl_program, a_new_row_is_in_the_error_message)
{
	cr_expect_eq(run("other"), EX_USAGE);
	fflush(stderr);
	cr_expect_stderr_eq_str(
	    "popauthctl: unknown command 'other'; the commands are hello, "
	    "peek, config; see popauthctl -h\n");
}

Test(popauthctl_program, a_command_that_reads_needs_the_table)
{
	cr_expect_eq(run("-t /nonexistent peek"), EX_NOINPUT);
	fflush(stdout);
	cr_expect_stdout_eq_str("");
}

Test(popauthctl_program, help_is_a_command)
{
	cr_expect_eq(run("help"), EX_OK);
}

static void
write_config(const char *text)
{
	FILE *file = fopen(config, "we");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

/* Standard error must be "popauthctl: PREFIX CONFIG:1: ...", one line. */
static void
expect_mistake(const char *prefix)
{
	char expected[200];

	snprintf(expected, sizeof(expected),
	    "popauthctl: %s%s:1: neither 'option = value' nor a [section]: "
	    "'nonsense'; put '=' between option and value\n",
	    prefix, config);
	fflush(stderr);
	cr_expect_stderr_eq_str(expected);
}

Test(popauthctl_program, a_mistake_in_the_configuration_is_a_warning)
{
	write_config("nonsense\n");
	cr_expect_eq(run("hello 192.0.2.1 joe"), 3);
	expect_mistake("warning: ");
}

Test(popauthctl_program, a_command_about_the_configuration_fails_then)
{
	write_config("nonsense\n");
	cr_expect_eq(run("config"), EX_CONFIG);
	expect_mistake("");
}
