/* SPDX-License-Identifier: ISC */
/* conf: what the file may say, and which mistake is named how. */
#include "common/cidr.h"
#include "config/conf.h"
#include "config/conf_option.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char path[] = "/tmp/test_config_conf.XXXXXX";
static struct conf conf;
static struct conf_error error;

static void
make_file(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
}

static void
remove_file(void)
{
	conf_free(&conf);
	unlink(path);
}

TestSuite(config_conf, .init = make_file, .fini = remove_file);

static int
load_bytes(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "we");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(bytes, 1, len, file), len);
	cr_assert_eq(fclose(file), 0);
	conf_free(&conf);
	return conf_load(path, &conf, &error);
}

static int
load(const char *text)
{
	return load_bytes(text, strlen(text));
}

static void
assert_good(const char *text)
{
	int result = load(text);

	cr_assert_eq(result, 0, "%s: %s", text, error.text);
}

/* The message must be "FILE:LINE: " and hold each of the pieces. */
static void
assert_bad(const char *text, unsigned line, const char *piece)
{
	const struct conf zero = {.table = {.path = NULL}};
	char where[100];

	cr_assert_eq(load(text), -EINVAL, "accepted: %s", text);
	snprintf(where, sizeof(where), "%s:%u: ", path, line);
	cr_expect_eq(strncmp(error.text, where, strlen(where)), 0,
	    "expected %s... but got %s", where, error.text);
	cr_expect_not_null(strstr(error.text, piece), "expected '%s' in: %s",
	    piece, error.text);
	cr_expect_eq(memcmp(&conf, &zero, sizeof(conf)), 0, "not all zero");
}

static void
expect_option(const char *section, const char *name, const char *expected)
{
	const struct conf_option *option = conf_option_find(section, name);
	char *text;

	cr_assert_not_null(option);
	text = conf_value_format(option, &conf);
	cr_expect_str_eq(text, expected);
	free(text);
}

/* ---- what is good ------------------------------------------------------- */

Test(config_conf, an_empty_file_gives_the_defaults)
{
	char host[256];

	gethostname(host, sizeof(host));
	assert_good("");

	cr_expect_str_eq(conf.table.path, "/run/popauth/grants");
	cr_expect_eq(conf.table.window_s, 900);
	cr_expect_eq(conf.table.ipv6_prefix, 64);
	cr_expect_eq(conf.table.max_logins, 1000000);
	cr_expect_eq(conf.table.never_grant.n, 0);
	cr_expect_eq(conf.popauthd.sweep_every_s, 5);
	cr_expect_str_eq(conf.smtpgate.hostname, host);
	cr_expect_eq(conf.smtpgate.local_domains.n, 0);
	cr_expect_eq(conf.smtpgate.relay_networks.n, 0);
	cr_expect_not(conf.smtpgate.backend.is_set);
	cr_expect_not(conf.smtpgate.backend_relay.is_set);
	cr_expect_eq(conf.smtpgate.backend_identity, CONF_IDENTITY_XCLIENT);
	cr_expect_eq(
	    conf.smtpgate.backend_relay_identity, CONF_IDENTITY_XCLIENT);
	cr_expect_eq(conf.smtpgate.command_timeout_s, 300);
	cr_expect_eq(conf.smtpgate.data_timeout_s, 600);
	cr_expect_eq(conf.smtpgate.session_timeout_s, 3600);
	cr_expect_eq(conf.smtpgate.backend_timeout_s, 300);
	cr_expect_eq(conf.smtpgate.backend_connect_timeout_s, 30);
	cr_expect_eq(conf.smtpgate.max_recipients, 1000);
	cr_expect_eq(conf.smtpgate.max_errors, 20);
	cr_expect_eq(conf.smtpgate.max_commands, 10000);
}

