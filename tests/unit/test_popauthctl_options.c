/* SPDX-License-Identifier: ISC */
/* options: the command line of popauthctl. */
#include "popauthctl/command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct options options;
static char why[OPTIONS_WHY_BYTES];

/* Parse a line of words; they live until the next one. */
static enum options_result
parse(const char *line)
{
	static char words[200];
	char *argv[20], *rest = NULL;
	int argc = 0;

	snprintf(words, sizeof(words), "popauthctl %s", line);
	for (argv[argc] = strtok_r(words, " ", &rest); argv[argc] != NULL;
	     argv[argc] = strtok_r(NULL, " ", &rest)) {
		argc++;
		cr_assert_lt(argc, 20);
	}
	memset(&options, 0, sizeof(options));
	why[0] = '\0';
	return options_parse(commands, argc, argv, &options, why);
}

static void
expect_wrong(enum options_result result, const char *piece)
{
	cr_expect_eq(result, OPTIONS_WRONG, "expected '%s'", piece);
	cr_expect_not_null(
	    strstr(why, piece), "expected '%s' in: %s", piece, why);
}

/* Parse it, and return the function of its row; NULL for a mistake. */
static int (*function_of(const char *line))(const struct call *)
{
	return parse(line) == OPTIONS_RUN ? options.command->run : NULL;
}

Test(popauthctl_options, each_command_is_known)
{
	cr_expect_eq(function_of("status"), command_status);
	cr_expect_eq(function_of("list"), command_list);
	cr_expect_eq(function_of("grant 192.0.2.1"), command_grant);
	cr_expect_eq(function_of("revoke 192.0.2.1"), command_revoke);
	cr_expect_eq(function_of("check 192.0.2.1"), command_check);
	cr_expect_eq(function_of("config"), command_config);
	cr_expect_eq(function_of("pam-check"), command_pam_check);
	cr_expect_eq(function_of("pam-check --test pop3 joe 192.0.2.1"),
	    command_pam_test);
}

Test(popauthctl_options, address_and_user_are_taken)
{
	char text[ADDR_TEXT_BYTES];

	cr_assert_eq(parse("grant 2001:db8::1 joe"), OPTIONS_RUN);

	cr_expect_str_eq(addr_format(&options.addr, text), "2001:db8::1");
	cr_expect_str_eq(options.user, "joe");
}

Test(popauthctl_options, pam_check_takes_services_and_a_root)
{
	cr_assert_eq(parse("pam-check --root /x pop3 mail"), OPTIONS_RUN);
	cr_expect_str_eq(options.root, "/x");
	cr_assert_eq(options.n_services, 2);
	cr_expect_str_eq(options.services[1], "mail");
	cr_assert_eq(parse("pam-check"), OPTIONS_RUN);
	cr_expect_str_eq(options.root, "");
	cr_expect_eq(options.n_services, 0);
}

Test(popauthctl_options, a_test_login_has_service_user_and_address)
{
	char text[ADDR_TEXT_BYTES];

	cr_assert_eq(parse("pam-check --test pop3 joe 192.0.2.1"), OPTIONS_RUN);
	cr_assert_eq(options.n_services, 1);
	cr_expect_str_eq(options.services[0], "pop3");
	cr_expect_str_eq(options.user, "joe");
	cr_expect_str_eq(addr_format(&options.addr, text), "192.0.2.1");
}

Test(popauthctl_options, what_is_not_given_is_null)
{
	cr_assert_eq(parse("check 192.0.2.1"), OPTIONS_RUN);
	cr_expect_null(options.user);
	cr_expect_not(options.is_json);
	cr_expect_null(options.table);
	cr_expect_null(options.config);
}

Test(popauthctl_options, options_come_before_or_after_the_command)
{
	cr_assert_eq(parse("-t /a list --json -c/b"), OPTIONS_RUN);

	cr_expect_str_eq(options.table, "/a");
	cr_expect_str_eq(options.config, "/b");
	cr_expect(options.is_json);
}

