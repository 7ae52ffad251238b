/* SPDX-License-Identifier: ISC */
/* conf_list: the values of lists. */
#include "tests/unit/conf_fixture.h"

TestSuite(config_conf_list, .init = make_file, .fini = remove_file);

Test(config_conf_list, a_bad_network_is_named_among_its_list)
{
	assert_bad("[table]\nnever_grant = 192.0.2.1, 192.0.2.7/24\n", 2,
	    "never_grant has '192.0.2.7/24', which is no network");
	assert_bad("[smtpgate]\nrelay_networks = 192.0.2.1\n  localhost\n", 3,
	    "'localhost'");
}

Test(config_conf_list, more_networks_than_the_table_holds_are_refused)
{
	char text[6000] = "[table]\nnever_grant = 192.0.2.0\n";
	int i;

	for (i = 1; i < 250; i++)
		strcat(text, " 192.0.2.1\n");
	assert_good(text);
	strcat(text, " 192.0.2.1\n");
	assert_bad(text, 252, "longer than 250 items");
}

Test(config_conf_list, a_certificate_is_a_file_or_two)
{
	assert_good("[smtpgate]\ntls_certificates = /a.pem, /b.crt:/b.key\n");
	expect_option("smtpgate", "tls_certificates", "/a.pem, /b.crt:/b.key");
	assert_bad("[smtpgate]\ntls_certificates = a.pem\n", 2,
	    "'a.pem', which is neither an absolute path");
	assert_bad("[smtpgate]\ntls_certificates = /a.crt:a.key\n", 2,
	    "'/a.crt:a.key', which is neither an absolute path");
}

Test(config_conf_list, each_service_has_its_own_policy)
{
	assert_good("[smtp]\nlisten = [::]:25 192.0.2.1:2525\n"
		    "[submission]\nrequire_right = no\n");
	expect_option("smtp", "listen", "[::]:25, 192.0.2.1:2525");
	expect_option("smtp", "tls", "starttls");
	expect_option("smtp", "require_right", "no");
	expect_option("submission", "tls", "required");
	expect_option("submission", "require_right", "no");
	expect_option("submissions", "tls", "implicit");
	expect_option("submissions", "offer_auth", "yes");
	expect_option("submissions", "require_right", "yes");
	assert_bad("[smtp]\nlisten = 25\n", 2, "'25', which is no endpoint");
}