Test(config_conf, every_option_takes_the_value_that_is_given)
{
	assert_good("[table]\n"
		    "path = /run/other\n"
		    "window = 1h30m\n"
		    "ipv6_prefix = 56\n"
		    "max_logins = 64\n"
		    "never_grant = 192.0.2.25, 2001:db8::/32\n"
		    "[popauthd]\n"
		    "sweep_every = 2s\n"
		    "[smtpgate]\n"
		    "hostname = MX.example.org.\n"
		    "local_domains = example.org .example.net\n"
		    "relay_networks = 198.51.100.0/24\n"
		    "backend = 127.0.0.1:10025\n"
		    "backend_identity = none\n"
		    "backend_relay = unix:/run/relay\n"
		    "backend_relay_identity = none\n"
		    "command_timeout = 1s\n"
		    "data_timeout = 2s\n"
		    "session_timeout = 3s\n"
		    "backend_timeout = 4s\n"
		    "backend_connect_timeout = 40s\n"
		    "max_recipients = 5\n"
		    "max_errors = 6\n"
		    "max_commands = 70\n");

	expect_option("table", "path", "/run/other");
	expect_option("table", "window", "1h30m");
	expect_option("table", "ipv6_prefix", "56");
	expect_option("table", "max_logins", "64");
	expect_option("table", "never_grant", "192.0.2.25/32, 2001:db8::/32");
	expect_option("popauthd", "sweep_every", "2s");
	expect_option("smtpgate", "hostname", "mx.example.org");
	expect_option("smtpgate", "local_domains", "example.org, .example.net");
	expect_option("smtpgate", "relay_networks", "198.51.100.0/24");
	expect_option("smtpgate", "backend", "127.0.0.1:10025");
	expect_option("smtpgate", "backend_identity", "none");
	expect_option("smtpgate", "backend_relay", "unix:/run/relay");
	expect_option("smtpgate", "backend_relay_identity", "none");
	expect_option("smtpgate", "command_timeout", "1s");
	expect_option("smtpgate", "data_timeout", "2s");
	expect_option("smtpgate", "session_timeout", "3s");
	expect_option("smtpgate", "backend_timeout", "4s");
	expect_option("smtpgate", "backend_connect_timeout", "40s");
	expect_option("smtpgate", "max_recipients", "5");
	expect_option("smtpgate", "max_errors", "6");
	expect_option("smtpgate", "max_commands", "70");
}

Test(config_conf, comments_blank_lines_bom_and_crlf_are_no_matter)
{
	assert_good("\xef\xbb\xbf# first\r\n\r\n; second\r\n[table] ; x\r\n"
		    "window = 20m\t; a coffee\r\n  # indented\r\n[table]");

	cr_expect_eq(conf.table.window_s, 1200);
}

Test(config_conf, the_last_line_needs_no_line_feed)
{
	assert_good("[table]\nwindow = 20m");

	cr_expect_eq(conf.table.window_s, 1200);
}

Test(config_conf, a_list_goes_on_in_indented_lines)
{
	assert_good("[smtpgate]\n"
		    "local_domains = one.example,\n"
		    "    two.example ; the shop\n"
		    "\n"
		    "\t# and lastly\n"
		    "\tthree.example\n"
		    "relay_networks =\n"
		    "    192.0.2.0/24\n"
		    "    2001:db8::/32\n"
		    "max_errors = 3\n");

	expect_option("smtpgate", "local_domains",
	    "one.example, two.example, three.example");
	expect_option(
	    "smtpgate", "relay_networks", "192.0.2.0/24, 2001:db8::/32");
	cr_expect_eq(conf.smtpgate.max_errors, 3);
}

Test(config_conf, an_option_may_be_indented_after_its_section)
{
	assert_good("[table]\n  window = 20m\n");

	cr_expect_eq(conf.table.window_s, 1200);
}

Test(config_conf, a_unix_endpoint_has_the_length_that_connect_wants)
{
	const struct sockaddr_un *un =
	    (const struct sockaddr_un *)&conf.smtpgate.backend.addr;

	assert_good("[smtpgate]\nbackend = unix:/run/mta\n");

	cr_expect_eq(un->sun_family, AF_UNIX);
	cr_expect_str_eq(un->sun_path, "/run/mta");
	cr_expect_eq(conf.smtpgate.backend.addr_len,
	    offsetof(struct sockaddr_un, sun_path) + strlen("/run/mta") + 1);
}

