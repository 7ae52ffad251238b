/* SPDX-License-Identifier: ISC */
/* dovecotdraft: which settings count. */
#include "tests/unit/dovecot_fixture.h"

TestSuite(pamcheck_dovecotdraft, .init = setup, .fini = end_dovecot);

Test(pamcheck_dovecotdraft, passdbs_of_the_protocol_come_first)
{
	static const char text[] = "passdb {\n driver = pam\n}\n"
				   "protocol pop3 {\n passdb {\n"
				   "  driver = sql\n }\n}\n"
				   "protocol imap {\n passdb {\n"
				   "  driver = ldap\n }\n}\n"
				   "protocol !pop3 {\n passdb {\n"
				   "  driver = lua\n }\n}\n";

	read_dovecot(text);
	cr_assert_eq(dovecot.n, (size_t)2);
	cr_expect_str_eq(dovecot.passdbs[0].driver, "sql");
	cr_expect_str_eq(dovecot.passdbs[1].driver, "pam");
	read_for("imap", text);
	cr_assert_eq(dovecot.n, (size_t)3);
	cr_expect_str_eq(dovecot.passdbs[0].driver, "ldap");
	cr_expect_str_eq(dovecot.passdbs[1].driver, "lua");
}

Test(pamcheck_dovecotdraft, passdbs_of_2_4_have_names)
{
	static const char text[] =
	    "dovecot_config_version = 2.4.0\n"
	    "passdb pam {\n service_name = a\n}\n"
	    "passdb two {\n driver = sql\n}\n"
	    "passdb pam {\n session = yes\n}\n"
	    "protocol pop3 {\n passdb pam {\n  service_name = b\n }\n"
	    " passdb three {\n  driver = lua\n }\n}\n"
	    "passdb_pam {\n use_cache = no\n}\n";

	read_dovecot(text);
	cr_assert_eq(dovecot.n, (size_t)3);
	cr_expect_str_eq(dovecot.passdbs[0].service, "b");
	cr_expect(dovecot.passdbs[0].opens_session);
	cr_expect_str_eq(dovecot.passdbs[1].driver, "sql");
	cr_expect_str_eq(dovecot.passdbs[2].driver, "lua");
	read_for("imap", text);
	cr_assert_eq(dovecot.n, (size_t)2);
	cr_expect_str_eq(dovecot.passdbs[0].service, "a");
}

Test(pamcheck_dovecotdraft, other_blocks_have_no_passdb_settings)
{
	read_dovecot("userdb {\n driver = sql\n args = x\n}\n"
		     "namespace inbox {\n mailbox a {\n  auto = no\n }\n}\n"
		     "passdb {\n driver = pam\n}\n");
	cr_assert_eq(dovecot.n, (size_t)1);
	cr_expect_str_eq(dovecot.passdbs[0].driver, "pam");
	cr_expect_str_eq(dovecot.passdbs[0].service, "dovecot");
}

Test(pamcheck_dovecotdraft, protocols_are_collected)
{
	read_dovecot("a = b\n");
	cr_expect(dovecot_serves(&dovecot, "pop3"));
	cr_expect_not(dovecot_serves(&dovecot, "sieve"));
	read_dovecot("protocols =\nprotocols = $protocols imap\n"
		     "protocols = $protocols sieve\n");
	cr_expect(dovecot_serves(&dovecot, "imap"));
	cr_expect(dovecot_serves(&dovecot, "sieve"));
	cr_expect_not(dovecot_serves(&dovecot, "pop3"));
	read_dovecot("dovecot_config_version = 2.4.0\n"
		     "protocols {\n pop3 = yes\n imap = no\n}\n");
	cr_expect(dovecot_serves(&dovecot, "pop3"));
	cr_expect_not(dovecot_serves(&dovecot, "imap"));
}

Test(pamcheck_dovecotdraft, listeners_of_other_programs_are_seen)
{
	read_dovecot("service auth {\n unix_listener auth-userdb {\n"
		     "  mode = 0600\n }\n}\n");
	cr_expect_not(dovecot.serves_smtp);
	read_dovecot("service auth {\n"
		     " unix_listener /var/spool/postfix/private/auth {\n"
		     "  mode = 0660\n }\n}\n");
	cr_expect(dovecot.serves_smtp);
	read_dovecot("service auth {\n inet_listener {\n  port = 1\n }\n}\n");
	cr_expect(dovecot.serves_smtp);
}

Test(pamcheck_dovecotdraft, deep_blocks_are_passed_over)
{
	char text[600] = "";
	int i;

	for (i = 0; i < 40; i++)
		strcat(text, "a {\n");
	for (i = 0; i < 40; i++)
		strcat(text, "}\n");
	strcat(text, "passdb {\n driver = pam\n}\n");
	read_dovecot(text);
	cr_expect_null(dovecot.refused);
}
