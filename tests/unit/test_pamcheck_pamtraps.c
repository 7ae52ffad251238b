/* SPDX-License-Identifier: ISC */
/* pamtraps: settings elsewhere that keep logins from the module. */
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pamtraps, .init = setup, .fini = teardown);

Test(pamcheck_pamtraps, a_module_that_libpam_does_not_find_is_reported)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	delete_file("lib/x86_64-linux-gnu/security/pam_popauth.so");
	check();
	expect_finding("module-not-installed", "lib/x86_64-linux-gnu/security");
	cr_expect_eq(report.n_todo, 1);
}

Test(pamcheck_pamtraps, caches_that_bypass_pam_are_reported)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/imapd.conf", "sasl_pwcheck_method: saslauthd\n");
	put("etc/default/saslauthd",
	    "# OPTIONS=\"-c\"\nOPTIONS=\"-c -m /var/run/saslauthd\"\n");
	put("etc/dovecot/dovecot.conf",
	    "auth_cache_size = 10 M\n"
	    "passdb {\n  driver = pam\n  args = cache_key=%u%s %s\n}\n");
	check();
	expect_finding("saslauthd-cache", "etc/default/saslauthd");
	expect_finding("dovecot-cache", "dovecot.conf:1: ");
	cr_expect_eq(report.n_todo, 2);
	put("etc/default/saslauthd", "OPTIONS=\"-m /var/run/saslauthd\"\n");
	put("etc/dovecot/dovecot.conf",
	    "auth_cache_size = 10 M\n"
	    "passdb {\n  driver = pam\n  args = %s\n}\n");
	expect_right("pop3");
}
