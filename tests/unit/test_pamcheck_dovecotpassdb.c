/* SPDX-License-Identifier: ISC */
/* dovecotpassdb: the settings of one passdb. */
#include "tests/unit/dovecot_fixture.h"

TestSuite(pamcheck_dovecotpassdb, .init = setup, .fini = end_dovecot);

Test(pamcheck_dovecotpassdb, args_of_2_3_have_options_and_the_service)
{
	read_dovecot("auth_cache_size = 1M\npassdb {\n driver = pam\n"
		     " args = session=yes \\\n  cache_key=%u max_requests=3 "
		     "mailpop\n}\n");
	cr_assert_eq(dovecot.n, (size_t)1);
	cr_expect_str_eq(dovecot.passdbs[0].service, "mailpop");
	cr_expect(dovecot.passdbs[0].opens_session);
	cr_expect(dovecot.passdbs[0].is_cached);
}

Test(pamcheck_dovecotpassdb, settings_of_2_4_are_inside_or_outside)
{
	read_dovecot("dovecot_config_version = 2.4.0\n"
		     "passdb one {\n driver = pam\n"
		     " service_name = %{protocol}\n}\n"
		     "passdb_pam_session = yes\n"
		     "passdb pam {\n pam_session = no\n}\n");
	cr_assert_eq(dovecot.n, (size_t)2);
	cr_expect_str_eq(dovecot.passdbs[0].driver, "pam");
	cr_expect_str_eq(dovecot.passdbs[0].service, "%{protocol}");
	cr_expect(dovecot.passdbs[0].opens_session);
	cr_expect_not(dovecot.passdbs[1].opens_session);
	cr_expect_str_eq(dovecot.passdbs[1].service, "dovecot");
}

Test(pamcheck_dovecotpassdb, rules_of_the_next_passdb_are_read)
{
	read_dovecot("passdb {\n driver = sql\n result_success = continue-ok\n"
		     " result_failure = return-fail\n"
		     " result_internalfail = return-fail\n}\n"
		     "passdb {\n driver = pam\n skip = unauthenticated\n}\n"
		     "passdb {\n driver = pam\n master = yes\n}\n"
		     "passdb {\n driver = passwd-file\n deny = yes\n}\n");
	cr_assert_eq(dovecot.n, (size_t)4);
	cr_expect_eq(dovecot.passdbs[0].on_success, DOVECOT_CONTINUE_OK);
	cr_expect_eq(dovecot.passdbs[0].on_failure, DOVECOT_RETURN_FAIL);
	cr_expect_eq(
	    dovecot.passdbs[0].on_internal_failure, DOVECOT_RETURN_FAIL);
	cr_expect_eq(dovecot.passdbs[1].skip, DOVECOT_SKIP_UNAUTHENTICATED);
	cr_expect_eq(dovecot.passdbs[1].on_success, DOVECOT_RETURN);
	cr_expect(dovecot.passdbs[2].is_for_masters);
	cr_expect(dovecot.passdbs[3].is_deny);
}

Test(pamcheck_dovecotpassdb, limits_after_pam_are_seen)
{
	read_dovecot("passdb {\n driver = pam\n"
		     " override_fields = allow_nets=203.0.113.0/24\n}\n");
	cr_expect_str_eq(dovecot.passdbs[0].limit, "allow_nets");
	read_dovecot("dovecot_config_version = 2.4.0\n"
		     "passdb pam {\n fields {\n  nologin = yes\n }\n}\n");
	cr_expect_str_eq(dovecot.passdbs[0].limit, "nologin");
	read_dovecot(
	    "dovecot_config_version = 2.4.0\npassdb pam {\n}\n"
	    "passdb_default_fields {\n  allow_nets = 192.0.2.0/24\n}\n");
	cr_expect_str_eq(dovecot.passdbs[0].limit, "allow_nets");
	read_dovecot("passdb {\n driver = pam\n}\n");
	cr_expect_null(dovecot.passdbs[0].limit);
}

Test(pamcheck_dovecotpassdb, settings_of_the_other_version_are_refused)
{
	read_dovecot("dovecot_config_version = 2.4.0\n"
		     "passdb pam {\n args = %s\n}\n");
	cr_assert_not_null(dovecot.refused);
	cr_expect_not_null(strstr(dovecot.refused,
	    "dovecot.conf:3: Dovecot 2.4 knows no setting args"));
	read_dovecot("passdb {\n driver = pam\n service_name = pop3\n}\n");
	cr_assert_not_null(dovecot.refused);
	cr_expect_not_null(
	    strstr(dovecot.refused, "Dovecot 2.3 knows no setting service"));
}
