/* SPDX-License-Identifier: ISC */
/* options: the command line of popauthctl. */
#include "popauthctl/options.h"

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
	return options_parse(argc, argv, &options, why);
}

static void
expect_wrong(enum options_result result, const char *piece)
{
	cr_expect_eq(result, OPTIONS_WRONG, "expected '%s'", piece);
	cr_expect_not_null(
	    strstr(why, piece), "expected '%s' in: %s", piece, why);
}

Test(popauthctl_options, each_command_is_known)
{
	cr_expect_eq(parse("status"), OPTIONS_RUN);
	cr_expect_eq(options.command, OPTIONS_STATUS);
	cr_expect_eq(parse("list"), OPTIONS_RUN);
	cr_expect_eq(options.command, OPTIONS_LIST);
	cr_expect_eq(parse("grant 192.0.2.1"), OPTIONS_RUN);
	cr_expect_eq(options.command, OPTIONS_GRANT);
	cr_expect_eq(parse("revoke 192.0.2.1"), OPTIONS_RUN);
	cr_expect_eq(options.command, OPTIONS_REVOKE);
	cr_expect_eq(parse("check 192.0.2.1"), OPTIONS_RUN);
	cr_expect_eq(options.command, OPTIONS_CHECK);
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
	cr_expect_eq(options.command, OPTIONS_PAM_CHECK);
	cr_expect_str_eq(options.root, "/x");
	cr_assert_eq(options.n_services, 2);
	cr_expect_str_eq(options.services[1], "mail");
	cr_assert_eq(parse("pam-check"), OPTIONS_RUN);
	cr_expect_str_eq(options.root, "");
	cr_expect_eq(options.n_services, 0);
}

Test(popauthctl_options, a_login_to_play_has_service_user_and_address)
{
	char text[ADDR_TEXT_BYTES];

	cr_assert_eq(parse("pam-check --test pop3 joe 192.0.2.1"), OPTIONS_RUN);
	cr_expect_eq(options.command, OPTIONS_PAM_TEST);
	cr_assert_eq(options.n_services, 1);
	cr_expect_str_eq(options.services[0], "pop3");
	cr_expect_str_eq(options.user, "joe");
	cr_expect_str_eq(addr_format(&options.addr, text), "192.0.2.1");
}

Test(popauthctl_options, no_user_is_nobody_in_particular)
{
	cr_assert_eq(parse("check 192.0.2.1"), OPTIONS_RUN);
	cr_expect_null(options.user);
	cr_expect_not(options.is_json);
	cr_expect_null(options.table);
	cr_expect_null(options.config);
}

Test(popauthctl_options, options_stand_before_or_behind_the_command)
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

Test(popauthctl_options, a_mistake_is_told_in_a_sentence)
{
	expect_wrong(parse(""), "no command");
	expect_wrong(parse("lits"), "no command 'lits'");
	expect_wrong(parse("grant"),
	    "grant needs an address: popauthctl grant ADDRESS [USER]");
	expect_wrong(
	    parse("list 192.0.2.1"), "'192.0.2.1' is too much for list");
	expect_wrong(
	    parse("check 192.0.2.1 joe x"), "'x' is too much for check");
	expect_wrong(parse("check localhost"), "'localhost' is no address");
	expect_wrong(parse("check 192.0.2.0/24"),
	    "without brackets, port or prefix length");
	expect_wrong(parse("-x list"), "no option -x");
	expect_wrong(parse("list --xml"), "'--xml' is wrong");
	expect_wrong(parse("list --json=1"), "'--json=1'");
	expect_wrong(parse("list -t"), "option -t needs a path");
	expect_wrong(parse("list --config"), "option -c needs a path");
	expect_wrong(parse("list --test"), "--test belongs to pam-check");
	expect_wrong(
	    parse("check --root=/x 192.0.2.1"), "--root belongs to pam-check");
	expect_wrong(parse("pam-check --test pop3 joe"),
	    "pam-check --test SERVICE USER ADDRESS");
	expect_wrong(parse("pam-check --test pop3 joe here"), "no address");
	expect_wrong(parse("pam-check --test --root=/x pop3 joe 192.0.2.1"),
	    "on this machine");
}
