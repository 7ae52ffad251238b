/* SPDX-License-Identifier: ISC */
/* pamhealth: lines that libpam cannot read, in every stack. */
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pamhealth, .init = setup, .fini = teardown);

/* The line before a service that is right otherwise. */
static void
expect_before(const char *line, const char *code, const char *piece)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s", line, RIGHT_SERVICE);
	put("etc/pam.d/pop3", text);
	check();
	expect_finding(code, piece);
	expect_finding(code, "libpam refuses every login");
	cr_expect_eq(report.n_todo, 1, "%s", line);
	cr_expect_eq(state_of("pop3"), PAMSTATE_WRONG);
}

Test(pamcheck_pamhealth, a_line_of_unknown_type_is_named)
{
	expect_before("%PAM-1.0\n", "unreadable-line",
	    "pop3:1: unknown type \"%PAM-1.0\"; write #%PAM-1.0");
	expect_before("foo\n", "unreadable-line", "unknown type \"foo\"");
	expect_before("auth requisite pam_succeed_if.so\n  uid>=1000\n",
	    "unreadable-line", "end that line with a \"\\\"");
	expect_before("auth\n", "unreadable-line", "no control after \"auth\"");
	expect_before("auth required\n", "unreadable-line", "no module after");
	expect_before("auth requried pam_unix.so\n", "unreadable-line",
	    "unknown control \"requried\"");
}

Test(pamcheck_pamhealth, what_an_editor_hides_is_named)
{
	expect_before("\xef\xbb\xbf# a comment\n", "unreadable-line",
	    "pop3:1: unknown type \"\\xef\\xbb\\xbf\"; the line begins with a "
	    "byte order mark");
	expect_before("account required\xc2\xa0pam_unix.so\n",
	    "unreadable-line", "has a no-break space (U+00A0)");
	expect_before("auth required pam_unix.so\r\n", "unreadable-line",
	    "unknown module \"pam_unix.so\\x0d\"; the line ends with a "
	    "carriage return");
	put("etc/pam.d/pop3", "@include common-auth\n@include common-account\n"
			      "account optional\xc2\xa0pam_popauth.so\n");
	check();
	expect_finding("unreadable-line", "pop3:3: no module after");
	cr_expect_eq(report.n_findings, 1);
}

Test(pamcheck_pamhealth, one_finding_is_enough_for_dos_line_ends)
{
	put("etc/pam.d/pop3", "auth required pam_unix.so\r\n"
			      "account required pam_unix.so\r\n"
			      "account optional pam_popauth.so\r\n");
	check();
	cr_expect_eq(count("unreadable-line"), 1);
	cr_expect_eq(count("module-not-installed"), 0);
	put("etc/pam.d/pop3", "@include common-auth\r\n"
			      "@include common-account\r\n");
	check();
	expect_finding("unreadable-file", "pop3:1: there is no file to "
					  "include: \"common-auth\\x0d\"");
	cr_expect_eq(report.n_findings, 1);
}

Test(pamcheck_pamhealth, a_missing_include_is_named)
{
	expect_before("@include common-nothing\n", "unreadable-file",
	    "pop3:1: there is no file to include: \"common-nothing\"");
	expect_before("auth include nothing\n", "unreadable-file",
	    "pop3:1: there is no file to include: \"nothing\"");
	put("etc/pam.d/part", "# part\n@include nothing\n");
	expect_before("auth substack part\n", "unreadable-file",
	    "part:2: there is no file to include: \"nothing\"");
	put("etc/pam.d/part", "@include part\n");
	expect_before("@include part\n", "unreadable-file",
	    "part:1: a file that includes itself: \"part\"");
}

Test(pamcheck_pamhealth, a_missing_module_is_named)
{
	expect_before("auth required pam_none.so\n", "module-not-installed",
	    "pop3:1: there is no module pam_none.so");
	put("etc/pam.d/pop3",
	    "auth optional pam_none.so\n"
	    "-auth required pam_gnome_keyring.so\n"
	    "-session optional pam_systemd.so\n" RIGHT_SERVICE);
	check();
	cr_expect_eq(count("module-not-installed"), 2);
	cr_expect_eq(find("module-not-installed")->severity, PAMSEVERITY_NOTE);
	put("etc/pam.d/pop3",
	    "auth optional pam_none.so\n"
	    "-session optional pam_systemd.so\n" RIGHT_SERVICE);
	expect_right("pop3");
	cr_expect_eq(count("module-not-installed"), 1);
}

Test(pamcheck_pamhealth, our_module_with_a_wrong_path_records_nothing)
{
	put("etc/pam.d/pop3",
	    "@include common-auth\n@include common-account\n"
	    "account optional /usr/lib64/security/pam_popauth.so\n");
	check();
	expect_finding("module-not-installed",
	    "pop3:3: there is no module /usr/lib64/security/pam_popauth.so, so "
	    "no login is recorded");
	cr_expect_eq(report.n_todo, 1);
	cr_expect_eq(state_of("pop3"), PAMSTATE_WRONG);
	put("usr/lib64/security/pam_popauth.so", "");
	expect_right("pop3");
}

Test(pamcheck_pamhealth, an_auth_stack_that_refuses_every_login_is_named)
{
	put("etc/pam.d/pop3", "auth required pam_deny.so\n" RIGHT_SERVICE);
	check();
	expect_finding("no-way-through", "the auth stack refuses every login");
	put("etc/pam.d/pop3", "@include common-account\n" OURS);
	expect_right("pop3");
	put("etc/pam.d/other", "auth required pam_deny.so\n");
	check();
	expect_finding("no-way-through", "the auth stack refuses every login");
}

Test(pamcheck_pamhealth, a_stack_that_asks_for_no_password_is_an_alarm)
{
	put("etc/pam.d/popa3d", "auth required pam_permit.so\n"
				"@include common-account\n" OURS);
	check();
	expect_finding("any-password", "popa3d: no line of the auth stack");
	cr_expect_eq(report.n_todo, 1);
}

Test(pamcheck_pamhealth, a_stack_that_no_login_meets_is_only_noted)
{
	put("etc/pam.d/pop3", "password\nsession\n" RIGHT_SERVICE);
	expect_right("pop3");
	cr_expect_eq(count("unreadable-line"), 2);
	put("etc/dovecot/dovecot.conf",
	    "passdb {\n  driver = pam\n  args = session=yes %s\n}\n");
	check();
	cr_expect_eq(report.n_todo, 1);
}
