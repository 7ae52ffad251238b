/* SPDX-License-Identifier: ISC */
/* conf: what the file may say. */
#include "common/cidr.h"
#include "tests/unit/conf_fixture.h"

#include <sys/un.h>

TestSuite(config_conf, .init = make_file, .fini = remove_file);

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
