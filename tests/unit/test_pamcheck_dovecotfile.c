/* SPDX-License-Identifier: ISC */
/* dovecotfile: lines, includes and places. */
#include "pamcheck/dovecotfile.h"
#include "tests/unit/pamcheck_fixture.h"

TestSuite(pamcheck_dovecotfile, .init = setup, .fini = teardown);

/* What the visitor was told, as text. */
static FILE *told;

static void
on_open(void *context, const char *kind, const char *name, const char *at)
{
	(void)context;
	(void)at;
	fprintf(told, "%s(%s){", kind, name);
}

static void
on_close(void *context)
{
	(void)context;
	fprintf(told, "}");
}

static void
on_set(void *context, const char *name, const char *value, const char *at)
{
	const char *slash = strrchr(at, '/');

	(void)context;
	fprintf(
	    told, "[%s %s=%s]", slash != NULL ? slash + 1 : at, name, value);
}

static void
on_refuse(void *context, const char *at, const char *why)
{
	(void)context;
	fprintf(told, "<%s %s>", strrchr(at, '/') + 1, why);
}

static const struct dovecotfile_visitor visitor = {
    .open = on_open,
    .close = on_close,
    .set = on_set,
    .refuse = on_refuse,
};

static void
expect(const char *text, const char *wanted)
{
	char *is = NULL;
	size_t len;

	put("etc/dovecot/dovecot.conf", text);
	told = open_memstream(&is, &len);
	cr_assert_not_null(told);
	cr_assert_eq(
	    dovecotfile_read(root, "/etc/dovecot/dovecot.conf", &visitor), 0);
	fclose(told);
	cr_expect_str_eq(is, wanted);
	free(is);
}

Test(pamcheck_dovecotfile, settings_and_blocks_are_read)
{
	expect("a = b\npassdb {\n  driver=pam\n}\nservice auth {\n}\n",
	    "[dovecot.conf:1 a=b]passdb(){[dovecot.conf:3 driver=pam]}"
	    "service(auth){}");
}

Test(pamcheck_dovecotfile, a_continued_line_has_the_place_of_its_first)
{
	expect("args = session=yes \\\n   %s\nb = c \\\n",
	    "[dovecot.conf:1 args=session=yes  %s][dovecot.conf:3 b=c]");
}

Test(pamcheck_dovecotfile, comments_and_quotes_are_removed)
{
	expect("# a = b\na = b # c\na = b#c\na = \"b # c\"\na = 'b'\n",
	    "[dovecot.conf:2 a=b][dovecot.conf:3 a=b#c]"
	    "[dovecot.conf:4 a=b # c][dovecot.conf:5 a=b]");
}

Test(pamcheck_dovecotfile, includes_are_followed)
{
	put("etc/dovecot/conf.d/10.conf", "a = 1\n!include part.ext\n");
	put("etc/dovecot/conf.d/part.ext", "b = 2\n");
	put("other.conf", "c = 3\n");
	expect("!include conf.d/*.conf\n!include_try local.conf\n"
	       "!include /other.conf\n!include none/*.conf\n",
	    "[10.conf:1 a=1][part.ext:1 b=2][other.conf:1 c=3]");
}

Test(pamcheck_dovecotfile, lines_that_dovecot_refuses_are_named)
{
	expect("!include none.conf\n",
	    "<dovecot.conf:1 there is no file to include>");
	expect("hallo\n", "<dovecot.conf:1 this is no setting and no block>");
	expect("}\n", "<dovecot.conf:1 there is a '}' without its '{'>");
	expect("passdb {\n", "passdb(){<dovecot.conf a '}' is missing>");
	expect("!include dovecot.conf\n",
	    "<dovecot.conf:1 includes nest too deep>");
}

Test(pamcheck_dovecotfile, the_output_of_doveconf_has_no_places)
{
	static char text[] = "# 2.3.19.1: x\npassdb {\n  driver = pam\n}\n";
	FILE *output = fmemopen(text, sizeof(text) - 1, "r");
	char *is = NULL;
	size_t len;

	cr_assert_not_null(output);
	told = open_memstream(&is, &len);
	cr_assert_not_null(told);
	cr_assert_eq(dovecotfile_read_output(output, &visitor), 0);
	fclose(told);
	fclose(output);
	cr_expect_str_eq(is, "passdb(){[doveconf -n driver=pam]}");
	free(is);
}
