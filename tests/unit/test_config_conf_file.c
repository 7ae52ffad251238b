/* SPDX-License-Identifier: ISC */
/* conf_file: the lines of the file, and the messages for mistakes in them. */
#include "tests/unit/conf_fixture.h"

#include <sys/stat.h>

TestSuite(config_conf_file, .init = make_file, .fini = remove_file);

Test(config_conf_file, comments_blank_lines_bom_and_crlf_are_no_matter)
{
	assert_good("\xef\xbb\xbf# first\r\n\r\n; second\r\n[table] ; x\r\n"
		    "window = 20m\t; a coffee\r\n  # indented\r\n[table]");

	cr_expect_eq(conf.table.window_s, 1200);
}

Test(config_conf_file, the_last_line_needs_no_line_feed)
{
	assert_good("[table]\nwindow = 20m");

	cr_expect_eq(conf.table.window_s, 1200);
}

Test(config_conf_file, a_list_goes_on_in_indented_lines)
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

Test(config_conf_file, an_option_may_be_indented_after_its_section)
{
	assert_good("[table]\n  window = 20m\n");

	cr_expect_eq(conf.table.window_s, 1200);
}

Test(config_conf_file, a_comment_may_be_of_any_length)
{
	char text[3000];

	memset(text, '-', sizeof(text));
	text[0] = '#';
	memcpy(text + 2500, "\n[table]\nwindow = 20m\n",
	    sizeof("\n[table]\nwindow = 20m\n"));
	assert_good(text);

	cr_expect_eq(conf.table.window_s, 1200);
}

Test(config_conf_file, random_bytes_never_crash_the_parser)
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

Test(config_conf_file, a_line_is_never_cut_however_long_it_is)
{
	static char text[200000];
	size_t len = (size_t)snprintf(
	    text, sizeof(text), "[smtpgate]\nrelay_networks = 192.0.2.1");

	while (len < 150000)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, ", 192.0.2.1");
	strcpy(text + len, "\n[table]\nwindow = 20m\n");
	assert_good(text);
	cr_expect_gt(conf.smtpgate.relay_networks.n, (size_t)10000);
	cr_expect_eq(conf.table.window_s, 1200);

	strcpy(text + len, ", here\n");
	assert_bad(text, 2, "has 'here', which is no network");
}

Test(config_conf_file, a_long_name_does_not_fill_the_message)
{
	char text[2000], name[1000];

	memset(name, 'w', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "[table]\n%s = 1\n", name);
	assert_bad(text, 2, "wwww' in [table]; popauth.conf(5) lists");
	snprintf(text, sizeof(text), "[%s]\n", name);
	assert_bad(text, 1, "there are [table]");
	snprintf(text, sizeof(text), "%s = 1\n", name);
	assert_bad(text, 1, "before the first [section]");
	snprintf(text, sizeof(text), "%s\n", name);
	assert_bad(text, 1, "neither");
	snprintf(text, sizeof(text), "[table]\nwindow = %s\n", name);
	assert_bad(text, 2, "is no duration");
}

Test(config_conf_file, an_unknown_section_is_named_even_when_empty)
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

Test(config_conf_file, a_malformed_section_is_named)
{
	assert_bad("[table\n", 1, "without its ']'");
	assert_bad("[table] window = 15m\n", 1, "text after");
}

Test(config_conf_file, an_unknown_option_is_named_with_the_nearest)
{
	assert_bad("[table]\n# x\nwindwo = 15m\n", 3,
	    "unknown option 'windwo' in [table]; did you mean 'window'?");
	assert_bad("[table]\nsweep_every = 5s\n", 2,
	    "'sweep_every' in [table]; it belongs to [popauthd]");
	assert_bad("[table]\ncolour = red\n", 2,
	    "unknown option 'colour' in [table]; popauth.conf(5)");
	assert_bad("[table]\n = red\n", 2, "unknown option ''");
}

Test(config_conf_file, an_option_before_any_section_is_named)
{
	assert_bad("window = 15m\n", 1, "before the first [section]");
}

Test(config_conf_file, a_duplicate_is_named_with_the_first)
{
	assert_bad("[table]\nwindow = 15m\n[popauthd]\n[table]\nwindow = 15m\n",
	    5, "window is given twice; the first is in line 2");
}

Test(config_conf_file, a_line_without_equals_is_named)
{
	assert_bad("[table]\nwindow 15m\npath = x\n", 2,
	    "neither 'option = value' nor a [section]: 'window 15m'");
	assert_bad("[table]\nwindow", 2, "'window'");
}

Test(config_conf_file, an_indented_line_goes_on_with_no_single_value)
{
	assert_bad("[table]\nwindow = 15m\n  path = /run/x\n", 3,
	    "'window' is no list; remove the white space before "
	    "'path = /run/x'");
}

Test(config_conf_file, a_nul_byte_is_refused)
{
	static const char text[] = "[table]\nwindow = 1\0005m\n";

	cr_assert_eq(load_bytes(text, sizeof(text) - 1), -EINVAL);
	cr_expect_not_null(strstr(error.text, ":2: a NUL byte"));
}

Test(config_conf_file, the_first_of_many_mistakes_is_the_one_named)
{
	assert_bad("[table]\nwindow\nwindow = x\n[nonsense]\n", 2, "neither");
}

Test(config_conf_file, a_hash_after_a_value_gets_a_hint)
{
	assert_bad("[table]\nwindow = 15m # minutes\n", 2,
	    "a comment after a value starts with ' ;'");
}

Test(config_conf_file, a_missing_file_is_named)
{
	cr_assert_eq(conf_load("/nonexistent/x", &conf, &error), -ENOENT);
	cr_expect_str_eq(error.text,
	    "cannot read the configuration /nonexistent/x: No such file or "
	    "directory");
}

Test(config_conf_file, a_directory_is_refused)
{
	cr_assert_eq(conf_load("/", &conf, &error), -EISDIR);
	cr_expect_not_null(strstr(error.text, "Is a directory"));
}

Test(config_conf_file, what_is_no_regular_file_is_refused_without_waiting)
{
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);

	cr_assert_eq(conf_load(path, &conf, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "no regular file"));
}

Test(config_conf_file, a_file_that_must_not_be_read_is_named)
{
	cr_assert_eq(chmod(path, 0), 0);
	if (geteuid() == 0 && seteuid(65534) != 0)
		cr_skip_test("cannot become a user without rights");
	cr_assert_neq(geteuid(), 0);

	cr_expect_eq(conf_load(path, &conf, &error), -EACCES);
	cr_expect_not_null(strstr(error.text, "Permission denied"));
	cr_expect_eq(seteuid(getuid()), 0);
}

Test(config_conf_file, file_and_line_come_before_the_sentence)
{
	conf_file_mistake(&error, "/etc/x.conf", 7, "'%s' is wrong", "a");
	cr_expect_str_eq(error.text, "/etc/x.conf:7: 'a' is wrong");
}

Test(config_conf_file, a_sentence_that_is_too_long_is_cut)
{
	char long_path[2 * CONF_ERROR_BYTES];

	memset(long_path, 'p', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	conf_file_mistake(&error, "x", 7, "%s", long_path);
	cr_expect_eq(strlen(error.text), (size_t)CONF_ERROR_BYTES - 1);
	conf_file_mistake(&error, long_path, 7, "wrong");
	cr_expect_eq(strlen(error.text), (size_t)CONF_ERROR_BYTES - 1);
}
