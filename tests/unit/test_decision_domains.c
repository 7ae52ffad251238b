/* SPDX-License-Identifier: ISC */
/* domains, idn, lines: which domain is one of ours. */
#include "decision/domains.h"

#include "decision/textfile.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char exact[] = "example.org";
static char below[] = ".sub.example.org";
static char *items[] = {exact, below};
static const struct conf_strings listed = {.items = items, .n = 2};
static struct domains domains = {.listed = &listed, .file = -1};

static bool
is_local(const char *domain)
{
	return domains_contain(&domains, domain) == DOMAINS_YES;
}

/* A file with this text, which has no name any more. */
static int
file_of(const char *text, size_t n)
{
	char path[] = "/tmp/popauth-lines.XXXXXX";
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, text, n), (ssize_t)n);
	unlink(path);
	return fd;
}

Test(decision_domains, a_domain_is_exact_or_below_a_dot)
{
	cr_expect(is_local("example.org"));
	cr_expect(is_local("a.sub.example.org"));
	cr_expect(is_local("a.b.sub.example.org"));
	cr_expect_not(is_local("a.example.org"));
	cr_expect_not(is_local("sub.example.org"));
	cr_expect_not(is_local(".sub.example.org"));
	cr_expect_not(is_local("xsub.example.org"));
	cr_expect_not(is_local("notexample.org"));
	cr_expect_not(is_local("example.org.far"));
	cr_expect_not(is_local(""));
}

/* Sentences, one a line. */
static char warnings[1000];

static void
note(const char *sentence, void *arg)
{
	(void)arg;
	strcat(strcat(warnings, sentence), "\n");
}

static void
expect_buecher(bool want)
{
	cr_expect_eq(is_local("b\xc3\xbc"
			      "cher.example"),
	    want);
	/* capitals, and u with a combining diaeresis */
	cr_expect_eq(is_local("B\xc3\x9c"
			      "CHER.example"),
	    want);
	cr_expect_eq(is_local("bu\xcc\x88"
			      "cher.example"),
	    want);
	/* an ideographic full stop */
	cr_expect_eq(is_local("b\xc3\xbc"
			      "cher\xe3\x80\x82"
			      "example"),
	    want);
}

/* Greek and Cyrillic letters, an acute and a grave accent, sharp s. */
static void
expect_no_look_alike(void)
{
	cr_expect_not(is_local("ex\xd0\xb0mple.org"));
	cr_expect_not(is_local("b\xcf\x8b"
			       "cher.example"));
	cr_expect_not(is_local("b\xc3\xba"
			       "cher.example"));
	cr_expect_not(is_local("b\xc3\xb9"
			       "cher.example"));
	cr_expect_not(is_local("bucher.example"));
	cr_expect_not(is_local("fu\xc3\x9f.example"));
	/* what UTS #46 makes an '@', a space, a slash, brackets of */
	cr_expect_not(is_local("x\xef\xbc\xa0y.sub.example.org"));
	cr_expect_not(is_local("x\xc2\xa0y.sub.example.org"));
	cr_expect_not(is_local("x\xef\xbc\x8fy.sub.example.org"));
	cr_expect_not(is_local("\xef\xbc\xbb"
			       "192.0.2.1\xef\xbc\xbd"));
	/* and bytes that are no UTF-8 */
	cr_expect_not(is_local("b\xfc"
			       "cher.example"));
	cr_expect_not(is_local("\xc3.sub.example.org"));
}

/* local: the items, space between them. */
static void
list(const char *local)
{
	static struct conf_strings strings;
	char *copy = strdup(local), *rest = copy, *item;

	warnings[0] = '\0';
	strings.items = calloc(10, sizeof(strings.items[0]));
	strings.n = 0;
	while ((item = strsep(&rest, " ")) != NULL)
		strings.items[strings.n++] = strdup(item);
	free(copy);
	domains.listed = &strings;
	domains.idn = NULL;
	domains_load_idn(&domains, &strings, -1, note, NULL);
}

