/* SPDX-License-Identifier: ISC */
/* pamcheck: which services it looks at. */
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pamcheck, .init = setup, .fini = teardown);

Test(pamcheck_pamcheck, files_for_all_services_must_not_have_it)
{
	put("etc/pam.d/pop3", DEBIAN_SERVICE);
	put("etc/pam.d/common-account", "account requisite pam_unix.so\n" OURS);
	check();
	expect_finding("in-common-file", "common-account:2: remove the line");
}

Test(pamcheck_pamcheck, the_gates_own_service_must_not_have_it)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/pam.d/smtpgate", RIGHT_SERVICE);
	check();
	expect_finding("in-gate-service", "smtpgate:3: remove the line");
	cr_expect_eq(report.n_todo, 1);
}

Test(pamcheck_pamcheck, an_unknown_service_has_to_be_named)
{
	put("etc/pam.d/sshd", RIGHT_SERVICE);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/pam.d/sshd.dpkg-old", RIGHT_SERVICE);
	check();
	expect_finding("in-other-service", "sshd:3: no known POP");
	cr_expect_eq(report.n_todo, 1);
	names[n_names++] = (char[]){"sshd"};
	expect_right("sshd");
}

Test(pamcheck_pamcheck, the_lack_of_a_pop_server_is_reported)
{
	put("etc/pam.d/imap", DEBIAN_SERVICE);
	check();
	expect_finding("no-pop-service", "command line");
	cr_expect_eq(state_of("imap"), PAMSTATE_ABSENT);
}
