/* SPDX-License-Identifier: ISC */
/* pamservice: right places in a service, and wrong ones. */
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pamservice, .init = setup, .fini = teardown);

/* ---- right places ------------------------------------------------------- */

Test(pamcheck_pamservice, the_line_after_debians_include_is_right)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	expect_right("pop3");
}

Test(pamcheck_pamservice, a_session_line_is_right_where_dovecot_opens_sessions)
{
	put("etc/pam.d/pop3", DEBIAN_SERVICE "session optional "
					     "pam_popauth.so\n");
	check();
	expect_finding("session-alone", "pop3:6: ");
	put("etc/dovecot/dovecot.conf",
	    "passdb {\n  driver = pam\n  args = session=yes %s\n}\n");
	expect_right("pop3");
}

Test(pamcheck_pamservice, a_service_of_usr_lib_is_found_when_it_is_named)
{
	put("usr/lib/pam.d/vendorpop", RIGHT_SERVICE);
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	names[n_names++] = (char[]){"vendorpop"};
	expect_right("vendorpop");
}

Test(pamcheck_pamservice, users_may_be_skipped_on_purpose)
{
	put("etc/pam.d/pop3",
	    "@include common-auth\n@include common-account\n"
	    "account [success=1 default=ignore] pam_succeed_if.so quiet "
	    "user ingroup staff\n" OURS);
	expect_right("pop3");
	expect_finding("skipped-for-some", "pop3:3 (pam_succeed_if.so)");
}

/* ---- wrong places ------------------------------------------------------- */

Test(pamcheck_pamservice, the_line_before_the_include_is_too_early)
{
	put("etc/pam.d/solid-pop3d",
	    "@include common-auth\n" OURS "@include common-account\n");
	check();
	expect_finding("too-early", "common-account:2 (pam_unix.so)");
	expect_cure("solid-pop3d");
}

/* The module waits for the end of PAM, which says success or not. */
Test(pamcheck_pamservice, a_line_that_refuses_may_stand_anywhere)
{
	put("etc/pam.d/pop3",
	    "auth required pam_unix.so\n"
	    "account required pam_nologin.so\n"
	    "account required pam_unix.so broken_shadow\n" OURS);
	expect_right("pop3");
	put("etc/pam.d/pop3",
	    "@include common-auth\n" OURS "@include common-account\n");
	expect_right("pop3");
	put("etc/pam.d/pop3",
	    "@include common-auth\naccount substack common-account\n" OURS);
	expect_right("pop3");
}

Test(pamcheck_pamservice, under_strict_a_refused_login_is_recorded)
{
	put("etc/pam.d/pop3", "@include common-auth\n"
			      "account required pam_nologin.so\n"
			      "@include common-account\n"
			      "account optional pam_popauth.so strict\n");
	check();
	expect_finding("after-refusal", "pop3:2 (pam_nologin.so) refuses");
	expect_finding("no-safe-place", "remove the option strict");
	put("etc/pam.d/pop3", "@include common-auth\n"
			      "account optional pam_popauth.so strict\n"
			      "@include common-account\n");
	check();
	expect_finding("too-early", "common-account:2 (pam_unix.so)");
	expect_cure("pop3");
}

Test(pamcheck_pamservice, a_server_that_ends_with_success_needs_setcred)
{
	put("etc/pam.d/solid-pop3d",
	    "@include common-auth\naccount required pam_nologin.so\n"
	    "@include common-account\n" OURS);
	check();
	expect_finding("after-refusal", "solid-pop3d:2 (pam_nologin.so)");
	expect_cure("solid-pop3d");
	put("etc/pam.d/solid-pop3d",
	    "@include common-auth\naccount required pam_nologin.so\n"
	    "@include common-account\n"
	    "account optional pam_popauth.so setcred\n");
	check();
	expect_finding("no-auth-line", "setcred needs an auth line");
	expect_cure("solid-pop3d");
}

Test(pamcheck_pamservice, the_only_account_line_refuses_every_login)
{
	put("etc/pam.d/pop3", "@include common-auth\n" OURS);
	check();
	expect_finding("only-account-line", "pop3:2: ");
	expect_cure("pop3");
}

Test(pamcheck_pamservice, the_auth_stack_alone_records_nothing)
{
	put("etc/pam.d/pop3", "auth optional pam_popauth.so\n" DEBIAN_SERVICE);
	check();
	expect_finding("auth-alone", "pop3:1: ");
	expect_cure("pop3");
}

Test(pamcheck_pamservice, a_sufficient_line_hides_the_module)
{
	put("etc/pam.d/pop3", "@include common-auth\n"
			      "account sufficient pam_unix.so\n" OURS
			      "account required pam_deny.so\n");
	check();
	expect_finding("never-reached", "pop3:2 (pam_unix.so) ends the stack");
	expect_cure("pop3");
}

Test(pamcheck_pamservice, a_control_that_makes_the_module_decide_is_wrong)
{
	put("etc/pam.d/pop3", "@include common-auth\n@include common-account\n"
			      "account [default=bad] pam_popauth.so\n");
	check();
	expect_finding("decides", "pop3:3: ");
	expect_cure("pop3");
	put("etc/pam.d/pop3",
	    "@include common-auth\n"
	    "account [ignore=1 default=ignore] pam_popauth.so\n"
	    "account required pam_nologin.so\n@include common-account\n");
	check();
	expect_finding("decides", "pop3:2: ");
}
