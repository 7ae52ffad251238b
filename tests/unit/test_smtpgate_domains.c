/* SPDX-License-Identifier: ISC */
/* domains, lines, punycode: which domain is one of ours. */
#include "smtpgate/domains.h"

#include "smtpgate/lines.h"
#include "smtpgate/punycode.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char exact[] = "example.org";
static char below[] = ".sub.example.org";
static char buecher[] = "xn--bcher-kva.example";
static char *items[] = {exact, below, buecher};
static const struct conf_strings listed = {.items = items, .n = 3};
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

Test(smtpgate_domains, a_domain_is_exact_or_below_a_dot)
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

Test(smtpgate_domains, both_forms_of_an_international_domain_are_one)
{
	cr_expect(is_local("xn--bcher-kva.example"));
	cr_expect(is_local("b\xc3\xbc"
			   "cher.example"));
	/* u with a combining diaeresis, and capitals, are other bytes */
	cr_expect_not(is_local("bu\xcc\x88"
			       "cher.example"));
	cr_expect_not(is_local("b\xc3\x9c"
			       "cher.example"));
	cr_expect_not(is_local("ex\xd0\xb0mple.org"));
}

Test(smtpgate_domains, a_file_has_more_of_them)
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

Test(smtpgate_domains, a_long_file_is_searched_to_its_end)
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

Test(smtpgate_domains, a_line_that_is_too_long_makes_it_unknown)
{
	char text[10000];

	memset(text, 'x', sizeof(text));
	domains.file = file_of(text, sizeof(text));
	cr_expect_eq(domains_contain(&domains, "far.example"), DOMAINS_UNKNOWN);
	text[2000] = '\n';
	domains.file = file_of(text, 2001);
	cr_expect_eq(domains_contain(&domains, "far.example"), DOMAINS_UNKNOWN);
}

Test(smtpgate_domains, only_a_file_is_opened)
{
	cr_expect_eq(lines_open("/"), -EINVAL);
	cr_expect_eq(lines_open("/dev/null"), -EINVAL);
	cr_expect_eq(lines_open("/nonexistent/file"), -ENOENT);
}

static void
expect_decoded(const char *ascii, const char *unicode)
{
	char out[300];

	cr_assert_eq(punycode_decode(ascii, out, sizeof(out)), 0, "%s", ascii);
	cr_expect_str_eq(out, unicode);
}

Test(smtpgate_punycode, the_samples_of_rfc_3492_are_decoded)
{
	/* 7.1 (A), (B), (L), in lower case; and a mixture of labels */
	expect_decoded("xn--egbpdaj6bu4bxfgehfvwxn",
	    "\xd9\x84\xd9\x8a\xd9\x87\xd9\x85\xd8\xa7\xd8\xa8\xd8\xaa\xd9\x83"
	    "\xd9"
	    "\x84\xd9\x85\xd9\x88\xd8\xb4\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8"
	    "\x9f");
	expect_decoded("xn--ihqwcrb4cv8a8dqg056pqjye",
	    "\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4"
	    "\xb8"
	    "\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87");
	expect_decoded("xn--3b-ww4c5e180e575a65lsy2b",
	    "3\xe5\xb9\xb4"
	    "b\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7"
	    "\x94\x9f");
	expect_decoded("mail.xn--bcher-kva.xn--p1ai", "mail.b\xc3\xbc"
						      "cher.\xd1\x80\xd1\x84");
	expect_decoded("plain.example", "plain.example");
	expect_decoded("xn--e28h", "\xf0\x9f\x98\x80");
}

Test(smtpgate_punycode, what_is_none_is_refused)
{
	static const char *const bad[] = {"xn--99999999999999999999",
	    "xn--a-b_c", "xn--zzzzzzzzzzzzzzzzzzzz", "xn--b", "xn--a.xn--0"};
	char out[300], label[200];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(punycode_decode(bad[i], out, sizeof(out)), -EINVAL,
		    "%s", bad[i]);
	memset(label, 'a', sizeof(label));
	memcpy(label, "xn--", 4);
	label[sizeof(label) - 1] = '\0';
	cr_expect_eq(punycode_decode(label, out, sizeof(out)), -EINVAL);
	cr_expect_eq(punycode_decode("abc", out, 3), -EINVAL);
	cr_expect_eq(punycode_decode("xn--bcher-kva", out, 8), -EINVAL);
}

Test(smtpgate_punycode, any_label_ends_well)
{
	static const char digits[] = "abyz0589-";
	char label[16] = "xn--", out[300];
	unsigned n, rest, i;

	for (n = 0; n < 9 * 9 * 9 * 9 * 9; n++) {
		for (i = 0, rest = n; i < 5; i++, rest /= 9)
			label[4 + i] = digits[rest % 9];
		(void)punycode_decode(label, out, sizeof(out));
	}
}
