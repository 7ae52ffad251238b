/* SPDX-License-Identifier: ISC */
#include "pamcheck/dovecotfile.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define DEPTH_MAX 10 /* of includes */
#define BLANK " \t\r\n"
#define OUTPUT_NAME "doveconf -n"

struct reading {
	const struct dovecotfile_visitor *visitor;
	const char *root;
	const char *path;
	unsigned line_no;
	unsigned n_includes;
	int *depth; /* of braces */
	int error;
};

static void read_file(
    struct reading *outer, const char *path, bool must_be_there);

/* ---- places ------------------------------------------------------------- */

/* "FILE:LINE" for free(3), or NULL: then the reading has the error. */
static char *
place(struct reading *reading)
{
	char *at;
	int length;

	/* a line of doveconf's output is no place to edit */
	if (reading->line_no == 0)
		length = asprintf(&at, "%s", reading->path);
	else
		length =
		    asprintf(&at, "%s:%u", reading->path, reading->line_no);
	if (length >= 0)
		return at;
	reading->error = -ENOMEM;
	return NULL;
}

static void
refuse(struct reading *reading, const char *why)
{
	char *at = place(reading);

	if (at != NULL)
		reading->visitor->refuse(reading->visitor->context, at, why);
	free(at);
}

/* ---- words -------------------------------------------------------------- */

