/* SPDX-License-Identifier: ISC */
/*
 * pamrun and pamfile compared with the real libpam: both read and run the same
 * service files.  The module is pam_debug.so, which answers as its argument
 * says.
 */
#include "pamcheck/pamrun.h"
#include "tests/lib/remove_tree.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libpam looks for includes in /etc/pam.d, unless they have a whole path. */
static char confdir[] = "/tmp/popauth-pamrun.XXXXXX";

static int
converse(int n, const struct pam_message **messages,
    struct pam_response **responses, void *arg)
{
	(void)messages;
	(void)arg;
	*responses = calloc((size_t)n, sizeof(**responses));
	return *responses != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

static const struct pam_conv conv = {converse, NULL};

/* "@/" in the text becomes the directory. */
static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", confdir, name);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	for (; *text != '\0'; text++)
		if (*text == '@' && text[1] == '/')
			fputs(confdir, file);
		else
			fputc(*text, file);
	fclose(file);
}

static void
setup(void)
{
	cr_assert_not_null(mkdtemp(confdir));
	write_file("other", "account required pam_deny.so\n");
}

static void
teardown(void)
{
	remove_tree(confdir);
}

TestSuite(pam_stacks, .init = setup, .fini = teardown);

/* The result of libpam for the service "pop3". */
static int
in_libpam(void)
{
	pam_handle_t *pamh = NULL;
	int result;

	result = pam_start_confdir("pop3", "joe", &conv, confdir, &pamh);
	if (result != PAM_SUCCESS)
		return PAM_PERM_DENIED; /* the service cannot be read */
	result = pam_acct_mgmt(pamh, 0);
	pam_end(pamh, result);
	return result;
}

/* The answer that the line's argument "acct=NAME" wants. */
static int
answer_of(const struct pamfile_line *line)
{
	static const struct {
		const char *name;
		int answer;
	} answers[] = {
	    {"acct=success", PAM_SUCCESS},
	    {"acct=ignore", PAM_IGNORE},
	    {"acct=acct_expired", PAM_ACCT_EXPIRED},
	    {"acct=new_authtok_reqd", PAM_NEW_AUTHTOK_REQD},
	    {"acct=user_unknown", PAM_USER_UNKNOWN},
	};
	size_t i;

	if (line->kind != PAMFILE_MODULE)
		return PAM_SUCCESS;
	if (strcmp(line->module, "pam_debug.so") != 0)
		return PAM_MODULE_UNKNOWN;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(line->args, answers[i].name) == 0)
			return answers[i].answer;
	cr_assert_fail("what would '%s' answer?", line->args);
	return PAM_ABORT;
}

static int
simulated(void)
{
	int answers[PAMRUN_LINES_MAX];
	bool has_run[PAMRUN_LINES_MAX];
	struct pamrun_stack stack;
	struct pamfile file;
	int result = PAM_PERM_DENIED;
	char path[128];
	size_t i;

	snprintf(path, sizeof(path), "%s/pop3", confdir);
	cr_assert_eq(pamfile_read("", path, &file), 0);
	cr_assert_eq(pamrun_take(&file, PAMFILE_ACCOUNT, &stack), 0);
	for (i = 0; i < stack.n; i++)
		answers[i] = answer_of(stack.lines[i]);
	if (stack.n > 0)
		result = pamrun(&stack, answers, has_run);
	pamfile_free(&file);
	return result;
}

static void
expect_same(const char *text)
{
	int is, should;

	write_file("pop3", text);
	is = simulated();
	should = in_libpam();
	cr_expect_eq(
	    is, should, "%s: simulated %d, libpam %d", text, is, should);
}

#define GOOD "pam_debug.so acct=success\n"
#define EXPIRED "pam_debug.so acct=acct_expired\n"
#define NOTHING "pam_debug.so acct=ignore\n"

Test(pam_stacks, keywords_are_as_in_libpam)
{
	expect_same("account required " GOOD);
	expect_same("account required " EXPIRED "account required " GOOD);
	expect_same("account requisite " EXPIRED "account required " GOOD);
	expect_same("account optional " EXPIRED "account required " GOOD);
	expect_same("account sufficient " GOOD "account required " EXPIRED);
	expect_same("account required " NOTHING);
	expect_same("account optional " EXPIRED);
	expect_same("ACCOUNT Required " GOOD);
}