Test(config_conf, an_empty_value_takes_an_endpoint_and_a_list_away)
{
	assert_good("[smtpgate]\nbackend =\nlocal_domains =\nhostname =\n");

	cr_expect_not(conf.smtpgate.backend.is_set);
	cr_expect_eq(conf.smtpgate.local_domains.n, 0);
	cr_expect_gt(strlen(conf.smtpgate.hostname), (size_t)0);
}

Test(config_conf, the_longest_line_works)
{
	char text[400], value[198];
	int len;

	/* "path = /aaa..." of 197 bytes */
	memset(value, 'a', sizeof(value));
	memcpy(value, "path = /", 8);
	value[197] = '\0';
	len =
	    snprintf(text, sizeof(text), "[table]\n%s\nwindow = 20m\n", value);
	cr_assert_lt(len, (int)sizeof(text));
	assert_good(text);

	cr_expect_eq(strlen(conf.table.path), 197 - strlen("path = "));
	cr_expect_eq(conf.table.window_s, 1200);
}

Test(config_conf, a_comment_may_be_of_any_length)
{
	char text[3000];

	memset(text, '-', sizeof(text));
	text[0] = '#';
	memcpy(text + 2500, "\n[table]\nwindow = 20m\n",
	    sizeof("\n[table]\nwindow = 20m\n"));
	assert_good(text);

	cr_expect_eq(conf.table.window_s, 1200);
}

/* ---- what is not -------------------------------------------------------- */

Test(config_conf, a_longer_line_is_an_error_and_never_cut)
{
	char text[400], value[199];

	memset(value, 'a', sizeof(value));
	memcpy(value, "path = /", 8);
	value[198] = '\0';
	snprintf(text, sizeof(text), "[table]\n\n%s\n", value);

	assert_bad(text, 3, "more than 197 bytes");
}

Test(config_conf, an_unknown_section_is_named_even_when_empty)
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

Test(config_conf, a_malformed_section_is_named)
{
	assert_bad("[table\n", 1, "without its ']'");
	assert_bad("[table] window = 15m\n", 1, "text after");
}

Test(config_conf, an_unknown_option_is_named_with_the_nearest)
{
	assert_bad("[table]\n# x\nwindwo = 15m\n", 3,
	    "unknown option 'windwo' in [table]; did you mean 'window'?");
	assert_bad("[table]\nsweep_every = 5s\n", 2,
	    "'sweep_every' in [table]; it belongs into [popauthd]");
	assert_bad("[table]\ncolour = red\n", 2,
	    "unknown option 'colour' in [table]; the shipped file");
	assert_bad("[table]\n = red\n", 2, "unknown option ''");
}

Test(config_conf, an_option_before_any_section_is_named)
{
	assert_bad("window = 15m\n", 1, "before the first [section]");
}

Test(config_conf, a_duplicate_is_named_with_the_first)
{
	assert_bad("[table]\nwindow = 15m\n[popauthd]\n[table]\nwindow = 15m\n",
	    5, "window is given twice; the first is in line 2");
}

Test(config_conf, a_line_without_equals_is_named)
{
	assert_bad("[table]\nwindow 15m\npath = x\n", 2,
	    "neither 'option = value' nor a [section]: 'window 15m'");
	assert_bad("[table]\nwindow", 2, "'window'");
}

Test(config_conf, an_indented_line_goes_on_with_no_single_value)
{
	assert_bad("[table]\nwindow = 15m\n  path = /run/x\n", 3,
	    "'window' is no list; remove the white space before "
	    "'path = /run/x'");
}

Test(config_conf, a_nul_byte_is_refused)
{
	static const char text[] = "[table]\nwindow = 1\0005m\n";

	cr_assert_eq(load_bytes(text, sizeof(text) - 1), -EINVAL);
	cr_expect_not_null(strstr(error.text, ":2: a NUL byte"));
}

Test(config_conf, the_first_of_many_mistakes_is_the_one_named)
{
	assert_bad("[table]\nwindow\nwindow = x\n[nonsense]\n", 2, "neither");
}

Test(config_conf, a_bad_duration_is_named_with_what_fits)
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

Test(config_conf, a_hash_behind_a_value_gets_a_hint)
{
	assert_bad("[table]\nwindow = 15m # minutes\n", 2,
	    "a comment after a value starts with ' ;'");
}

Test(config_conf, a_bad_number_is_named_with_what_fits)
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

