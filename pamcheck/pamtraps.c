/* SPDX-License-Identifier: ISC */
/*
 * pamtraps - what keeps a POP login from reaching our module although the
 * service file is right.
 */
#include "pamcheck/pamcheck.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANK " \t\n"

bool
pamcheck_exists(const struct pamcheck *check, const char *path)
{
	char *whole;
	bool is_there;

	if (asprintf(&whole, "%s%s", check->root, path) < 0)
		return false;
	is_there = access(whole, F_OK) == 0;
	free(whole);
	return is_there;
}

static FILE *
open_below(const struct pamcheck *check, const char *path)
{
	char *whole;
	FILE *file;

	if (asprintf(&whole, "%s%s", check->root, path) < 0)
		return NULL;
	file = fopen(whole, "re");
	free(whole);
	return file;
}

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

/* Where libpam comes with its own modules, there it looks for others. */
static bool
find_module(const struct pamcheck *check, const char *pattern, char **dir_out)
{
	bool is_found = false;
	char *whole, *slash;
	glob_t found;
	size_t i;

	if (asprintf(&whole, "%s%s/pam_permit.so", check->root, pattern) < 0)
		return false;
	if (glob(whole, 0, NULL, &found) == 0) {
		for (i = 0; i < found.gl_pathc && !is_found; i++) {
			slash = strrchr(found.gl_pathv[i], '/');
			*slash = '\0';
			if (*dir_out == NULL)
				*dir_out = strdup(found.gl_pathv[i]);
			is_found = has_module(found.gl_pathv[i]);
		}
		globfree(&found);
	}
	free(whole);
	return is_found;
}

bool
pamtraps_is_installed(const struct pamcheck *check, char **dir_out)
{
	static const char *const patterns[] = {"/lib/*/security",
	    "/usr/lib/*/security", "/lib64/security", "/usr/lib64/security",
	    "/lib/security", "/usr/lib/security"};
	char *dir = NULL;
	bool is_found = false;
	size_t i;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && !is_found;
	     i++)
		is_found = find_module(check, patterns[i], &dir);
	if (dir_out != NULL)
		*dir_out = dir;
	else
		free(dir);
	return is_found;
}

static int
check_module(const struct pamcheck *check, struct pamreport *report)
{
	char *dir = NULL;
	int error = 0;

	if (!pamtraps_is_installed(check, &dir) &&
	    pamreport_add(report, PAMSEVERITY_TODO, "module-not-installed",
		NULL,
		"%s is not in %s, where libpam looks for it; install the "
		"package libpam-popauth, or put it there",
		PAMFILE_OURS,
		dir != NULL ? dir : "the directory of pam_permit.so") == NULL)
		error = -ENOMEM;
	free(dir);
	return error;
}

/* ---- caches ------------------------------------------------------------- */

static int
check_dovecot(const struct dovecot *dovecot, struct pamreport *report)
{
	if (!dovecot->is_cached || !dovecot->has_pam)
		return 0;
	if (pamreport_add(report, PAMSEVERITY_TODO, "dovecot-cache", NULL,
		"%s: Dovecot remembers logins, and those that it knows never "
		"reach PAM; %s",
		dovecot->cache_place,
		dovecot->is_2_4
		    ? "set use_cache = no in the passdb, or auth_cache_size "
		      "= 0"
		    : "take cache_key out of the passdb's args, or set "
		      "auth_cache_size = 0") == NULL)
		return -ENOMEM;
	return 0;
}

/* NAME="words" of a file that a shell reads; words_out for free(3). */
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

/* Cyrus asks saslauthd, and that may remember. */
static int
check_saslauthd(const struct pamcheck *check, struct pamreport *report)
{
	static const char path[] = "/etc/default/saslauthd";
	FILE *file;
	char *words;
	bool is_cached;

	if (!pamcheck_exists(check, "/etc/imapd.conf"))
		return 0;
	file = open_below(check, path);
	if (file == NULL)
		return 0;
	words = shell_setting(file, "OPTIONS");
	fclose(file);
	is_cached = words != NULL && has_word(words, "-c");
	free(words);
	if (is_cached &&
	    pamreport_add(report, PAMSEVERITY_TODO, "saslauthd-cache", NULL,
		"%s%s: saslauthd remembers logins (-c), and those that it "
		"knows never reach PAM; take -c out of OPTIONS and restart "
		"saslauthd",
		check->root, path) == NULL)
		return -ENOMEM;
	return 0;
}

/* ---- mailutils ---------------------------------------------------------- */

/* Whether "authentication" statements leave PAM alone in the list. */
static bool
asks_pam_alone(FILE *file)
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
check_mailutils(const struct pamcheck *check, struct pamreport *report)
{
	static const char path[] = "/etc/mailutils.conf";
	bool is_right = false;
	FILE *file;

	if (!pamcheck_exists(check, "/etc/pam.d/mailutils") &&
	    !pamcheck_exists(check, "/usr/share/doc/mailutils-pop3d"))
		return 0;
	file = open_below(check, path);
	if (file != NULL) {
		is_right = asks_pam_alone(file);
		fclose(file);
	}
	if (!is_right &&
	    pamreport_add(report, PAMSEVERITY_TODO, "mailutils-modules", NULL,
		"%s%s: mailutils' pop3d asks other modules before PAM, and a "
		"good password never gets there; write \"auth { "
		"authentication clear; authentication pam; }\"",
		check->root, path) == NULL)
		return -ENOMEM;
	return 0;
}

int
pamtraps(const struct pamcheck *check, const struct dovecot *dovecot,
    struct pamreport *report)
{
	int error = check_module(check, report);

	if (error == 0)
		error = check_dovecot(dovecot, report);
	if (error == 0)
		error = check_saslauthd(check, report);
	if (error == 0)
		error = check_mailutils(check, report);
	return error;
}
