/* SPDX-License-Identifier: ISC */
/* conf: which mistake is named how. */
#include "tests/unit/conf_fixture.h"

#include <sys/stat.h>

TestSuite(config_mistakes, .init = make_file, .fini = remove_file);

Test(config_mistakes, a_longer_line_is_an_error_and_never_cut)
{
	char text[400], value[199];

	memset(value, 'a', sizeof(value));
	memcpy(value, "path = /", 8);
	value[198] = '\0';
	snprintf(text, sizeof(text), "[table]\n\n%s\n", value);

	assert_bad(text, 3, "more than 197 bytes");
}

Test(config_mistakes, an_unknown_section_is_named_even_when_empty)
{
	assert_bad(
	    "\n[tabel]\n", 2, "unknown section [tabel]; did you mean [table]?");
	assert_bad("[pop3]\nx = 1\n", 1, "unknown section '[pop3]'");
	assert_bad("[table]\n[]\n", 2, "unknown section");
	assert_bad(
	    "[tableaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]", 1,
	    "there are [table], [popauthd], [smtpgate], [smtpgate-auth], "
	    "[smtp], "
	    "[submission] and "
	    "[submissions]");
}

Test(config_mistakes, a_malformed_section_is_named)
{
	assert_bad("[table\n", 1, "without its ']'");
	assert_bad("[table] window = 15m\n", 1, "text after");
}

Test(config_mistakes, an_unknown_option_is_named_with_the_nearest)
{
	assert_bad("[table]\n# x\nwindwo = 15m\n", 3,
	    "unknown option 'windwo' in [table]; did you mean 'window'?");
	assert_bad("[table]\nsweep_every = 5s\n", 2,
	    "'sweep_every' in [table]; it belongs into [popauthd]");
	assert_bad("[table]\ncolour = red\n", 2,
	    "unknown option 'colour' in [table]; the shipped file");
	assert_bad("[table]\n = red\n", 2, "unknown option ''");
}

Test(config_mistakes, an_option_before_any_section_is_named)
{
	assert_bad("window = 15m\n", 1, "before the first [section]");
}

Test(config_mistakes, a_duplicate_is_named_with_the_first)
{
	assert_bad("[table]\nwindow = 15m\n[popauthd]\n[table]\nwindow = 15m\n",
	    5, "window is given twice; the first is in line 2");
}

Test(config_mistakes, a_line_without_equals_is_named)
{
	assert_bad("[table]\nwindow 15m\npath = x\n", 2,
	    "neither 'option = value' nor a [section]: 'window 15m'");
	assert_bad("[table]\nwindow", 2, "'window'");
}

Test(config_mistakes, an_indented_line_goes_on_with_no_single_value)
{
	assert_bad("[table]\nwindow = 15m\n  path = /run/x\n", 3,
	    "'window' is no list; remove the white space before "
	    "'path = /run/x'");
}

Test(config_mistakes, a_nul_byte_is_refused)
{
	static const char text[] = "[table]\nwindow = 1\0005m\n";

	cr_assert_eq(load_bytes(text, sizeof(text) - 1), -EINVAL);
	cr_expect_not_null(strstr(error.text, ":2: a NUL byte"));
}

Test(config_mistakes, the_first_of_many_mistakes_is_the_one_named)
{
	assert_bad("[table]\nwindow\nwindow = x\n[nonsense]\n", 2, "neither");
}

Test(config_mistakes, a_bad_duration_is_named_with_what_fits)
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

Test(config_mistakes, a_hash_behind_a_value_gets_a_hint)
{
	assert_bad("[table]\nwindow = 15m # minutes\n", 2,
	    "a comment after a value starts with ' ;'");
}

Test(config_mistakes, a_bad_number_is_named_with_what_fits)
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

Test(config_mistakes, a_relative_path_is_refused)
{
	assert_bad("[table]\npath = run/grants\n", 2, "no absolute path");
	assert_bad("[table]\npath =\n", 2, "no absolute path");
}

Test(config_mistakes, a_bad_network_is_named_among_its_list)
{
	assert_bad("[table]\nnever_grant = 192.0.2.1, 192.0.2.7/24\n", 2,
	    "never_grant has '192.0.2.7/24', which is no network");
	assert_bad("[smtpgate]\nrelay_networks = 192.0.2.1\n  localhost\n", 3,
	    "'localhost'");
}

Test(config_mistakes, more_networks_than_the_table_holds_are_refused)
{
	char text[6000] = "[table]\nnever_grant = 192.0.2.0\n";
	int i;

	for (i = 1; i < 250; i++)
		strcat(text, " 192.0.2.1\n");
	assert_good(text);
	strcat(text, " 192.0.2.1\n");
	assert_bad(text, 252, "longer than 250 items");
}

Test(config_mistakes, a_bad_domain_is_named_with_the_reason)
{
	assert_bad("[smtpgate]\nlocal_domains = a.example, b_c.example\n", 2,
	    "has 'b_c.example', which is no domain: only letters");
	assert_bad("[smtpgate]\nhostname = .example.org\n", 2,
	    "is no host name: a dot stands first");
}

