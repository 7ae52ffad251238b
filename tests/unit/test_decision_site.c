/* SPDX-License-Identifier: ISC */
/* site: opened as a whole, or with a mistake that names the file. */
#include "decision/site.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct conf conf;
static struct site site;
static struct conf_error mistake;

static void
warn(const char *sentence, void *arg)
{
	(void)arg;
	cr_expect(false, "%s", sentence);
}

static int
open_site(void)
{
	return site_open(&site, &conf, warn, NULL, &mistake);
}

static char missing[] = "/nonexistent/file", directory[] = "/";

static void
set_up(void)
{
	cr_assert_eq(conf_defaults(&conf), 0);
	conf.table.path = missing;
}

TestSuite(decision_site, .init = set_up);

Test(decision_site, a_table_that_is_missing_is_no_failure)
{
	cr_assert_eq(open_site(), 0);
	cr_expect_null(site.table);
	cr_expect_eq(site.table_error, -ENOENT);
	cr_expect_eq(site.sender_map, -1);
	cr_expect_eq(site.domains.file, -1);
	site_close(&site);
}

Test(decision_site, a_file_that_cannot_be_opened_is_named)
{
	conf.smtpgate.sender_map = missing;
	cr_expect_eq(open_site(), -ENOENT);
	cr_expect_not_null(strstr(mistake.text, missing));
	site_close(&site);
	conf.smtpgate.local_domains_file = directory;
	cr_expect_eq(open_site(), -EINVAL);
	cr_expect_str_eq(mistake.text, "local_domains_file: /: not a regular file");
	site_close(&site);
}

Test(decision_site, a_site_is_closed_twice_without_harm)
{
	cr_assert_eq(open_site(), 0);
	site_close(&site);
	site_close(&site);
}
