/* SPDX-License-Identifier: ISC */
#include "pamcheck/dovecot.h"

#include "pamcheck/pamfile.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 10 /* of includes */
#define BLANK " \t\n"

/* A passdb block that is being read. */
struct passdb {
	unsigned depth; /* of braces; 0: in none */
	bool is_pam, opens_session, has_cache_key, is_uncached, has_service;
	char *service;
	char *place;
};

struct reading {
	struct dovecot *out;
	const char *root;
	unsigned depth; /* of braces */
	struct passdb passdb;
	bool has_cache; /* auth_cache_size is not 0 */
	bool has_cache_key, is_uncached;
	int error;
};

static void read_file(
    struct reading *reading, const char *path, unsigned n_includes);

static char *
place(struct reading *reading, const char *path, unsigned line_no)
{
	char *text;

	if (asprintf(&text, "%s:%u", path, line_no) < 0) {
		reading->error = -ENOMEM;
		return NULL;
	}
	return text;
}

static void
set_text(struct reading *reading, char **field, const char *text)
{
	free(*field);
	*field = strdup(text);
	if (*field == NULL)
		reading->error = -ENOMEM;
}

/* ---- the passdb --------------------------------------------------------- */

/* "%s", "%Ls", "%{protocol}" and "*" are the name of the protocol. */
static void
set_service(struct reading *reading, const char *name)
{
	struct passdb *passdb = &reading->passdb;

	passdb->has_service = true;
	free(passdb->service);
	passdb->service = NULL;
	if (strchr(name, '%') == NULL && strcmp(name, "*") != 0)
		set_text(reading, &passdb->service, name);
}

static bool
is_yes(const char *value)
{
	return strcmp(value, "yes") == 0;
}

/* 2.3: args = session=yes cache_key=%u dovecot */
static void
take_args(struct reading *reading, char *args)
{
	struct passdb *passdb = &reading->passdb;
	char *word, *rest = NULL;

	for (word = strtok_r(args, BLANK, &rest); word != NULL;
	     word = strtok_r(NULL, BLANK, &rest)) {
		if (strcmp(word, "session=yes") == 0)
			passdb->opens_session = true;
		else if (strncmp(word, "cache_key=", 10) == 0)
			passdb->has_cache_key = true;
		else if (strchr(word, '=') == NULL &&
			 strcmp(word, "-session") != 0)
			set_service(reading, word);
	}
}

static void
take_passdb_setting(struct reading *reading, const char *name, char *value)
{
	struct passdb *passdb = &reading->passdb;

	if (strncmp(name, "passdb_", 7) == 0)
		name += 7;
	if (strncmp(name, "pam_", 4) == 0)
		name += 4;
	if (strcmp(name, "driver") == 0)
		passdb->is_pam = strcmp(value, "pam") == 0;
	else if (strcmp(name, "args") == 0)
		take_args(reading, value);
	else if (strcmp(name, "session") == 0)
		passdb->opens_session = is_yes(value);
	else if (strcmp(name, "service_name") == 0)
		set_service(reading, value);
	else if (strcmp(name, "use_cache") == 0)
		passdb->is_uncached = !is_yes(value);
}

static void
begin_passdb(struct reading *reading, const char *name, const char *path,
    unsigned line_no)
{
	struct passdb *passdb = &reading->passdb;

	*passdb = (struct passdb){.depth = reading->depth};
	passdb->place = place(reading, path, line_no);
	/* 2.4: passdb pam { */
	if (name != NULL) {
		passdb->is_pam = strcmp(name, "pam") == 0;
		reading->out->is_2_4 = true;
	}
}

/* The first passdb that uses PAM counts. */
static void
end_passdb(struct reading *reading)
{
	struct passdb *passdb = &reading->passdb;
	struct dovecot *out = reading->out;

	if (passdb->is_pam && !out->has_pam) {
		out->has_pam = true;
		out->opens_session = passdb->opens_session;
		out->pam_place = passdb->place;
		passdb->place = NULL;
		reading->has_cache_key = passdb->has_cache_key;
		reading->is_uncached = passdb->is_uncached;
		if (passdb->has_service) {
			out->service = passdb->service;
			passdb->service = NULL;
		} else {
			set_text(reading, &out->service, "dovecot");
		}
	}
	free(passdb->place);
	free(passdb->service);
	*passdb = (struct passdb){.depth = 0};
}

/* ---- lines -------------------------------------------------------------- */

