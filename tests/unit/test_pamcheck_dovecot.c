/* SPDX-License-Identifier: ISC */
/* dovecot: its configuration decides which service counts. */
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_dovecot, .init = setup, .fini = teardown);

Test(pamcheck_dovecot, dovecots_file_for_pop3_alone_is_right)
{
	put("etc/pam.d/dovecot", DEBIAN_SERVICE);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/dovecot/dovecot.conf", "!include conf.d/*.conf\n");
	put("etc/dovecot/conf.d/10-auth.conf",
	    "#auth_cache_size = 0\n!include auth-system.conf.ext\n");
	put("etc/dovecot/conf.d/auth-system.conf.ext",
	    "passdb {\n  driver = pam\n  #args = dovecot\n  args = %s\n}\n"
	    "userdb {\n  driver = passwd\n}\n");
	expect_right("pop3");
	cr_expect_eq(state_of("dovecot"), PAMSTATE_UNUSED);
}

Test(pamcheck_dovecot, the_configuration_of_a_removed_dovecot_is_ignored)
{
	put("etc/pam.d/dovecot", DEBIAN_SERVICE);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/dovecot/dovecot.conf", "passdb {\n  driver = pam\n}\n");
	put("usr/sbin/dovecot", "");
	put("etc/init.d/dovecot", "#!/bin/sh\n");
	check();
	expect_finding("module-missing", "dovecot");
	delete_file("usr/sbin/dovecot");
	expect_right("pop3");
	cr_expect_eq(state_of("dovecot"), PAMSTATE_UNUSED);
}

Test(pamcheck_dovecot, dovecot_2_4_is_read_too)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/dovecot/dovecot.conf",
	    "dovecot_config_version = 2.4.0\n"
	    "passdb pam {\n  session = yes\n  service_name = %{protocol}\n}\n");
	expect_right("pop3");
	put("etc/dovecot/dovecot.conf",
	    "dovecot_config_version = 2.4.0\nauth_cache_size = 10M\n"
	    "passdb pam {\n  service_name = %{protocol}\n}\n");
	check();
	expect_finding("dovecot-cache", "use_cache = no");
}

Test(pamcheck_dovecot, the_missing_file_that_dovecot_uses_is_reported)
{
	put("etc/dovecot/dovecot.conf",
	    "passdb {\n  driver = pam\n  args = %s\n}\n");
	check();
	expect_finding("no-service-file", "the service pop3 has no file");
	expect_cure("pop3");
}

Test(pamcheck_dovecot, a_file_that_dovecot_does_not_use_is_reported)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/dovecot/dovecot.conf", "passdb {\n  driver = pam\n}\n");
	check();
	expect_finding("not-asked",
	    "dovecot.conf:1: Dovecot uses the service dovecot, not pop3; write "
	    "args = %{if;%s;eq;pop3;pop3;dovecot} there");
	cr_expect_eq(state_of("pop3"), PAMSTATE_UNUSED);
}
