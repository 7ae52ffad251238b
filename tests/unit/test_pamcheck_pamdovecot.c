/* SPDX-License-Identifier: ISC */
/* pamdovecot: what is said about Dovecot's passdbs. */
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pamdovecot, .init = setup, .fini = teardown);

#define RECORDING_SERVICE                                                      \
	"auth required pam_permit.so\naccount required pam_permit.so\n" OURS

static void
put_dovecot(const char *text)
{
	put("etc/dovecot/dovecot.conf", text);
}

Test(pamcheck_pamdovecot, a_dovecot_without_pam_records_no_login)
{
	put("etc/pam.d/dovecot", DEBIAN_SERVICE);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put_dovecot("passdb {\n  driver = sql\n  args = x\n}\n");
	check();
	expect_finding("pam-not-asked",
	    "dovecot.conf:1: Dovecot asks PAM about no user, but its passdb "
	    "sql");
	cr_expect_eq(report.n_todo, 1);
	cr_expect_eq(state_of("pop3"), PAMSTATE_UNUSED);
	cr_expect_eq(state_of("dovecot"), PAMSTATE_UNUSED);
	put("etc/courier/pop3d", "");
	check();
	cr_expect_eq(state_of("pop3"), PAMSTATE_RIGHT);
}

Test(pamcheck_pamdovecot, users_of_another_passdb_are_not_recorded)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put_dovecot("passdb {\n  driver = sql\n}\n"
		    "passdb {\n  driver = pam\n  args = %s\n}\n");
	check();
	expect_finding("users-not-recorded", "dovecot.conf:1: logins that "
					     "Dovecot's passdb sql accepts");
	put_dovecot("passdb {\n  driver = pam\n  args = %s\n}\n"
		    "passdb {\n  driver = passwd-file\n}\n");
	check();
	expect_finding("users-not-recorded", "dovecot.conf:5: ");
	cr_expect_eq(report.n_todo, 1);
	cr_expect_eq(state_of("pop3"), PAMSTATE_RIGHT);
	put_dovecot("passdb {\n  driver = passwd-file\n  deny = yes\n}\n"
		    "passdb {\n  driver = sql\n  master = yes\n}\n"
		    "passdb {\n  driver = pam\n  args = %s\n}\n");
	expect_right("pop3");
}

Test(pamcheck_pamdovecot, a_recording_passdb_is_right)
{
	put("etc/pam.d/popauth-virtual", RECORDING_SERVICE);
	put_dovecot("passdb {\n  driver = sql\n"
		    "  result_success = continue-ok\n"
		    "  result_failure = return-fail\n}\n"
		    "passdb {\n  driver = pam\n  args = popauth-virtual\n"
		    "  skip = unauthenticated\n}\n");
	expect_right("popauth-virtual");
	cr_expect_eq(count("in-other-service"), 0);
	put_dovecot("passdb {\n  driver = sql\n"
		    "  result_success = continue-ok\n}\n"
		    "passdb {\n  driver = pam\n  args = popauth-virtual\n}\n");
	check();
	expect_finding("any-password",
	    "dovecot.conf:5: any password logs in, because no line");
	expect_finding("any-password", "write skip = unauthenticated");
	cr_expect_eq(state_of("popauth-virtual"), PAMSTATE_WRONG);
	put_dovecot("passdb {\n  driver = sql\n"
		    "  result_success = continue-ok\n"
		    "  result_failure = return-fail\n}\n"
		    "passdb {\n  driver = pam\n  args = popauth-virtual\n}\n");
	check();
	expect_finding("any-password", "while another passdb cannot answer");
}

Test(pamcheck_pamdovecot, a_second_passdb_may_record_for_pam)
{
	put("etc/pam.d/dovecot", DEBIAN_SERVICE);
	put("etc/pam.d/popauth-virtual", RECORDING_SERVICE);
	put_dovecot("passdb {\n  driver = pam\n"
		    "  result_success = continue-ok\n"
		    "  override_fields = allow_nets=203.0.113.0/24\n}\n"
		    "passdb {\n  driver = pam\n  args = popauth-virtual\n"
		    "  skip = unauthenticated\n}\n");
	expect_right("dovecot");
	cr_expect_eq(count("refused-after-pam"), 0);
}

