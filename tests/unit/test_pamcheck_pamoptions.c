/* SPDX-License-Identifier: ISC */
/* pamoptions: the options of the module, as the module reads them. */
#include "pam_popauth/arguments.h"
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pamoptions, .init = setup, .fini = teardown);

Test(pamcheck_pamoptions, another_table_than_the_gates_is_wrong)
{
	put("etc/pam.d/pop3",
	    "@include common-account\n"
	    "account optional pam_popauth.so table=/run/other\n");
	check();
	expect_finding("other-table", "writes /run/other, but");
	put("etc/pam.d/pop3",
	    "@include common-account\n"
	    "account optional pam_popauth.so debug table=" TABLE "\n");
	expect_right("pop3");
}

Test(pamcheck_pamoptions, cyrus_needs_an_option_for_the_address)
{
	put("etc/pam.d/pop", DEBIAN_SERVICE);
	expect_cure("pop");
	put("etc/pam.d/pop", RIGHT_SERVICE);
	check();
	expect_finding("no-address", "from=unix from_exe=");
}

/* A service whose account line has these options. */
static void
put_options(const char *options)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "@include common-auth\n@include common-account\n"
	    "account optional pam_popauth.so %s\n",
	    options);
	put("etc/pam.d/pop3", text);
}

Test(pamcheck_pamoptions, a_refused_option_is_reported_with_the_reason)
{
	static const struct {
		const char *options, *said;
	} bad[] = {
	    {"from=rhosts",
		"pop3:3: the module refuses "
		"option=\"from=rhosts\", and the line "
		"grants nothing: use rhost, env, fd0, socket or unix"},
	    {"debug debug",
		"option=debug, and the line grants nothing: this option "
		"may appear only once"},
	    {"from=unix", "from=unix requires from_exe="},
	    {"table=grants", "use an absolute path"},
	    {"[exclude=192.0.2.0/24, 2001:db8::/32]",
		"\"exclude=192.0.2.0/24, 2001:db8::/32\""},
	    {"users=j\xf6rg users=joe", "\"users=joe\""},
	    {"users=j\xf6rg,", "\"users=j\\xf6rg,\""},
	    {"[][]users=", "\"users=\""},
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_options(bad[i].options);
		check();
		expect_finding("bad-option", bad[i].said);
		cr_expect_eq(report.n_todo, 1, "%s", bad[i].options);
		cr_expect_eq(state_of("pop3"), PAMSTATE_WRONG);
	}
	put_options("from=rhost exclude=192.0.2.0/24,2001:db8::/32 strict");
	expect_right("pop3");
}

Test(pamcheck_pamoptions, each_unknown_option_is_noted_and_does_no_harm)
{
	put_options("form=fd0 service=table=/x debugging");
	expect_right("pop3");
	cr_expect_eq(count("unknown-option"), 2);
	expect_finding("unknown-option",
	    "pop3:3: the module ignores "
	    "option=\"form=fd0\": " ARGUMENTS_UNKNOWN_WHY);
}

Test(pamcheck_pamoptions, options_of_all_lines_are_read_included_ones_too)
{
	put("etc/pam.d/included",
	    "auth optional pam_popauth.so from=fd1\n"
	    "auth required pam_permit.so\n"
	    "account [success=1 default=ignore] pam_unix.so\n"
	    "account requisite pam_deny.so\n"
	    "account optional pam_popauth.so users=\n"
	    "account required pam_permit.so\n"
	    "session optional pam_popauth.so group=\n"
	    "session required pam_permit.so\n");
	put("etc/pam.d/pop3", "auth include included\n"
			      "account include included\n"
			      "session substack included\n");
	check();
	expect_finding("bad-option", "included:1: the module refuses");
	cr_expect_eq(count("bad-option"), 3);
	put("etc/pam.d/pop3", "@include included\n");
	check();
	cr_expect_eq(count("bad-option"), 3);
}

Test(pamcheck_pamoptions, an_option_of_a_similar_name_does_not_name_a_source)
{
	put("etc/pam.d/pop", "@include common-auth\n@include common-account\n"
			     "account optional pam_popauth.so xfrom=unix\n");
	check();
	expect_finding("no-address", "from=unix from_exe=");
	expect_finding("unknown-option", "xfrom=unix");
}
