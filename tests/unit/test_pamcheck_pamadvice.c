/* SPDX-License-Identifier: ISC */
/* pamadvice: its advice, when followed, cures the service. */
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pamadvice, .init = setup, .fini = teardown);

Test(pamcheck_pamadvice, the_missing_line_is_reported_with_its_place)
{
	const struct pamfinding *finding;

	put("etc/pam.d/popa3d", DEBIAN_SERVICE);
	check();
	expect_finding("module-missing", "popa3d does not call the module");
	finding = find("module-missing");
	cr_assert_eq(finding->advice.n, 1);
	cr_expect_eq(finding->advice.edits[0].kind, PAMEDIT_ADD);
	cr_expect_eq(finding->advice.edits[0].line_no, 4);
	cr_expect_str_eq(
	    finding->advice.edits[0].text, "account optional pam_popauth.so");
	expect_cure("popa3d");
}

Test(pamcheck_pamadvice, a_plain_required_line_needs_no_change)
{
	put("etc/pam.d/pop3", "auth       required     pam_unix.so nullok\n"
			      "account    required     pam_unix.so\n"
			      "session    required     pam_unix.so\n"
			      "password   required     pam_unix.so\n");
	expect_cure("pop3");
	cr_expect_not_null(strstr(report.services[0].place, "pop3:3"));
}

/* The account stack of libpam-sss. */
#define COMMON_SSS                                                             \
	"account [success=1 new_authtok_reqd=done default=ignore] "            \
	"pam_unix.so\n"                                                        \
	"account requisite pam_deny.so\naccount required pam_permit.so\n"      \
	"account sufficient pam_localuser.so\n"                                \
	"account [default=bad success=ok user_unknown=ignore] pam_sss.so\n"

Test(
    pamcheck_pamadvice, with_a_directory_service_the_line_is_before_the_include)
{
	const struct pamfinding *finding;

	put("etc/pam.d/common-account", COMMON_SSS);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	check();
	expect_finding("never-reached", "common-account:4 (pam_localuser.so)");
	finding = find("never-reached");
	cr_assert_eq(finding->advice.n, (size_t)2);
	cr_expect_eq(finding->advice.edits[0].kind, PAMEDIT_REMOVE);
	cr_expect_eq(finding->advice.edits[1].kind, PAMEDIT_ADD);
	cr_expect_eq(finding->advice.edits[1].line_no, 1);
	cr_expect_eq(report.n_findings, 1);
	expect_cure("pop3");
	put("etc/pam.d/pop3", "@include common-account\n");
	expect_cure("pop3");
	cr_expect_not_null(strstr(report.services[0].place, "pop3:1"));
}

/* RHEL's password-auth. */
Test(pamcheck_pamadvice, a_sufficient_line_in_an_include_is_got_round)
{
	put("etc/pam.d/password-auth",
	    "auth required pam_unix.so\naccount required pam_unix.so\n"
	    "account sufficient pam_localuser.so\n"
	    "account [default=bad success=ok user_unknown=ignore] "
	    "pam_sss.so\n"
	    "account required pam_permit.so\n");
	put("etc/pam.d/pop3", "auth include password-auth\n"
			      "account include password-auth\n");
	expect_cure("pop3");
	put("etc/pam.d/pop3", "auth substack password-auth\n"
			      "account substack password-auth\n");
	expect_cure("pop3");
	cr_expect_not_null(strstr(report.services[0].place, "pop3:3"));
}

Test(pamcheck_pamadvice, a_service_without_a_file_gets_one)
{
	names[n_names++] = (char[]){"mypop"};
	check();
	expect_finding("no-service-file", "the service mypop has no file");
	expect_cure("mypop");
}
