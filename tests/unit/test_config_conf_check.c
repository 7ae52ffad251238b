/* SPDX-License-Identifier: ISC */
/* conf_check: -t of the daemons. */
#include "config/conf_check.h"

#include "tests/unit/conf_fixture.h"

#include <sysexits.h>

TestSuite(config_conf_check, .init = make_file, .fini = remove_file);

static char *out_text, *err_text;

static int
check(const char *text)
{
	size_t out_len, err_len;
	FILE *out = open_memstream(&out_text, &out_len);
	FILE *err = open_memstream(&err_text, &err_len);
	FILE *file = fopen(path, "we");
	int status;

	fputs(text, file);
	fclose(file);
	status = conf_check("popauthd", path, out, err);
	fclose(out);
	fclose(err);
	return status;
}

/* before, after: of the path. */
static void
expect_line(const char *text, const char *before, const char *after)
{
	char line[300];

	snprintf(line, sizeof(line), "%s%s%s", before, path, after);
	cr_expect_str_eq(text, line);
}

Test(config_conf_check, a_file_without_mistakes_is_fine)
{
	cr_expect_eq(check("[smtpgate]\nbackend = 127.0.0.1:26\n"
			   "local_domains = a.example\n"),
	    EX_OK);
	expect_line(out_text, "popauthd: ", " is fine\n");
	cr_expect_str_eq(err_text, "");
}

Test(config_conf_check, what_only_the_gate_misses_is_a_warning)
{
	cr_expect_eq(check("[smtpgate]\nbackend = 127.0.0.1:26\n"), EX_OK);
	expect_line(out_text, "popauthd: ", " is fine\n");
	expect_line(err_text, "popauthd: warning: ",
	    ": no local_domains; "
	    "smtpgate accepts no mail from outside\n");
}

Test(config_conf_check, a_mistake_is_one_line_with_its_place)
{
	cr_expect_eq(check("[table]\nwindwo = 1h\n"), EX_CONFIG);
	expect_line(out_text, "popauthd: ", " does not work: 1 mistake\n");
	expect_line(err_text, "popauthd: ",
	    ":2: unknown option 'windwo' in "
	    "[table]; did you mean 'window'?\n");
}

Test(config_conf_check, all_mistakes_are_reported_at_once)
{
	cr_expect_eq(check("[table]\nwindwo = 1h\nwindow = 1y\n"), EX_CONFIG);
	expect_line(out_text, "popauthd: ", " does not work: 2 mistakes\n");
	cr_expect_not_null(strstr(err_text, ":2: unknown option"));
	cr_expect_not_null(strstr(err_text, ":3: [table] window = '1y'"));
}