static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, BLANK);
	len = strlen(text);
	while (len > 0 && strchr(BLANK, text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	if (len > 1 && text[0] == '"' && text[len - 1] == '"') {
		text[len - 1] = '\0';
		text++;
	}
	return text;
}

/* A '#' begins a comment at the beginning, or after white space. */
static void
cut_comment(char *line)
{
	char *p = line;

	while ((p = strchr(p, '#')) != NULL) {
		if (p == line || strchr(BLANK, p[-1]) != NULL) {
			*p = '\0';
			return;
		}
		p++;
	}
}

static void
take_include(struct reading *reading, const char *pattern, const char *path,
    unsigned n_includes)
{
	const char *slash = strrchr(path, '/');
	char *whole;
	glob_t found;
	size_t i;
	int length;

	if (pattern[0] == '/')
		length = asprintf(&whole, "%s%s", reading->root, pattern);
	else
		length = asprintf(
		    &whole, "%.*s/%s", (int)(slash - path), path, pattern);
	if (length < 0) {
		reading->error = -ENOMEM;
		return;
	}
	if (glob(whole, 0, NULL, &found) == 0) {
		for (i = 0; i < found.gl_pathc; i++)
			read_file(reading, found.gl_pathv[i], n_includes + 1);
		globfree(&found);
	}
	free(whole);
}

static void
take_setting(struct reading *reading, char *name, char *value, const char *path,
    unsigned line_no)
{
	if (reading->passdb.depth != 0) {
		take_passdb_setting(reading, name, value);
	} else if (strcmp(name, "auth_cache_size") == 0) {
		reading->has_cache = strtoul(value, NULL, 10) > 0;
		free(reading->out->cache_place);
		reading->out->cache_place = place(reading, path, line_no);
	} else if (strcmp(name, "dovecot_config_version") == 0) {
		reading->out->is_2_4 = true;
	}
}

/* NAME {  or  NAME KIND { */
static void
open_block(
    struct reading *reading, char *head, const char *path, unsigned line_no)
{
	char *rest = NULL;
	const char *name = strtok_r(head, BLANK, &rest);

	reading->depth++;
	if (name != NULL && strcmp(name, "passdb") == 0 &&
	    reading->passdb.depth == 0)
		begin_passdb(
		    reading, strtok_r(NULL, BLANK, &rest), path, line_no);
}

static void
close_block(struct reading *reading)
{
	if (reading->passdb.depth != 0 &&
	    reading->passdb.depth == reading->depth)
		end_passdb(reading);
	if (reading->depth > 0)
		reading->depth--;
}

static void
take_line(struct reading *reading, char *line, const char *path,
    unsigned line_no, unsigned n_includes)
{
	char *text, *equals;
	size_t len;

	cut_comment(line);
	text = trim(line);
	len = strlen(text);
	if (strncmp(text, "!include", 8) == 0) {
		text += strcspn(text, BLANK);
		take_include(reading, trim(text), path, n_includes);
	} else if (strcmp(text, "}") == 0) {
		close_block(reading);
	} else if (len > 0 && text[len - 1] == '{') {
		text[len - 1] = '\0';
		open_block(reading, text, path, line_no);
	} else if ((equals = strchr(text, '=')) != NULL) {
		*equals = '\0';
		take_setting(
		    reading, trim(text), trim(equals + 1), path, line_no);
	}
}

static void
read_file(struct reading *reading, const char *path, unsigned n_includes)
{
	unsigned line_no = 0;
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	if (n_includes > DEPTH_MAX)
		return;
	file = fopen(path, "re");
	if (file == NULL)
		return;
	while (reading->error == 0 && getline(&line, &size, file) != -1)
		take_line(reading, line, path, ++line_no, n_includes);
	free(line);
	fclose(file);
}

/* A removed package that was not purged leaves its init script. */
static bool
is_gone(const char *root)
{
	return pamfile_exists(root, "/etc/init.d/dovecot") &&
	       !pamfile_exists(root, "/usr/sbin/dovecot");
}

int
dovecot_read(const char *root, struct dovecot *dovecot_out)
{
	struct reading reading = {.out = dovecot_out, .root = root};
	char *path;

	*dovecot_out = (struct dovecot){.is_gone = is_gone(root)};
	if (dovecot_out->is_gone)
		return 0;
	if (asprintf(&path, "%s/etc/dovecot/dovecot.conf", root) < 0)
		return -ENOMEM;
	read_file(&reading, path, 0);
	free(path);
	free(reading.passdb.place);
	free(reading.passdb.service);
	dovecot_out->is_cached =
	    reading.has_cache && (dovecot_out->is_2_4 ? !reading.is_uncached
						      : reading.has_cache_key);
	if (reading.error != 0)
		dovecot_free(dovecot_out);
	return reading.error;
}

void
dovecot_free(struct dovecot *dovecot)
{
	free(dovecot->pam_place);
	free(dovecot->cache_place);
	free(dovecot->service);
	*dovecot = (struct dovecot){.is_gone = false};
}