Test(config_conf, a_relative_path_is_refused)
{
	assert_bad("[table]\npath = run/grants\n", 2, "no absolute path");
	assert_bad("[table]\npath =\n", 2, "no absolute path");
}

Test(config_conf, a_bad_network_is_named_among_its_list)
{
	assert_bad("[table]\nnever_grant = 192.0.2.1, 192.0.2.7/24\n", 2,
	    "never_grant has '192.0.2.7/24', which is no network");
	assert_bad("[smtpgate]\nrelay_networks = 192.0.2.1\n  localhost\n", 3,
	    "'localhost'");
}

Test(config_conf, more_networks_than_the_table_holds_are_refused)
{
	char text[6000] = "[table]\nnever_grant = 192.0.2.0\n";
	int i;

	for (i = 1; i < 250; i++)
		strcat(text, " 192.0.2.1\n");
	assert_good(text);
	strcat(text, " 192.0.2.1\n");
	assert_bad(text, 252, "longer than 250 items");
}

Test(config_conf, a_bad_domain_is_named_with_the_reason)
{
	assert_bad("[smtpgate]\nlocal_domains = a.example, b_c.example\n", 2,
	    "has 'b_c.example', which is no domain: only letters");
	assert_bad("[smtpgate]\nhostname = .example.org\n", 2,
	    "is no host name: a dot stands first");
}

Test(config_conf, a_bad_endpoint_is_named_with_the_forms)
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

Test(config_conf, the_longest_unix_path_fits_and_one_more_byte_does_not)
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

Test(config_conf, an_unknown_identity_is_named)
{
	assert_bad("[smtpgate]\nbackend_identity = ident\n", 2,
	    "= 'ident' is unknown; there are 'none', 'xclient' and 'proxy'");
	assert_bad("[smtp]\ntls = always\n", 2,
	    "= 'always' is unknown; there are 'none', 'starttls', "
	    "'required' and 'implicit'");
}

Test(config_conf, a_flag_is_yes_or_no)
{
	assert_good("[submission]\noffer_auth = no\n");
	assert_bad("[submission]\noffer_auth = true\n", 2,
	    "= 'true' is neither 'yes' nor 'no'");
}

Test(config_conf, each_service_has_its_own_policy)
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

Test(config_conf, a_certificate_is_a_file_or_two)
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

Test(config_conf, networks_that_are_never_granted_fit_the_table_together)
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

Test(config_conf, a_relaying_backend_alone_is_refused)
{
	assert_bad("[smtpgate]\n\nbackend_relay = unix:/run/x\n\n", 3,
	    "backend_relay without backend");
}

/* ---- the file itself ---------------------------------------------------- */

Test(config_conf, a_missing_file_is_named)
{
	cr_assert_eq(conf_load("/nonexistent/x", &conf, &error), -ENOENT);
	cr_expect_str_eq(error.text,
	    "cannot read the configuration /nonexistent/x: No such file or "
	    "directory");
}

Test(config_conf, a_directory_is_refused)
{
	cr_assert_eq(conf_load("/", &conf, &error), -EISDIR);
	cr_expect_not_null(strstr(error.text, "Is a directory"));
}

Test(config_conf, what_is_no_regular_file_is_refused_without_waiting)
{
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);

	cr_assert_eq(conf_load(path, &conf, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "no regular file"));
}

Test(config_conf, a_file_that_must_not_be_read_is_named)
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

/* ---- the accessors ------------------------------------------------------ */

static int
collect(const struct conf_item *item, void *arg)
{
	FILE *out = arg;

	fprintf(out, "[%s]\n%s = %s\n", item->section, item->name, item->value);
	return 0;
}

static int
stop_at_window(const struct conf_item *item, void *arg)
{
	unsigned *n_seen = arg;

	(*n_seen)++;
	return strcmp(item->name, "window") == 0 ? 42 : 0;
}