Test(popauthctl_options, long_names_work)
{
	cr_assert_eq(parse("--table=/a --config /b status"), OPTIONS_RUN);

	cr_expect_str_eq(options.table, "/a");
	cr_expect_str_eq(options.config, "/b");
}

Test(popauthctl_options, a_user_may_begin_with_a_hyphen_after_two)
{
	cr_assert_eq(parse("check -- 192.0.2.1 -joe"), OPTIONS_RUN);

	cr_expect_str_eq(options.user, "-joe");
}

Test(popauthctl_options, help_and_version_need_no_command)
{
	cr_expect_eq(parse("-h"), OPTIONS_HELP);
	cr_expect_eq(parse("--help"), OPTIONS_HELP);
	cr_expect_eq(parse("-V"), OPTIONS_VERSION);
	cr_expect_eq(parse("--version"), OPTIONS_VERSION);
}

Test(popauthctl_options, a_mistake_is_explained_in_a_sentence)
{
	expect_wrong(parse(""), "no command");
	expect_wrong(parse("frobnicate"),
	    "unknown command 'frobnicate'; the commands are status, list, "
	    "check, grant, revoke, block, unblock, permit, unpermit, rules, "
	    "config, pam-check");
	expect_wrong(parse("block --all joe"), "block takes no option --all");
	expect_wrong(parse("block"), "usage: popauthctl block [--for TIME] "
				     "[--note TEXT] USER|NETWORK");
	expect_wrong(parse("revoke --all joe"), "unexpected operand 'joe'");
	expect_wrong(parse("revoke --user"), "an operand is missing");
	expect_wrong(
	    parse("lits"), "unknown command 'lits'; did you mean 'list'?");
	expect_wrong(parse("grant"), "an operand is missing; usage: "
				     "popauthctl grant ADDRESS [USER]");
	expect_wrong(parse("list 192.0.2.1"),
	    "list takes no argument; remove '192.0.2.1'");
	expect_wrong(parse("check 192.0.2.1 joe x"),
	    "'x'; usage: popauthctl check ADDRESS [USER]");
	expect_wrong(parse("check localhost"), "'localhost' is no address");
	expect_wrong(parse("check 192.0.2.0/24"),
	    "without brackets, port or prefix length");
	expect_wrong(parse("-x list"), "unknown option -x");
	expect_wrong(parse("list --xml"), "invalid option '--xml'");
	expect_wrong(parse("list --json=1"), "'--json=1'");
	expect_wrong(parse("list -t"), "option -t needs a path");
	expect_wrong(parse("list --config"), "option -c needs a path");
	expect_wrong(parse("list --test"), "list takes no option --test");
	expect_wrong(
	    parse("check --root=/x 192.0.2.1"), "check takes no option --root");
	expect_wrong(parse("pam-check --test pop3 joe"),
	    "usage: popauthctl pam-check --test SERVICE USER ADDRESS");
	expect_wrong(parse("pam-check --test pop3 joe here"), "no address");
	expect_wrong(parse("pam-check --test --root=/x pop3 joe 192.0.2.1"),
	    "pam-check takes no option --root with --test");
}

Test(popauthctl_options, an_option_without_brackets_selects_the_row)
{
	cr_assert_eq(parse("revoke --user joe"), OPTIONS_RUN);
	cr_expect_str_eq(options.user, "joe");
	cr_expect_eq(options.command->run, command_revoke_user);
	cr_assert_eq(parse("revoke --all"), OPTIONS_RUN);
	cr_expect_eq(options.command->run, command_revoke_all);
	cr_assert_eq(parse("revoke 192.0.2.1"), OPTIONS_RUN);
	cr_expect_eq(options.command->run, command_revoke);
}

Test(popauthctl_options, a_rule_has_its_values)
{
	cr_assert_eq(parse("permit 192.0.2.0/24 --for 3d --sender a@b "
			   "--to=c --note=x"),
	    OPTIONS_RUN);
	cr_expect_str_eq(options.who, "192.0.2.0/24");
	cr_expect_str_eq(options.period, "3d");
	cr_expect_str_eq(options.sender, "a@b");
	cr_expect_str_eq(options.to, "c");
	cr_expect_str_eq(options.note, "x");
}
