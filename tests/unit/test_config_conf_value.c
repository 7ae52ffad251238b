/* SPDX-License-Identifier: ISC */
/* conf_value: the values of options, one or a list. */
#include "tests/unit/conf_fixture.h"

TestSuite(config_conf_value, .init = make_file, .fini = remove_file);

Test(config_conf_value, a_bad_duration_is_named_with_what_fits)
{
	assert_bad("[table]\nwindow = 15\n", 2, "[table] window = '15'");
	assert_bad("[table]\nwindow = 15\n", 2, "(10s to 7d)");
	assert_bad("[table]\nwindow =\n", 2, "window = '' is no duration");
	assert_bad("[table]\nwindow = 9s\n", 2, "out of range; 10s to 7d");
	assert_bad("[table]\nwindow = 7d1s\n", 2, "out of range; 10s to 7d");
	assert_bad("[table]\nwindow = 99999999d\n", 2, "out of range");
	assert_good("[table]\nwindow = 10s\n");
	assert_good("[table]\nwindow = 7d\n");
}

Test(config_conf_value, a_bad_number_is_named_with_what_fits)
{
	assert_bad("[table]\nipv6_prefix = /64\n", 2, "from 32 to 128");
	assert_bad("[table]\nipv6_prefix = 31\n", 2, "32 to 128 fits");
	assert_bad("[table]\nipv6_prefix = 129\n", 2, "32 to 128 fits");
	assert_bad("[table]\nipv6_prefix = -64\n", 2, "is no number");
	assert_bad("[table]\nipv6_prefix = 0x40\n", 2, "is no number");
	assert_bad("[table]\nipv6_prefix =\n", 2, "is no number");
	assert_bad("[table]\nmax_logins = 18446744073709551680\n", 2,
	    "64 to 4000000 fits");
	assert_bad("[table]\nmax_logins = 4294967360\n", 2, "out of range");
}

Test(config_conf_value, a_relative_path_is_refused)
{
	assert_bad("[table]\npath = run/grants\n", 2, "no absolute path");
	assert_bad("[table]\npath =\n", 2, "no absolute path");
}

Test(config_conf_value, an_unknown_identity_is_named)
{
	assert_bad("[smtpgate]\nbackend_identity = ident\n", 2,
	    "= 'ident' is unknown; there are 'none', 'xclient' and 'proxy'");
	assert_bad("[smtp]\ntls = always\n", 2,
	    "= 'always' is unknown; there are 'none', 'starttls', "
	    "'required' and 'implicit'");
}

Test(config_conf_value, a_flag_is_yes_or_no)
{
	assert_good("[submission]\noffer_auth = no\n");
	assert_bad("[submission]\noffer_auth = true\n", 2,
	    "= 'true' is neither 'yes' nor 'no'");
}

Test(config_conf_value, auth_that_is_none_of_them_is_named)
{
	assert_bad("[smtpgate]\nauth = dovecot\n", 2, "there are 'none'");
	assert_bad("[smtpgate]\nauth = dovecot:auth\n", 2, "'pam' and");
	assert_bad("[smtpgate]\nauth = pam:/run/auth.sock\n", 2,
	    "'dovecot:/PATH' (107 bytes");
}

Test(config_conf_value, a_bad_domain_is_named_with_the_reason)
{
	assert_bad("[smtpgate]\nlocal_domains = a.example, b_c.example\n", 2,
	    "has 'b_c.example', which is no domain: only letters");
	assert_bad("[smtpgate]\nhostname = .example.org\n", 2,
	    "is no host name: it begins with a dot");
}

Test(config_conf_value, an_empty_value_takes_an_endpoint_and_a_list_away)
{
	assert_good("[smtpgate]\nbackend =\nlocal_domains =\nhostname =\n");

	cr_expect_not(conf.smtpgate.backend.is_set);
	cr_expect_eq(conf.smtpgate.local_domains.n, 0);
	cr_expect_gt(strlen(conf.smtpgate.hostname), (size_t)0);
}

Test(config_conf_value, auth_is_read_and_written)
{
	static const struct {
		const char *text;
		enum conf_auth_kind kind;
	} rows[] = {
	    {"none", CONF_AUTH_NONE},
	    {"pam", CONF_AUTH_PAM},
	    {"dovecot:/run/dovecot/auth-client", CONF_AUTH_DOVECOT},
	};
	const struct conf_option *option = conf_option_find("smtpgate", "auth");
	char why[CONF_WHY_BYTES], *text;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(
		    conf_value_parse(option, &conf, rows[i].text, false, why),
		    0);
		cr_expect_eq(conf.smtpgate.auth.kind, rows[i].kind);
		text = conf_value_format(option, &conf);
		cr_expect_str_eq(text, rows[i].text);
		free(text);
	}
}

Test(config_conf_value, a_path_that_no_system_call_takes_is_refused)
{
	char text[5000] = "[table]\npath = /";
	size_t len = strlen(text);

	memset(text + len, 'a', 4094);
	strcpy(text + len + 4094, "\n");
	assert_good(text);
	strcpy(text + len + 4094, "a\n");
	assert_bad(text, 2, "is longer than 4095 bytes");
}

Test(config_conf_value, the_socket_of_smtpgate_auth_is_a_unix_socket)
{
	assert_good("[smtpgate-auth]\nsocket = unix:/run/auth\n");
	expect_option("smtpgate-auth", "socket", "unix:/run/auth");
	assert_bad("[smtpgate-auth]\nsocket = 127.0.0.1:25\n", 2,
	    "= '127.0.0.1:25' is no socket; write unix:/PATH");
	assert_bad("[smtpgate-auth]\nsocket =\n", 2, "is no socket");
}

Test(config_conf_value, a_bad_network_is_named_among_its_list)
{
	assert_bad("[table]\nnever_grant = 192.0.2.1, 192.0.2.7/24\n", 2,
	    "never_grant has '192.0.2.7/24', which is no network");
	assert_bad("[smtpgate]\nrelay_networks = 192.0.2.1\n  localhost\n", 3,
	    "'localhost'");
}

Test(config_conf_value, more_networks_than_the_table_holds_are_refused)
{
	char text[6000] = "[table]\nnever_grant = 192.0.2.0\n";
	int i;

	for (i = 1; i < 250; i++)
		strcat(text, " 192.0.2.1\n");
	assert_good(text);
	strcat(text, " 192.0.2.1\n");
	assert_bad(text, 252, "longer than 250 items");
}

Test(config_conf_value, a_certificate_is_a_file_or_two)
{
	assert_good("[smtpgate]\ntls_certificates = /a.pem, /b.crt:/b.key\n");
	expect_option("smtpgate", "tls_certificates", "/a.pem, /b.crt:/b.key");
	assert_bad("[smtpgate]\ntls_certificates = a.pem\n", 2,
	    "'a.pem', which is neither an absolute path");
	assert_bad("[smtpgate]\ntls_certificates = /a.crt:a.key\n", 2,
	    "'/a.crt:a.key', which is neither an absolute path");
}

Test(config_conf_value, each_service_has_its_own_policy)
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
