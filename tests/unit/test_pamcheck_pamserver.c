/* SPDX-License-Identifier: ISC */
/* pamserver: how other servers than Dovecot check passwords. */
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_pamserver, .init = setup, .fini = teardown);

Test(pamcheck_pamserver, mailutils_must_use_only_pam)
{
	put("etc/pam.d/mailutils",
	    "auth optional pam_popauth.so\n"
	    "@include common-auth\n@include common-account\n"
	    "account optional pam_popauth.so from=rhost,fd0,socket setcred\n");
	check();
	expect_finding("server-not-pam", "authentication clear");
	put("etc/mailutils.conf", "auth {\n authentication generic;\n"
				  " authentication pam;\n}\n");
	check();
	expect_finding("server-not-pam", "mailutils.conf: mailutils' pop3d");
	cr_expect_eq(state_of("mailutils"), PAMSTATE_WRONG);
	put("etc/mailutils.conf",
	    "auth {\n  authentication clear;\n  authentication pam;\n}\n");
	expect_right("mailutils");
}

Test(pamcheck_pamserver, courier_must_use_only_authpam)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/courier/pop3d", "");
	put("etc/courier/authdaemonrc",
	    "authmodulelistorig=\"authuserdb authpam\"\n"
	    "authmodulelist=\"authpam\"\n");
	expect_right("pop3");
	put("etc/courier/authdaemonrc",
	    "##NAME: authmodulelist:2\nauthmodulelist=\"authuserdb "
	    "authpam\"\n");
	check();
	expect_finding("server-not-pam",
	    "authdaemonrc: Courier asks these modules: authuserdb authpam");
	cr_expect_eq(state_of("pop3"), PAMSTATE_WRONG);
}

Test(pamcheck_pamserver, cyrus_must_use_saslauthd_with_pam)
{
	put("etc/pam.d/pop", "@include common-auth\n@include common-account\n"
			     "account optional pam_popauth.so from=unix "
			     "from_exe=/usr/lib/cyrus/bin/pop3d\n");
	put("etc/imapd.conf", "#sasl_pwcheck_method: saslauthd\n");
	check();
	expect_finding("server-not-pam", "imapd.conf: Cyrus checks passwords "
					 "by auxprop");
	put("etc/imapd.conf", "sasl_pwcheck_method: saslauthd\n");
	put("etc/default/saslauthd", "MECHANISMS=\"shadow\"\n");
	check();
	expect_finding(
	    "server-not-pam", "saslauthd checks passwords by shadow");
	put("etc/default/saslauthd", "START=yes\nMECHANISMS=\"pam\"\n");
	expect_right("pop");
}

Test(pamcheck_pamserver, perdition_asks_pam_only_when_it_is_told_to)
{
	put("etc/pam.d/pop3", RIGHT_SERVICE);
	put("etc/pam.d/perdition", DEBIAN_SERVICE);
	put("etc/perdition/perdition.conf", "# authenticate_in\n");
	expect_right("pop3");
	cr_expect_eq(state_of("perdition"), PAMSTATE_UNUSED);
	expect_finding("server-not-pam", "perdition.conf: perdition asks PAM "
					 "only with authenticate_in");
	put("etc/perdition/perdition.conf", "authenticate_in\n");
	expect_cure("perdition");
	put("etc/perdition/perdition.conf", "\n");
	put("etc/default/perdition", "FLAGS=\"-a\"\n");
	expect_right("perdition");
}