Test(config_conf, what_each_prints_loads_as_the_same)
{
	char *first = NULL, *second = NULL;
	size_t len;
	FILE *out;

	assert_good("[table]\nwindow = 5400s\nnever_grant = ::/0 192.0.2.1\n"
		    "[smtpgate]\nbackend = [::ffff:192.0.2.1]:25\n"
		    "backend_relay = [::1]:25\nlocal_domains=A.EXAMPLE .b\n"
		    "hostname = a.example\n");
	out = open_memstream(&first, &len);
	cr_assert_eq(conf_each(&conf, collect, out), 0);
	fclose(out);

	assert_good(first);
	out = open_memstream(&second, &len);
	cr_assert_eq(conf_each(&conf, collect, out), 0);
	fclose(out);

	cr_expect_str_eq(first, second);
	cr_expect_not_null(strstr(first, "window = 1h30m\n"));
	cr_expect_not_null(strstr(first, "backend = 192.0.2.1:25\n"));
	cr_expect_not_null(strstr(first, "backend_relay = [::1]:25\n"));
	cr_expect_not_null(strstr(first, "local_domains = a.example, .b\n"));
	free(first);
	free(second);
}

Test(config_conf, a_visit_can_end_the_walk)
{
	unsigned n_seen = 0;

	cr_assert_eq(conf_defaults(&conf), 0);
	cr_expect_eq(conf_each(&conf, stop_at_window, &n_seen), 42);
	cr_expect_eq(n_seen, 2);
}

Test(config_conf, an_all_zero_configuration_may_be_freed)
{
	const struct conf zero = {.table = {.path = NULL}};

	conf_free(&conf);
	conf_free(&conf);
	cr_assert_eq(memcmp(&conf, &zero, sizeof(conf)), 0);
}

Test(config_conf, random_bytes_never_crash_the_parser)
{
	static const char alphabet[] = "[]=;# \t\n\r:,.table window15m\\\"\x80";
	char text[300];
	unsigned seed, i, n;

	srand(1);
	for (seed = 0; seed < 3000; seed++) {
		n = (unsigned)rand() % sizeof(text);
		for (i = 0; i < n; i++)
			text[i] =
			    alphabet[(unsigned)rand() % (sizeof(alphabet) - 1)];
		if (load_bytes(text, n) != 0)
			cr_assert_gt(strlen(error.text), (size_t)0);
	}
}

Test(config_conf, auth_is_read_and_written)
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

Test(config_conf, auth_that_is_none_of_them_is_named)
{
	assert_bad("[smtpgate]\nauth = dovecot\n", 2, "there are 'none'");
	assert_bad("[smtpgate]\nauth = dovecot:auth\n", 2, "'pam' and");
	assert_bad("[smtpgate]\nauth = pam:/run/auth.sock\n", 2,
	    "'dovecot:/PATH' (107 bytes");
}

/* ---- options of earlier versions ----------------------------------------- */

static const struct conf_rename some_renames[] = {
    {"table", "timeout", "table", "window"},
    {"popauthd", "prefix", "table", "ipv6_prefix"},
    {NULL, NULL, NULL, NULL},
};

Test(config_conf, a_name_of_an_earlier_version_works_with_one_warning)
{
	char where[100];

	conf_renames = some_renames;
	assert_good("[table]\ntimeout = 1h\n[popauthd]\nprefix = 56\n");
	cr_expect_eq(conf.table.window_s, 3600);
	cr_expect_eq(conf.table.ipv6_prefix, 56);
	snprintf(where, sizeof(where),
	    "%s:2: [table] timeout is called [table] window now; ", path);
	cr_expect_eq(
	    strncmp(error.text, where, strlen(where)), 0, "%s", error.text);
	cr_expect_null(strchr(error.text, '\n'));
	assert_good("[table]\nwindow = 1h\n");
	cr_expect_str_eq(error.text, "");
}

Test(config_conf, an_option_under_both_names_is_given_twice)
{
	conf_renames = some_renames;
	assert_bad("[table]\nwindow = 1h\ntimeout = 2h\n", 3,
	    "[table] window is given twice; the first is in line 2");
}

Test(config_conf, every_rename_leads_to_an_option)
{
	const struct conf_rename *rename;

	for (rename = conf_renames; rename->old_name != NULL; rename++) {
		cr_expect_not_null(
		    conf_option_find(rename->section, rename->name), "%s",
		    rename->name);
		cr_expect_null(
		    conf_option_find(rename->old_section, rename->old_name),
		    "%s", rename->old_name);
	}
}
