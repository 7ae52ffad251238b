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
setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	put_common();
	put("lib/x86_64-linux-gnu/security/pam_permit.so", "");
	put("lib/x86_64-linux-gnu/security/pam_popauth.so", "");
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

#endif