Test(config_mistakes, a_bad_endpoint_is_named_with_the_forms)
{
	static const char *const bad[] = {"localhost:25", "127.0.0.1",
	    "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:", ":25",
	    "127.0.0.1:25x", "::1:25", "[::1]", "[::1]25", "[127.0.0.1]:25",
	    "[::1:25", "unix:", "unix:run/x", "unix", "/run/x", "127.0.0.1 25",
	    "[fe80::1%lo]:25", "127.0.0.1:99999999999999"};
	char text[200];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(
		    text, sizeof(text), "[smtpgate]\nbackend = %s\n", bad[i]);
		assert_bad(text, 2, "is no endpoint; write ADDRESS:PORT");
	}
}

Test(config_mistakes, the_longest_unix_path_fits_and_one_more_byte_does_not)
{
	char text[200], dir[108];

	memset(dir, 'a', sizeof(dir));
	dir[0] = '/';
	dir[107] = '\0';
	snprintf(text, sizeof(text), "[smtpgate]\nbackend = unix:%s\n", dir);
	assert_good(text);
	snprintf(text, sizeof(text), "[smtpgate]\nbackend = unix:%sa\n", dir);
	assert_bad(text, 2, "107 bytes at most");
}

Test(config_mistakes, an_unknown_identity_is_named)
{
	assert_bad("[smtpgate]\nbackend_identity = ident\n", 2,
	    "= 'ident' is unknown; there are 'none', 'xclient' and 'proxy'");
	assert_bad("[smtp]\ntls = always\n", 2,
	    "= 'always' is unknown; there are 'none', 'starttls', "
	    "'required' and 'implicit'");
}

Test(config_mistakes, a_flag_is_yes_or_no)
{
	assert_good("[submission]\noffer_auth = no\n");
	assert_bad("[submission]\noffer_auth = true\n", 2,
	    "= 'true' is neither 'yes' nor 'no'");
}

Test(config_mistakes, each_service_has_its_own_policy)
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

Test(config_mistakes, a_certificate_is_a_file_or_two)
{
	assert_good("[smtpgate]\ntls_certificates = /a.pem, /b.crt:/b.key\n");
	expect_option("smtpgate", "tls_certificates", "/a.pem, /b.crt:/b.key");
	assert_bad("[smtpgate]\ntls_certificates = a.pem\n", 2,
	    "'a.pem', which is no absolute path");
	assert_bad("[smtpgate]\ntls_certificates = /a.crt:a.key\n", 2,
	    "'/a.crt:a.key', which is no absolute path");
}

/* Networks 10.0.0.0/24, 10.0.1.0/24 ... as lines of one list. */
static size_t
put_networks(char *text, size_t size, const char *name, unsigned n)
{
	size_t len = (size_t)snprintf(text, size, "%s =\n", name);
	unsigned i;

	for (i = 0; i < n; i++)
		len += (size_t)snprintf(
		    text + len, size - len, " 10.0.%u.0/24\n", i);
	return len;
}

Test(config_mistakes, networks_that_are_never_granted_fit_the_table_together)
{
	static char text[16384];
	size_t len;

	strcpy(text, "[table]\n");
	len = strlen(text);
	len += put_networks(text + len, sizeof(text) - len, "never_grant", 200);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "[smtpgate]\n");
	put_networks(text + len, sizeof(text) - len, "proxy_from", 50);
	assert_good(text);

	put_networks(text + len, sizeof(text) - len, "proxy_from", 51);
	assert_bad(text, 204, "251 networks together, and 250 fit");
}

Test(config_mistakes, a_relaying_backend_alone_is_refused)
{
	assert_bad("[smtpgate]\n\nbackend_relay = unix:/run/x\n\n", 3,
	    "backend_relay without backend");
}

Test(config_mistakes, auth_that_is_none_of_them_is_named)
{
	assert_bad("[smtpgate]\nauth = dovecot\n", 2, "there are 'none'");
	assert_bad("[smtpgate]\nauth = dovecot:auth\n", 2, "'pam' and");
	assert_bad("[smtpgate]\nauth = pam:/run/auth.sock\n", 2,
	    "'dovecot:/PATH' (107 bytes");
}

/* ---- the file itself ---------------------------------------------------- */

Test(config_mistakes, a_missing_file_is_named)
{
	cr_assert_eq(conf_load("/nonexistent/x", &conf, &error), -ENOENT);
	cr_expect_str_eq(error.text,
	    "cannot read the configuration /nonexistent/x: No such file or "
	    "directory");
}

Test(config_mistakes, a_directory_is_refused)
{
	cr_assert_eq(conf_load("/", &conf, &error), -EISDIR);
	cr_expect_not_null(strstr(error.text, "Is a directory"));
}

Test(config_mistakes, what_is_no_regular_file_is_refused_without_waiting)
{
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);

	cr_assert_eq(conf_load(path, &conf, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "no regular file"));
}

Test(config_mistakes, a_file_that_must_not_be_read_is_named)
{
	if (geteuid() == 0 && seteuid(65534) != 0)
		cr_skip_test("cannot become a user without rights");
	cr_assert_eq(geteuid() == 0, 0);
	if (geteuid() != 65534)
		cr_assert_eq(chmod(path, 0), 0);

	cr_expect_eq(conf_load(path, &conf, &error), -EACCES);
	cr_expect_not_null(strstr(error.text, "Permission denied"));
	cr_expect_eq(seteuid(getuid()), 0);
}