Test(decision_domains, an_international_domain_is_one_in_all_its_spellings)
{
	list("example.org xn--bcher-kva.example fuss.example .sub.example.org "
	     "[192.0.2.1]");
	cr_expect_str_eq(warnings, "");
	cr_expect(is_local("xn--bcher-kva.example"));
	cr_expect(is_local("b.sub.example.org"));
	expect_buecher(true);
	expect_no_look_alike();
}

Test(decision_domains, it_may_be_listed_in_utf8)
{
	list("example.org bu\xcc\x88"
	     "cher.example .m\xc3\xbcnchen.example");
	cr_expect_str_eq(warnings, "");
	cr_expect(is_local("xn--bcher-kva.example"));
	cr_expect(is_local("www.xn--mnchen-3ya.example"));
	cr_expect(is_local("www.m\xc3\xbcnchen.example"));
	cr_expect_not(is_local("m\xc3\xbcnchen.example"));
	expect_buecher(true);
	expect_no_look_alike();
}

Test(decision_domains, a_file_may_have_both_forms)
{
	static const char text[] = "B\xc3\x9c"
				   "cher.example\nxn--mnchen-3ya.example\n";

	domains.file = file_of(text, sizeof(text) - 1);
	list("example.org");
	cr_expect_not_null(domains.idn);
	cr_expect(is_local("xn--bcher-kva.example"));
	cr_expect(is_local("m\xc3\xbcnchen.example"));
	expect_buecher(true);
	expect_no_look_alike();
}

Test(decision_domains, without_such_a_domain_nothing_is_loaded)
{
	static const char text[] = "joe@xn--bcher-kva.example joe\n";
	struct conf_strings none = {0};
	int map = file_of(text, sizeof(text) - 1);

	list("example.org axn-b.example");
	cr_expect_null(domains.idn);
	expect_buecher(false);
	/* but a sender's may need it */
	domains_load_idn(&domains, &none, map, note, NULL);
	cr_expect_not_null(domains.idn);
}

Test(decision_domains, without_the_library_only_ascii_is_local)
{
	list("example.org xn--bcher-kva.example m\xc3\xbcnchen.example");
	domains.idn = NULL;
	domains.is_incomplete = true; /* as domains_load_idn() sets it */
	cr_expect(is_local("xn--bcher-kva.example"));
	expect_buecher(false);
	expect_no_look_alike();
	cr_expect_not(is_local("m\xc3\xbcnchen.example.org"));
}

/* ---- what cannot be compared now ---------------------------------------- */

static enum domains_answer
answer_for(const char *domain)
{
	return domains_contain(&domains, domain);
}

#define BUECHER                                                                \
	"b\xc3\xbc"                                                            \
	"cher.example"

Test(decision_domains, without_the_library_a_name_in_utf8_is_unknown)
{
	list("example.org");
	cr_expect_eq(answer_for(BUECHER), DOMAINS_NO);
	domains.is_incomplete = true;
	cr_expect_eq(answer_for(BUECHER), DOMAINS_UNKNOWN);
	cr_expect_eq(answer_for("far.example"), DOMAINS_NO);
	cr_expect_eq(answer_for("xn--far-xyz.example"), DOMAINS_NO);
}

Test(decision_domains, without_the_library_an_xn_name_may_be_a_listed_one)
{
	static char utf8[] = BUECHER;
	static char *one[] = {utf8};
	static const struct conf_strings strings = {.items = one, .n = 1};

	domains.listed = &strings;
	domains.is_incomplete = true;
	cr_expect_eq(answer_for("xn--bcher-kva.example"), DOMAINS_UNKNOWN);
	cr_expect_eq(answer_for("far.example"), DOMAINS_NO);
	domains.listed = &listed;
	domains.file = file_of(BUECHER "\n", strlen(BUECHER "\n"));
	cr_expect_eq(answer_for("xn--bcher-kva.example"), DOMAINS_UNKNOWN);
	cr_expect_eq(answer_for("far.example"), DOMAINS_NO);
}

static int
lookup_without_memory(const uint8_t *domain, uint8_t **ascii_out, int flags)
{
	(void)domain;
	(void)ascii_out;
	(void)flags;
	return IDN2_MALLOC;
}

