/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamtraps.h"

#include "pamcheck/pamfile.h"
#include "pamcheck/pamroot.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANK " \t\n"

/* ---- the module's file -------------------------------------------------- */

static bool
has_module(const char *dir)
{
	bool is_there;
	char *path;

	if (asprintf(&path, "%s/" PAMFILE_OURS, dir) < 0)
		return false;
	is_there = access(path, R_OK) == 0;
	free(path);
	return is_there;
}

/*
 * Look for our module beside libpam's own modules.
 * dir_io: set to the first directory of modules that is found; for free(3).
 */
static bool
find_module(const char *root, const char *pattern, char **dir_io)
{
	bool is_found = false;
	char *whole, *slash;
	glob_t found;
	size_t i;

	if (asprintf(&whole, "%s%s/pam_permit.so", root, pattern) < 0)
		return false;
	if (glob(whole, 0, NULL, &found) == 0) {
		for (i = 0; i < found.gl_pathc && !is_found; i++) {
			slash = strrchr(found.gl_pathv[i], '/');
			*slash = '\0';
			if (*dir_io == NULL)
				*dir_io = strdup(found.gl_pathv[i]);
			is_found = has_module(found.gl_pathv[i]);
		}
		globfree(&found);
	}
	free(whole);
	return is_found;
}

static int
check_module(const char *root, struct pamreport *report)
{
	static const char *const patterns[] = {"/lib/*/security",
	    "/usr/lib/*/security", "/lib64/security", "/usr/lib64/security",
	    "/lib/security", "/usr/lib/security"};
	bool is_found = false;
	char *dir = NULL;
	int error = 0;
	size_t i;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && !is_found;
	     i++)
		is_found = find_module(root, patterns[i], &dir);
	if (!is_found)
		error = pamreport_add(report, PAMSEVERITY_TODO,
		    "module-not-installed", NULL,
		    "%s is not in %s, where libpam looks for it; install the "
		    "package libpam-popauth, or copy the file there",
		    PAMFILE_OURS,
		    dir != NULL ? dir : "the directory of pam_permit.so");
	free(dir);
	return error;
}

/* ---- caches ------------------------------------------------------------- */

static int
check_dovecot(const struct dovecot *dovecot, struct pamreport *report)
{
	if (!dovecot->is_cached || !dovecot->has_pam)
		return 0;
	return pamreport_add(report, PAMSEVERITY_TODO, "dovecot-cache", NULL,
	    "%s: Dovecot caches logins, and cached logins never reach PAM; %s",
	    dovecot->cache_place,
	    dovecot->is_2_4 ? "set use_cache = no in the passdb, or "
			      "auth_cache_size = 0"
			    : "remove cache_key from the passdb's args, or set "
			      "auth_cache_size = 0");
}

/* The last NAME="words" in a file that a shell reads; for free(3). */
static char *
shell_setting(FILE *file, const char *name)
{
	const size_t len = strlen(name);
	char *line = NULL, *value = NULL, *text;
	size_t size = 0;

	while (getline(&line, &size, file) != -1) {
		text = line + strspn(line, BLANK);
		if (strncmp(text, name, len) != 0 || text[len] != '=')
			continue;
		text += len + 1;
		text += strspn(text, "\"'");
		text[strcspn(text, "\"'\n")] = '\0';
		free(value);
		value = strdup(text);
	}
	free(line);
	return value;
}

static bool
has_word(const char *words, const char *wanted)
{
	const size_t len = strlen(wanted);
	const char *p = words;

	while ((p = strstr(p, wanted)) != NULL) {
		if ((p == words || strchr(BLANK, p[-1]) != NULL) &&
		    (p[len] == '\0' || strchr(BLANK, p[len]) != NULL))
			return true;
		p += len;
	}
	return false;
}

/* Cyrus uses saslauthd, which may cache logins. */
static int
check_saslauthd(const char *root, struct pamreport *report)
{
	static const char path[] = "/etc/default/saslauthd";
	FILE *file;
	char *words;
	bool is_cached;

	if (!pamroot_has(root, "/etc/imapd.conf"))
		return 0;
	file = pamroot_open(root, path);
	if (file == NULL)
		return 0;
	words = shell_setting(file, "OPTIONS");
	fclose(file);
	is_cached = words != NULL && has_word(words, "-c");
	free(words);
	if (!is_cached)
		return 0;
	return pamreport_add(report, PAMSEVERITY_TODO, "saslauthd-cache", NULL,
	    "%s%s: saslauthd caches logins (-c), and cached logins never reach "
	    "PAM; remove -c from OPTIONS and restart saslauthd",
	    root, path);
}

/* ---- mailutils ---------------------------------------------------------- */

/* Whether the "authentication" statements leave only PAM in the list. */
static bool
uses_only_pam(FILE *file)
{
	char *line = NULL, *text;
	bool has_pam = false, has_other = false;
	size_t size = 0;

	while (getline(&line, &size, file) != -1) {
		line[strcspn(line, "#")] = '\0';
		for (text = line;
		     (text = strstr(text, "authentication")) != NULL;) {
			char word[32];

			text += strlen("authentication");
			text += strspn(text, BLANK "(\"");
			snprintf(word, sizeof(word), "%.*s",
			    (int)strcspn(text, BLANK ";\"),"), text);
			if (strcmp(word, "clear") == 0)
				has_pam = has_other = false;
			else if (strcmp(word, "pam") == 0)
				has_pam = true;
			else
				has_other = true;
		}
	}
	free(line);
	return has_pam && !has_other;
}

static int
check_mailutils(const char *root, struct pamreport *report)
{
	static const char path[] = "/etc/mailutils.conf";
	bool is_right = false;
	FILE *file;

	if (!pamroot_has(root, "/etc/pam.d/mailutils") &&
	    !pamroot_has(root, "/usr/share/doc/mailutils-pop3d"))
		return 0;
	file = pamroot_open(root, path);
	if (file != NULL) {
		is_right = uses_only_pam(file);
		fclose(file);
	}
	if (is_right)
		return 0;
	return pamreport_add(report, PAMSEVERITY_TODO, "mailutils-modules",
	    NULL,
	    "%s%s: mailutils' pop3d uses other modules before PAM, so a good "
	    "password never reaches PAM; write \"auth { authentication clear; "
	    "authentication pam; }\"",
	    root, path);
}

int
pamtraps_check(
    const char *root, const struct dovecot *dovecot, struct pamreport *report)
{
	int error = check_module(root, report);

	if (error == 0)
		error = check_dovecot(dovecot, report);
	if (error == 0)
		error = check_saslauthd(root, report);
	if (error == 0)
		error = check_mailutils(root, report);
	return error;
}