Test(pamcheck_pamdovecot, a_passdb_that_is_never_asked_is_reported)
{
	put("etc/pam.d/popauth-virtual", RECORDING_SERVICE);
	put_dovecot("passdb {\n  driver = sql\n"
		    "  result_success = continue\n}\n"
		    "passdb {\n  driver = pam\n  args = popauth-virtual\n"
		    "  skip = unauthenticated\n}\n");
	check();
	expect_finding("never-asked", "dovecot.conf:5: Dovecot never asks");
	expect_finding("never-asked", "result_success = continue-ok");
}

Test(pamcheck_pamdovecot, a_service_of_any_name_is_recorded)
{
	put("etc/pam.d/mailpop", RIGHT_SERVICE);
	put("etc/pam.d/pop3", DEBIAN_SERVICE);
	put_dovecot("passdb {\n  driver = pam\n  args = mailpop\n}\n");
	expect_right("mailpop");
	cr_expect_eq(state_of("pop3"), PAMSTATE_UNUSED);
}

Test(pamcheck_pamdovecot, a_dovecot_that_will_not_start_is_an_alarm)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/pam.d/dovecot", RIGHT_SERVICE);
	put_dovecot("dovecot_config_version = 2.4.0\n"
		    "passdb pam {\n args = %s\n#  driver = pam\n}\n");
	check();
	expect_finding("dovecot-refuses", "will not start again");
	expect_finding("dovecot-refuses", "dovecot.conf:3: Dovecot 2.4 knows");
	expect_finding("dovecot-refuses", "service_name = NAME");
	put_dovecot("passdb {\n driver = pam\n args = %s\n");
	check();
	expect_finding("dovecot-refuses", "a '}' is missing");
}

Test(pamcheck_pamdovecot, what_dovecot_does_after_pam_is_noted)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put_dovecot("login_trusted_networks = 192.0.2.0/24\n"
		    "passdb {\n  driver = pam\n  args = %s\n"
		    "  override_fields = nologin\n}\n"
		    "passdb {\n  driver = pam\n  master = yes\n}\n");
	expect_right("pop3");
	expect_finding("refused-after-pam", "dovecot.conf:2: Dovecot applies "
					    "nologin after PAM");
	expect_finding("trusted-networks", "dovecot.conf:1: ");
	expect_finding("master-users", "dovecot.conf:7: ");
}

Test(pamcheck_pamdovecot, protocols_without_a_file_use_other)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/pam.d/imap", DEBIAN_SERVICE);
	put_dovecot("protocols = imap pop3 sieve lmtp\n"
		    "passdb {\n  driver = pam\n  args = %s\n}\n"
		    "service auth {\n"
		    "  unix_listener /var/spool/postfix/private/auth {\n"
		    "  }\n}\n");
	expect_right("pop3");
	cr_expect_eq(count("uses-other"), 2);
	expect_finding("uses-other", "service sieve for logins by sieve");
	put("etc/pam.d/other", "auth required pam_deny.so\n");
	check();
	cr_expect_eq(report.n_todo, 2);
	expect_finding("uses-other", "which refuses every login");
	expect_cure("pop3");
	cr_expect_eq(count("uses-other"), 0);
}

Test(pamcheck_pamdovecot, a_worker_must_be_able_to_write_the_table)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put_dovecot("passdb {\n  driver = pam\n  args = %s\n}\n"
		    "service auth-worker {\n  user = popworker\n}\n");
	check();
	expect_finding("worker-groups",
	    "dovecot.conf:6: Dovecot's worker runs as popworker");
	cr_expect_eq(report.n_todo, 1);
	put_dovecot("passdb {\n  driver = pam\n  args = %s\n}\n"
		    "service auth-worker {\n  user = popworker\n"
		    "  extra_groups = popauth,popauth-grant\n}\n");
	expect_right("pop3");
	put_dovecot("passdb {\n  driver = pam\n  args = %s\n}\n"
		    "service auth-worker {\n  user = root\n}\n");
	expect_right("pop3");
}