Test(decision_domains, without_memory_a_name_in_utf8_is_unknown)
{
	static const struct idn poor = {.lookup = lookup_without_memory};

	domains.idn = &poor;
	cr_expect_eq(answer_for(BUECHER), DOMAINS_UNKNOWN);
	cr_expect_eq(answer_for("example.org"), DOMAINS_YES);
	domains.file = file_of(BUECHER "\n", strlen(BUECHER "\n"));
	cr_expect_eq(answer_for("xn--bcher-kva.example"), DOMAINS_UNKNOWN);
	cr_expect_eq(answer_for("far.example"), DOMAINS_NO);
}

Test(decision_domains, a_file_that_is_being_rewritten_makes_it_unknown)
{
	static const char comment[] = "# our domains\n";

	domains.file = file_of("", 0);
	cr_expect_eq(answer_for("far.example"), DOMAINS_UNKNOWN);
	cr_expect_eq(answer_for("example.org"), DOMAINS_YES);
	domains.file = file_of(comment, sizeof(comment) - 1);
	cr_expect_eq(answer_for("far.example"), DOMAINS_UNKNOWN);
}

Test(decision_domains, a_listed_one_that_is_none_is_told_and_is_nothing)
{
	list("xn--bcher-kva.example \xe2\x98\x83.example b\xfc.example");
	cr_expect_not_null(strstr(warnings, "'\xe2\x98\x83.example'"));
	cr_expect_not_null(strstr(warnings, "'b\xfc.example'"));
	cr_expect_not(is_local("\xe2\x98\x83.example"));
	cr_expect_not(is_local("xn--n3h.example"));
	expect_buecher(true);
}

Test(decision_domains, what_is_passed_on_is_the_name_that_was_judged)
{
	char ours[PATH_DOMAIN_BYTES] = "B\xc3\x9c"
				       "CHER.example";
	char other[PATH_DOMAIN_BYTES] = "f\xc3\xbcr.example";

	list("xn--bcher-kva.example");
	domains_rename(&domains, ours);
	cr_expect_str_eq(ours, "xn--bcher-kva.example");
	domains_rename(&domains, other);
	cr_expect_str_eq(other, "f\xc3\xbcr.example");
}

Test(decision_domains, a_file_has_more_of_them)
{
	static const char text[] = "# ours\n\n  Two.Example  # with a comment\n"
				   "\t.sub.two.example\r\nnot a domain\n"
				   "last.example";

	domains.file = file_of(text, sizeof(text) - 1);
	cr_expect(is_local("two.example"));
	cr_expect(is_local("x.sub.two.example"));
	cr_expect(is_local("last.example"));
	cr_expect(is_local("example.org"));
	cr_expect_not(is_local("ours"));
	cr_expect_not(is_local("not"));
	cr_expect_not(is_local("domain"));
	cr_expect_eq(domains_contain(&domains, "far.example"), DOMAINS_NO);
}

Test(decision_domains, a_long_file_is_searched_to_its_end)
{
	enum { N = 3000 };
	char *text = malloc(N * 40), *p = text, name[40];
	int i;

	for (i = 0; i < N; i++)
		p += sprintf(p, "d%d.example\n", i);
	domains.file = file_of(text, (size_t)(p - text));
	for (i = 0; i < N; i += 7) {
		sprintf(name, "d%d.example", i);
		cr_expect(is_local(name), "%d", i);
	}
	cr_expect_not(is_local("d3000.example"));
	free(text);
}

Test(decision_domains, a_line_that_is_too_long_makes_it_unknown)
{
	char text[10000];

	memset(text, 'x', sizeof(text));
	domains.file = file_of(text, sizeof(text));
	cr_expect_eq(domains_contain(&domains, "far.example"), DOMAINS_UNKNOWN);
	text[2000] = '\n';
	domains.file = file_of(text, 2001);
	cr_expect_eq(domains_contain(&domains, "far.example"), DOMAINS_UNKNOWN);
}
