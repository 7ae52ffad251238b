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

Test(pamcheck_pamadvice, plain_lines_of_courier_are_made_to_end_the_stack)
{
	put("etc/pam.d/pop3", "auth       required     pam_unix.so nullok\n"
			      "account    required     pam_unix.so\n"
			      "session    required     pam_unix.so\n"
			      "password   required     pam_unix.so\n");
	expect_cure("pop3");
	cr_expect_not_null(strstr(report.services[0].place, "pop3:3"));
}

Test(pamcheck_pamadvice, without_a_safe_place_none_is_advised)
{
	put("etc/pam.d/password-auth",
	    "auth required pam_unix.so\naccount required pam_unix.so\n"
	    "account sufficient pam_localuser.so\n"
	    "account required pam_permit.so\n");
	put("etc/pam.d/pop3", "auth include password-auth\n"
			      "account include password-auth\n");
	check();
	expect_finding("module-missing", "pop3");
	expect_finding("no-safe-place", "requisite");
	cr_expect_eq(find("module-missing")->advice.n, 0);
}

Test(pamcheck_pamadvice, a_service_without_a_file_gets_one)
{
	names[n_names++] = (char[]){"mypop"};
	check();
	expect_finding("no-service-file", "the service mypop has no file");
	expect_cure("mypop");
}