Test(pam_stacks, lines_are_assembled_as_in_libpam)
{
	expect_same("account \\\n required \\\n " GOOD);
	expect_same("account required \\\n\n# a comment\n " GOOD);
	expect_same("account required pam_debug.so acct=success # a comment\n");
	expect_same("   \t\naccount\trequired\t" GOOD);
	expect_same("-account required " GOOD);
	expect_same("account [success=ok \\\n default=die] " EXPIRED
		    "account required " GOOD);
}

Test(pam_stacks, includes_are_as_in_libpam)
{
	write_file("part", "auth required pam_deny.so\n"
			   "account requisite " EXPIRED);
	write_file("around", "@include @/part\n");
	write_file("done", "account sufficient " GOOD);
	expect_same("account include @/part\naccount required " GOOD);
	expect_same("account substack @/part\naccount required " GOOD);
	expect_same("@include @/part\naccount required " GOOD);
	expect_same("account include @/around\naccount required " GOOD);
	expect_same("account include @/done\naccount required " EXPIRED);
	expect_same("account substack @/done\naccount required " EXPIRED);
	expect_same("account required " GOOD "account include @/nowhere\n");
	expect_same("account required " GOOD "@include @/nowhere\n");
}

/* libpam 1.5 recurses until its stack overflows. */
Test(pam_stacks, a_file_that_includes_itself_has_an_end)
{
	write_file("pop3", "account include @/pop3\n");
	cr_expect_eq(simulated(), PAM_PERM_DENIED);
	write_file("pop3", "account substack @/pop3\n");
	cr_expect_eq(simulated(), PAM_PERM_DENIED);
	write_file("pop3", "@include @/pop3\n");
	cr_expect_eq(simulated(), PAM_PERM_DENIED);
}

Test(pam_stacks, what_libpam_cannot_read_fails_there_and_here)
{
	expect_same("account required " GOOD "account\n");
	expect_same("account required " GOOD "account required\n");
	expect_same("account [success=maybe] " GOOD);
	expect_same("account [success=0] " GOOD);
	expect_same("account [succes=ok] " GOOD);
	expect_same("account [success=1] " GOOD);
	expect_same("account required " GOOD "acount required " GOOD);
	expect_same("account required " GOOD "account required pam_none.so\n");
	expect_same("account required " GOOD "account optional pam_none.so\n");
}

Test(pam_stacks, the_real_common_account_is_as_in_libpam)
{
	static const char *const answers[] = {
	    "success", "ignore", "acct_expired", "new_authtok_reqd"};
	char text[400];
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		snprintf(text, sizeof(text),
		    "account [success=1 new_authtok_reqd=done default=ignore] "
		    "pam_debug.so acct=%s\n"
		    "account requisite " EXPIRED "account required " GOOD
		    "account optional " NOTHING,
		    answers[i]);
		expect_same(text);
	}
}

/* ---- by the hundred ----------------------------------------------------- */

static unsigned seed = 1;

static unsigned
below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

static void
random_line(FILE *out, bool may_nest)
{
	static const char *const controls[] = {"required", "requisite",
	    "optional", "sufficient", "[success=1 default=ignore]",
	    "[success=2 ignore=1 default=bad]",
	    "[success=ok acct_expired=reset default=die]",
	    "[default=done ignore=bad]", "[ignore=ok default=bad]",
	    "[ignore=done success=ok user_unknown=3 default=ignore]"};
	static const char *const answers[] = {"success", "success", "ignore",
	    "acct_expired", "new_authtok_reqd", "user_unknown"};
	static const char *const nests[] = {"account include @/a",
	    "account substack @/a", "account substack @/b", "@include @/b"};

	if (may_nest && below(4) == 0)
		fprintf(out, "%s\n", nests[below(4)]);
	else
		fprintf(out, "account %s pam_debug.so acct=%s\n",
		    controls[below(10)], answers[below(6)]);
}

static void
random_file(const char *name, bool may_nest)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	unsigned n = 1 + below(5);

	cr_assert_not_null(out);
	while (n-- > 0)
		random_line(out, may_nest);
	fclose(out);
	write_file(name, text);
	free(text);
}

Test(pam_stacks, three_hundred_stacks_have_the_result_of_libpam)
{
	unsigned i, wrong = 0;

	for (i = 0; i < 300 && wrong < 3; i++) {
		const unsigned this_seed = seed;
		int is, should;

		random_file("a", false);
		random_file("b", false);
		random_file("pop3", true);
		is = simulated();
		should = in_libpam();
		if (is != should)
			wrong++;
		cr_expect_eq(is, should, "seed %u: simulated %d, libpam %d",
		    this_seed, is, should);
	}
}
