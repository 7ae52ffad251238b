/* SPDX-License-Identifier: ISC */
/* conf: a configuration as a whole. */
#include "tests/unit/conf_fixture.h"

TestSuite(config_conf, .init = make_file, .fini = remove_file);

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
	cr_expect_eq(conf.smtpgate.backend_greeting_timeout_s, 300);
	cr_expect_eq(conf.smtpgate.backend_mail_timeout_s, 300);
	cr_expect_eq(conf.smtpgate.backend_rcpt_timeout_s, 300);
	cr_expect_eq(conf.smtpgate.backend_data_timeout_s, 120);
	cr_expect_eq(conf.smtpgate.backend_block_timeout_s, 180);
	cr_expect_eq(conf.smtpgate.backend_message_timeout_s, 600);
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
		    "backend_rcpt_timeout = 4s\n"
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
	expect_option("smtpgate", "backend_rcpt_timeout", "4s");
	expect_option("smtpgate", "backend_connect_timeout", "40s");
	expect_option("smtpgate", "max_recipients", "5");
	expect_option("smtpgate", "max_errors", "6");
	expect_option("smtpgate", "max_commands", "70");
}

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
	cr_expect_eq(n_seen, 3);
}

Test(config_conf, an_all_zero_configuration_may_be_freed)
{
	const struct conf zero = {.table = {.path = NULL}};

	conf_free(&conf);
	conf_free(&conf);
	cr_assert_eq(memcmp(&conf, &zero, sizeof(conf)), 0);
}

/* ---- all mistakes -------------------------------------------------------- */

static char said[4096];

static void
note_mistake(const char *sentence, void *arg)
{
	unsigned *n = arg;
	const size_t len = strlen(said);

	(*n)++;
	snprintf(said + len, sizeof(said) - len, "%s\n", sentence);
}

static int
load_anyway(const char *text, unsigned *n_out)
{
	FILE *file = fopen(path, "we");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
	*n_out = 0;
	said[0] = '\0';
	conf_free(&conf);
	return conf_load_anyway(path, &conf, note_mistake, n_out);
}

Test(config_conf, each_mistake_is_reported_and_the_rest_is_read)
{
	unsigned n;

	cr_assert_eq(load_anyway("window = 1h\n"
				 "[table]\n"
				 "windwo = 1h\n"
				 "window = 1y\n"
				 "path = /run/x\n"
				 "[popauthd]\n"
				 "sweep_every = 7s\n",
			 &n),
	    -EINVAL);
	cr_expect_eq(n, 3, "%s", said);
	cr_expect_not_null(strstr(said, ":1: option 'window' is before"));
	cr_expect_not_null(strstr(said, ":3: unknown option 'windwo'"));
	cr_expect_not_null(strstr(said, ":4: [table] window = '1y'"));
	expect_option("table", "path", "/run/x");
	expect_option("table", "window", "15m");
	expect_option("popauthd", "sweep_every", "7s");
}

Test(config_conf, lines_below_a_mistake_are_no_further_mistakes)
{
	unsigned n;

	cr_assert_eq(load_anyway("[tabel]\nwindow = 1h\n  2h\n"
				 "[smtpgate]\nlocal_domain = a.example\n"
				 "  b.example\n  c.example\n"
				 "max_errors = 3\n  4\n  5\n",
			 &n),
	    -EINVAL);
	cr_expect_eq(n, 3, "%s", said);
	cr_expect_eq(conf.smtpgate.max_errors, 3);
	cr_expect_eq(conf.smtpgate.local_domains.n, 0);
}

Test(config_conf, a_rule_is_checked_only_without_other_mistakes)
{
	unsigned n;

	load_anyway("[smtpgate]\nbackend_relay = [::1]:25\n"
		    "local_domains = backend\nbind_sender = yes\n",
	    &n);
	cr_expect_eq(n, 2, "%s", said);
	load_anyway(
	    "[smtpgate]\nbackend_relay = [::1]:25\nbakend = [::1]:26\n", &n);
	cr_expect_eq(n, 1, "%s", said);
}

Test(config_conf, without_a_file_the_defaults_are_read_anyway)
{
	unsigned n;

	cr_assert_eq(load_anyway("", &n), 0);
	unlink(path);
	conf_free(&conf);
	n = 0;
	cr_expect_eq(conf_load_anyway(path, &conf, note_mistake, &n), -ENOENT);
	cr_expect_eq(n, 1);
	expect_option("table", "window", "15m");
}
