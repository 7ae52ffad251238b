/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamserver.h"

#include "pamcheck/pamfile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANK " \t\n"

static enum pamserver_use __attribute__((format(printf, 3, 4)))
answer(enum pamserver_use use, char **why_out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(why_out, fmt, ap) < 0)
		*why_out = NULL;
	va_end(ap);
	return *why_out != NULL ? use : PAMSERVER_ASKS;
}

/*
 * The last value of a setting: NAME, the separator, VALUE, perhaps in quotes.
 * For free(3); NULL if the file or the setting is not there.
 */
static char *
read_setting(
    const char *root, const char *path, const char *name, char separator)
{
	const size_t len = strlen(name);
	char *line = NULL, *value = NULL, *whole, *text;
	size_t size = 0;
	FILE *file;

	if (pamfile_open(root, path, &file, &whole) != 0)
		return NULL;
	while (getline(&line, &size, file) != -1) {
		text = line + strspn(line, BLANK);
		if (strncmp(text, name, len) != 0)
			continue;
		text += len + strspn(text + len, BLANK);
		if (*text != separator && separator != ' ')
			continue;
		text += *text == separator;
		text += strspn(text, BLANK "\"'");
		text[strcspn(text, "\"'\n#")] = '\0';
		free(value);
		value = strdup(text);
	}
	free(line);
	fclose(file);
	free(whole);
	return value;
}

/* Whether this is the only word of the text. */
static bool
is_only_word(const char *text, const char *word)
{
	const size_t len = strlen(word);

	text += strspn(text, BLANK);
	return strncmp(text, word, len) == 0 &&
	       text[len + strspn(text + len, BLANK)] == '\0';
}

/* ---- Courier ------------------------------------------------------------- */

static enum pamserver_use
read_courier(const char *root, char **why_out)
{
	static const char path[] = "/etc/courier/authdaemonrc";
	enum pamserver_use use = PAMSERVER_ASKS;
	char *modules = read_setting(root, path, "authmodulelist", '=');

	if (modules != NULL && !is_only_word(modules, "authpam"))
		use = answer(PAMSERVER_BYPASSES, why_out,
		    "%s%s: Courier asks these modules: %s; only the users of "
		    "authpam are recorded; write authmodulelist=\"authpam\"",
		    root, path, modules);
	free(modules);
	return use;
}

/* ---- Cyrus --------------------------------------------------------------- */

static enum pamserver_use
read_cyrus(const char *root, char **why_out)
{
	static const char imapd[] = "/etc/imapd.conf";
	static const char saslauthd[] = "/etc/default/saslauthd";
	enum pamserver_use use = PAMSERVER_ASKS;
	char *method = NULL, *mechanisms = NULL;

	if (!pamfile_exists(root, imapd))
		return PAMSERVER_ASKS;
	method = read_setting(root, imapd, "sasl_pwcheck_method", ':');
	mechanisms = read_setting(root, saslauthd, "MECHANISMS", '=');
	if (method == NULL || !is_only_word(method, "saslauthd"))
		use = answer(PAMSERVER_BYPASSES, why_out,
		    "%s%s: Cyrus checks passwords by %s, which is not PAM; "
		    "write sasl_pwcheck_method: saslauthd",
		    root, imapd, method != NULL ? method : "auxprop");
	else if (mechanisms != NULL && !is_only_word(mechanisms, "pam"))
		use = answer(PAMSERVER_BYPASSES, why_out,
		    "%s%s: saslauthd checks passwords by %s, which is not PAM; "
		    "write MECHANISMS=\"pam\"",
		    root, saslauthd, mechanisms);
	free(method);
	free(mechanisms);
	return use;
}

/* ---- mailutils ----------------------------------------------------------- */

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

static enum pamserver_use
read_mailutils(const char *root, char **why_out)
{
	static const char path[] = "/etc/mailutils.conf";
	bool is_right = false;
	char *whole;
	FILE *file;

	if (pamfile_open(root, path, &file, &whole) == 0) {
		is_right = uses_only_pam(file);
		fclose(file);
		free(whole);
	}
	if (is_right)
		return PAMSERVER_ASKS;
	return answer(PAMSERVER_BYPASSES, why_out,
	    "%s%s: mailutils' pop3d uses other modules before PAM, so a good "
	    "password never reaches PAM; write \"auth { authentication clear; "
	    "authentication pam; }\"",
	    root, path);
}

/* ---- perdition ----------------------------------------------------------- */

static enum pamserver_use
read_perdition(const char *root, char **why_out)
{
	static const char path[] = "/etc/perdition/perdition.conf";
	char *setting = read_setting(root, path, "authenticate_in", ' ');
	char *flags =
	    read_setting(root, "/etc/default/perdition", "FLAGS", '=');
	const bool asks =
	    setting != NULL ||
	    (flags != NULL && (strstr(flags, "-a") != NULL ||
				  strstr(flags, "authenticate_in") != NULL));

	free(setting);
	free(flags);
	if (asks)
		return PAMSERVER_ASKS;
	return answer(PAMSERVER_FORWARDS, why_out,
	    "%s%s: perdition asks PAM only with authenticate_in; without it "
	    "the POP server behind it checks the password, and sees "
	    "perdition's address",
	    root, path);
}

enum pamserver_use
pamserver_read(const char *root, const char *service, char **why_out)
{
	*why_out = NULL;
	if (strcmp(service, "pop3") == 0 &&
	    pamfile_exists(root, "/etc/courier/pop3d"))
		return read_courier(root, why_out);
	if (strcmp(service, "pop") == 0)
		return read_cyrus(root, why_out);
	if (strcmp(service, "mailutils") == 0)
		return read_mailutils(root, why_out);
	if (strcmp(service, "perdition") == 0)
		return read_perdition(root, why_out);
	return PAMSERVER_ASKS;
}