/* Cut white space, and quotes around the whole text. */
static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, BLANK);
	len = strlen(text);
	while (len > 0 && strchr(BLANK, text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	if (len > 1 && (text[0] == '"' || text[0] == '\'') &&
	    text[len - 1] == text[0]) {
		text[len - 1] = '\0';
		text++;
	}
	return text;
}

/*
 * A '#' outside of quotes begins a comment, at the beginning or after white
 * space.
 */
static void
cut_comment(char *line)
{
	char quote = '\0', *p;

	for (p = line; *p != '\0'; p++) {
		if (quote != '\0') {
			if (*p == '\\' && p[1] != '\0')
				p++;
			else if (*p == quote)
				quote = '\0';
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (*p == '#' &&
			   (p == line || strchr(BLANK, p[-1]) != NULL)) {
			*p = '\0';
			return;
		}
	}
}

/* ---- lines -------------------------------------------------------------- */

static void
take_include(struct reading *reading, char *pattern, bool must_be_there)
{
	const char *slash = strrchr(reading->path, '/');
	char *whole;
	glob_t found;
	size_t i;
	int length;

	if (pattern[0] == '/')
		length = asprintf(&whole, "%s%s", reading->root, pattern);
	else
		length = asprintf(&whole, "%.*s/%s",
		    slash != NULL ? (int)(slash - reading->path) : 0,
		    reading->path, pattern);
	if (length < 0) {
		reading->error = -ENOMEM;
		return;
	}
	if (glob(whole, 0, NULL, &found) == 0) {
		for (i = 0; i < found.gl_pathc; i++)
			read_file(reading, found.gl_pathv[i], must_be_there);
		globfree(&found);
	} else if (must_be_there && strpbrk(pattern, "*?[") == NULL) {
		refuse(reading, "there is no file to include");
	}
	free(whole);
}

/* KIND {  or  KIND NAME { */
static void
open_block(struct reading *reading, char *head)
{
	const struct dovecotfile_visitor *visitor = reading->visitor;
	char *name = head + strcspn(head, BLANK), *at = place(reading);

	++*reading->depth;
	if (*name != '\0')
		*name++ = '\0';
	if (at != NULL)
		visitor->open(visitor->context, head, trim(name), at);
	free(at);
}

static void
close_block(struct reading *reading)
{
	if (*reading->depth == 0) {
		refuse(reading, "there is a '}' without its '{'");
		return;
	}
	--*reading->depth;
	reading->visitor->close(reading->visitor->context);
}

static void
take_setting(struct reading *reading, char *name, char *value)
{
	const struct dovecotfile_visitor *visitor = reading->visitor;
	char *at = place(reading);

	if (at != NULL)
		visitor->set(visitor->context, name, value, at);
	free(at);
}

static void
take_line(struct reading *reading, char *line)
{
	char *text = trim(line), *equals;
	const size_t len = strlen(text);

	if (len == 0)
		return;
	if (strncmp(text, "!include_try", 12) == 0) {
		take_include(reading, trim(text + 12), false);
	} else if (strncmp(text, "!include", 8) == 0) {
		take_include(reading, trim(text + 8), true);
	} else if (strcmp(text, "}") == 0) {
		close_block(reading);
	} else if (text[len - 1] == '{') {
		text[len - 1] = '\0';
		open_block(reading, trim(text));
	} else if ((equals = strchr(text, '=')) != NULL) {
		*equals = '\0';
		take_setting(reading, trim(text), trim(equals + 1));
	} else {
		refuse(reading, "this is no setting and no block");
	}
}

/* ---- files -------------------------------------------------------------- */

/* Append the line to the ones that it continues.  Returns false at -ENOMEM. */
static bool
join(char **whole, const char *line)
{
	const size_t before = *whole != NULL ? strlen(*whole) : 0;
	char *grown;

	if (before > 0)
		line += strspn(line, BLANK);
	grown = realloc(*whole, before + strlen(line) + 1);
	if (grown == NULL)
		return false;
	memcpy(grown + before, line, strlen(line) + 1);
	*whole = grown;
	return true;
}

/* Whether the line goes on; the backslash becomes a blank. */
static bool
goes_on(char *line)
{
	size_t len = strlen(line);

	while (len > 0 && strchr(BLANK, line[len - 1]) != NULL)
		len--;
	line[len] = '\0';
	if (len == 0 || line[len - 1] != '\\')
		return false;
	line[len - 1] = ' ';
	return true;
}

static void
read_lines(struct reading *reading, FILE *file, bool has_places)
{
	unsigned n_read = 0;
	char *line = NULL, *whole = NULL;
	size_t size = 0;

	while (reading->error == 0 && getline(&line, &size, file) != -1) {
		n_read++;
		if (whole == NULL && has_places)
			reading->line_no = n_read;
		cut_comment(line);
		if (goes_on(line)) {
			if (!join(&whole, line))
				reading->error = -ENOMEM;
			continue;
		}
		if (!join(&whole, line))
			reading->error = -ENOMEM;
		else
			take_line(reading, whole);
		free(whole);
		whole = NULL;
	}
	if (whole != NULL && reading->error == 0)
		take_line(reading, whole);
	free(whole);
	free(line);
}

static void
read_file(struct reading *outer, const char *path, bool must_be_there)
{
	struct reading reading = *outer;
	FILE *file = fopen(path, "re");

	if (file == NULL || ++reading.n_includes > DEPTH_MAX) {
		if (must_be_there)
			refuse(outer, file != NULL ? "includes nest too deep"
						   : "the included file cannot "
						     "be read");
		if (file != NULL)
			fclose(file);
		return;
	}
	reading.path = path;
	read_lines(&reading, file, true);
	outer->error = reading.error;
	fclose(file);
}

int
dovecotfile_read(const char *root, const char *path,
    const struct dovecotfile_visitor *visitor)
{
	int depth = 0;
	struct reading reading = {
	    .visitor = visitor, .root = root, .depth = &depth};
	char *whole;

	if (asprintf(&whole, "%s%s", root, path) < 0)
		return -ENOMEM;
	reading.path = whole;
	read_file(&reading, whole, false);
	if (reading.error == 0 && depth > 0)
		refuse(&reading, "a '}' is missing");
	free(whole);
	return reading.error;
}

int
dovecotfile_read_output(FILE *output, const struct dovecotfile_visitor *visitor)
{
	int depth = 0;
	struct reading reading = {
	    .visitor = visitor,
	    .root = "",
	    .path = OUTPUT_NAME,
	    .depth = &depth,
	};

	read_lines(&reading, output, false);
	return reading.error;
}
