/* SPDX-License-Identifier: ISC */
#include "pamcheck/pammodule.h"
#include "pamcheck/pamservice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANK " \t\n"

static void
check_module(const char *root, struct pamreport *report)
{
	char *dir;

	if (pammodule_is_installed(root, PAMFILE_OURS))
		return;
	dir = pammodule_dir(root);
	pamreport_add(report, PAMSEVERITY_TODO, "module-not-installed", NULL,
	    "%s is not in %s, where libpam looks for it; install the "
	    "package libpam-popauth, or copy the file there",
	    PAMFILE_OURS, dir != NULL ? dir : "the directory of pam_permit.so");
	free(dir);
}

/* ---- caches ------------------------------------------------------------- */

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
static void
check_saslauthd(const char *root, struct pamreport *report)
{
	FILE *file;
	char *path, *words;

	if (!pamfile_exists(root, "/etc/imapd.conf") ||
	    pamfile_open(root, "/etc/default/saslauthd", &file, &path) != 0)
		return;
	words = shell_setting(file, "OPTIONS");
	fclose(file);
	if (words != NULL && has_word(words, "-c"))
		pamreport_add(report, PAMSEVERITY_TODO, "saslauthd-cache", NULL,
		    "%s: saslauthd caches logins (-c), and cached logins "
		    "never reach PAM; remove -c from OPTIONS and restart "
		    "saslauthd",
		    path);
	free(words);
	free(path);
}

void
pamtraps_check(const char *root, struct pamreport *report)
{
	check_module(root, report);
	check_saslauthd(root, report);
}
