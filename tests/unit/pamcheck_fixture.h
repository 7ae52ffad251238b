/* SPDX-License-Identifier: ISC */
/*
 * A small root whose PAM files have the shape of those that real servers and
 * distributions ship, and what pamcheck() finds in it.
 */
#ifndef POPAUTH_TESTS_PAMCHECK_FIXTURE_H
#define POPAUTH_TESTS_PAMCHECK_FIXTURE_H

#include "pamcheck/pamcheck.h"
#include "tests/lib/remove_tree.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLE "/run/popauth/grants"
#define OURS "account optional pam_popauth.so\n"

static char root[] = "/tmp/popauth-pamcheck.XXXXXX";
static struct pamreport report;
static char *names[4];
static size_t n_names;

/* ---- a root ------------------------------------------------------------- */

static inline void
path_of(const char *name, char path[256])
{
	snprintf(path, 256, "%s%s", name[0] == '/' ? "" : root, name);
	if (name[0] != '/')
		snprintf(path, 256, "%s/%s", root, name);
}

static inline void
put(const char *name, const char *text)
{
	char path[256], *slash;
	FILE *file;

	path_of(name, path);
	for (slash = strchr(path + strlen(root) + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "we");
	cr_assert_not_null(file, "%s", path);
	fputs(text, file);
	fclose(file);
}

/* Debian's, as pam-auth-update writes them. */
static inline void
put_common(void)
{
	put("etc/pam.d/common-auth",
	    "auth [success=1 default=ignore] pam_unix.so nullok\n"
	    "auth requisite pam_deny.so\n"
	    "auth required pam_permit.so\n");
	put("etc/pam.d/common-account",
	    "# here are the per-package modules (the \"Primary\" block)\n"
	    "account\t[success=1 new_authtok_reqd=done default=ignore]\t"
	    "pam_unix.so \n"
	    "# here's the fallback if no module succeeds\n"
	    "account\trequisite\t\t\tpam_deny.so\n"
	    "account\trequired\t\t\tpam_permit.so\n");
	put("etc/pam.d/common-session", "session [default=1] pam_permit.so\n"
					"session requisite pam_deny.so\n"
					"session required pam_permit.so\n"
					"session required pam_unix.so\n");
	put("etc/pam.d/other", "@include common-auth\n"
			       "@include common-account\n"
			       "@include common-session\n");
}

#define DEBIAN_SERVICE                                                         \
	"#%PAM-1.0\n\n@include common-auth\n@include common-account\n"         \
	"@include common-session\n"

#define RIGHT_SERVICE                                                          \
	"@include common-auth\n@include common-account\n" OURS                 \
	"@include common-session\n"

static inline void
put_modules(void)
{
	static const char *const modules[] = {"permit", "deny", "unix",
	    "nologin", "succeed_if", "localuser", "sss", "popauth"};
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		snprintf(name, sizeof(name),
		    "lib/x86_64-linux-gnu/security/pam_%s.so", modules[i]);
		put(name, "");
	}
}

static inline void
setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	put_common();
	put_modules();
	n_names = 0;
}

static inline void
teardown(void)
{
	pamreport_free(&report);
	remove_tree(root);
}

/* ---- checks ------------------------------------------------------------- */

static inline void
check(void)
{
	const struct pamcheck how = {
	    .root = root,
	    .table = TABLE,
	    .names = names,
	    .n_names = n_names,
	};

	pamreport_free(&report);
	cr_assert_eq(pamcheck(&how, &report), 0);
}

static inline void
delete_file(const char *name)
{
	char path[256];

	path_of(name, path);
	cr_assert_eq(unlink(path), 0);
}

/* Fails the test without such a finding. */
static inline const struct pamfinding *
find(const char *code)
{
	static char empty[] = "";
	static const struct pamfinding none = {.text = empty};

	size_t i;

	for (i = 0; i < report.n_findings; i++)
		if (strcmp(report.findings[i].code, code) == 0)
			return &report.findings[i];
	cr_assert_fail("no %s", code);
	return &none;
}

static inline void
expect_finding(const char *code, const char *piece)
{
	const struct pamfinding *finding = find(code);

	cr_expect_not_null(strstr(finding->text, piece), "expected '%s' in: %s",
	    piece, finding->text);
}

static inline enum pamstate
state_of(const char *name)
{
	size_t i;

	for (i = 0; i < report.n_services; i++)
		if (strcmp(report.services[i].name, name) == 0)
			return report.services[i].state;
	cr_assert_fail("%s was not looked at", name);
	return PAMSTATE_WRONG;
}

/* Nothing to do, and this service is recorded. */
static inline void
expect_right(const char *name)
{
	size_t i;

	check();
	for (i = 0; i < report.n_findings; i++)
		cr_expect_eq(report.findings[i].severity, PAMSEVERITY_NOTE,
		    "%s", report.findings[i].text);
	cr_expect_eq(report.n_todo, 0);
	cr_expect_eq(state_of(name), PAMSTATE_RIGHT);
}

/* Change the file as the edit says. */
static inline void
apply(const struct pamedit *edit)
{
	char *line = NULL, *text = NULL;
	size_t size = 0, len;
	unsigned line_no = 0;
	FILE *out = open_memstream(&text, &len);
	FILE *in = fopen(edit->path, "re");

	cr_assert_not_null(out);
	if (edit->kind == PAMEDIT_CREATE ||
	    (edit->kind == PAMEDIT_ADD && edit->line_no == 0))
		fprintf(out, "%s\n", edit->text);
	while (in != NULL && getline(&line, &size, in) != -1) {
		if (++line_no != edit->line_no || edit->kind == PAMEDIT_ADD)
			fputs(line, out);
		if (line_no == edit->line_no && edit->kind != PAMEDIT_REMOVE)
			fprintf(out, "%s\n", edit->text);
	}
	free(line);
	if (in != NULL)
		fclose(in);
	fclose(out);
	put(edit->path, text);
	free(text);
}

/* After all advice is followed, nothing is left to do. */
static inline void
expect_cure(const char *name)
{
	size_t i, j;

	check();
	cr_expect_gt(report.n_todo, 0);
	for (i = 0; i < report.n_findings; i++)
		for (j = 0; j < report.findings[i].advice.n; j++)
			apply(&report.findings[i].advice.edits[j]);
	expect_right(name);
}

static inline size_t
count(const char *code)
{
	size_t i, n = 0;

	for (i = 0; i < report.n_findings; i++)
		n += strcmp(report.findings[i].code, code) == 0;
	return n;
}

#endif
