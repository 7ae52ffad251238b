/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamfile.h"

#include "pamcheck/pamflaw.h"
#include "pamcheck/pammodule.h"

#include <errno.h>
#include <security/_pam_types.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <unistd.h>

#define BLANK " \t\n"

/* A blank line or a comment after a line that goes on: libpam 1.6 ends the line
 * there, earlier versions skip it. */
#define BLANK_ENDS_LINE (__LINUX_PAM_MINOR__ >= 6)

static const char *const dirs[] = {"/etc/pam.d/", "/usr/lib/pam.d/"};

static const char *const type_names[PAMFILE_ANY] = {
    [PAMFILE_AUTH] = "auth",
    [PAMFILE_ACCOUNT] = "account",
    [PAMFILE_SESSION] = "session",
    [PAMFILE_PASSWORD] = "password",
};

/* The include that failed: the innermost one, if they nest. */
struct failure {
	char *path;
	unsigned line_no;
	char *flaw;
};

/* Shared by all lines of one file. */
struct reading {
	const char *root;
	struct pamfile *out;
	const char *path;
	enum pamfile_type wanted; /* "auth include": only lines of that type */
	unsigned depth;           /* of includes */
	unsigned level;           /* of substacks */
	unsigned from_line;       /* 0 in the service's own file */
	unsigned from_end;
	const char *text; /* of the line */
	struct failure *failure;
};

static int read_file(const struct reading *outer, const char *name,
    enum pamfile_type wanted, const struct pamfile_line *from, unsigned level);

/* ---- lines and words ---------------------------------------------------- */

/*
 * Cut the comment and the white space at the end.  A line with a comment never
 * goes on.
 * Returns the remaining length.
 */
static size_t
trim(char *line, bool *goes_on_out)
{
	size_t len = strcspn(line, "#");
	const bool has_comment = line[len] == '#';

	while (len > 0 && strchr(BLANK, line[len - 1]) != NULL)
		len--;
	*goes_on_out = !has_comment && len > 0 && line[len - 1] == '\\';
	if (*goes_on_out)
		line[len - 1] = ' ';
	line[len] = '\0';
	return len;
}

char *
pamfile_next_line(FILE *file, unsigned *line_no_out, unsigned *n_read_io)
{
	char *line = NULL, *whole = NULL, *grown;
	size_t size = 0, len, whole_len = 0;
	bool goes_on = true;

	while (goes_on && getline(&line, &size, file) != -1) {
		(*n_read_io)++;
		len = trim(line, &goes_on);
		if (strspn(line, BLANK) == len && !goes_on) {
			goes_on = whole == NULL || !BLANK_ENDS_LINE;
			continue;
		}
		if (whole == NULL)
			*line_no_out = *n_read_io;
		grown = realloc(whole, whole_len + len + 1);
		if (grown == NULL)
			break;
		whole = grown;
		memcpy(whole + whole_len, line, len + 1);
		whole_len += len;
	}
	free(line);
	return whole;
}

char *
pamfile_next_word(char **rest)
{
	char *word, *to, *from;

	if (*rest == NULL)
		return NULL;
	word = *rest + strspn(*rest, BLANK);
	if (*word == '\0') {
		*rest = NULL;
		return NULL;
	}
	if (*word != '[') {
		from = word + strcspn(word, BLANK);
	} else {
		/* "\]" is a literal bracket */
		word++;
		for (to = from = word; *from != '\0' && *from != ']';
		     *to++ = *from++)
			if (from[0] == '\\' && from[1] == ']')
				from++;
		if (to != from)
			*to = '\0';
	}
	*rest = NULL;
	if (*from != '\0') {
		*from = '\0';
		*rest = from + 1;
	}
	return word;
}

/* ---- one line ----------------------------------------------------------- */

static int
append(const struct reading *reading, const struct pamfile_line *line,
    const char *module, const char *args)
{
	struct pamfile *out = reading->out;
	struct pamfile_line *grown, *new;

	grown = reallocarray(out->lines, out->n + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	out->lines = grown;
	new = &grown[out->n++];
	*new = *line;
	new->path = strdup(reading->path);
	new->module = strdup(module);
	new->args = strdup(args);
	if (new->path == NULL || new->module == NULL || new->args == NULL)
		return -ENOMEM;
	return 0;
}

/* Make the line one that always fails, and add it. */
static int
append_failing(const struct reading *reading, struct pamfile_line *line)
{
	int i;

	for (i = 0; i < PAMCONTROL_RETURNS; i++)
		if (line->actions[i] == PAMCONTROL_UNSET)
			line->actions[i] = PAMCONTROL_BAD;
	line->kind = PAMFILE_BROKEN;
	return append(reading, line, "", "");
}

/* Add a line that libpam cannot read; there it always fails. */
static int
append_broken(const struct reading *reading, struct pamfile_line *line,
    const char *what, const char *word)
{
	line->flaw = pamflaw_describe(reading->text, what, word);
	return line->flaw != NULL ? append_failing(reading, line) : -ENOMEM;
}

/* Whether the line has the wanted type; an unknown type is any type. */
static bool
take_type(char *word, const struct reading *reading, struct pamfile_line *line,
    bool *is_known_out)
{
	size_t i;

	line->is_quiet = *word == '-';
	if (line->is_quiet)
		word++;
	*is_known_out = false;
	line->type =
	    reading->wanted != PAMFILE_ANY ? reading->wanted : PAMFILE_AUTH;
	for (i = 0; i < PAMFILE_ANY; i++)
		if (strcasecmp(word, type_names[i]) == 0) {
			line->type = (enum pamfile_type)i;
			*is_known_out = true;
		}
	return reading->wanted == PAMFILE_ANY || line->type == reading->wanted;
}

static const char *
include_error(int error)
{
	switch (error) {
	case -ENOENT:
		return "there is no file to include:";
	case -ELOOP:
		return "a file that includes itself:";
	case -EACCES:
		return "permission to read is denied:";
	default:
		return "this file cannot be read:";
	}
}

/* Read the file that the line includes; remember the first failure. */
static int
include_file(const struct reading *reading, const struct pamfile_line *line,
    const char *name, enum pamfile_type wanted, unsigned level)
{
	struct failure *failure = reading->failure;
	int error = name == NULL
			? -ENOENT
			: read_file(reading, name, wanted, line, level);

	if (error == 0 || error == -ENOMEM || failure->flaw != NULL)
		return error;
	failure->path = strdup(reading->path);
	failure->line_no = line->line_no;
	failure->flaw = pamflaw_describe(
	    reading->text, include_error(error), name != NULL ? name : "");
	return failure->path != NULL && failure->flaw != NULL ? error : -ENOMEM;
}

/* Add a line that fails, in place of the include that failed. */
static int
append_failure(const struct reading *reading, struct pamfile_line *line)
{
	struct reading at = *reading;

	at.path = reading->failure->path;
	line->line_no = reading->failure->line_no;
	line->is_include = true;
	line->flaw = strdup(reading->failure->flaw);
	return line->flaw != NULL ? append_failing(&at, line) : -ENOMEM;
}

static void
forget_failure(struct failure *failure)
{
	free(failure->path);
	free(failure->flaw);
	*failure = (struct failure){.path = NULL};
}

/* TYPE include FILE, TYPE substack FILE */
static int
read_include(const struct reading *reading, struct pamfile_line *line,
    char *name, bool is_substack)
{
	int error = 0;

	if (is_substack) {
		line->kind = PAMFILE_SUBSTACK;
		error = append(reading, line, name != NULL ? name : "", "");
	}
	if (error == 0)
		error = include_file(reading, line, name, line->type,
		    reading->level + (is_substack ? 1 : 0));
	if (error == 0 || error == -ENOMEM)
		return error;
	error = append_failure(reading, line);
	forget_failure(reading->failure);
	return error;
}

/* TYPE CONTROL MODULE ARGUMENTS */
static int
read_module(const struct reading *reading, struct pamfile_line *line,
    const char *control, char *rest)
{
	const char *module;

	if (!pamcontrol_parse(control, line->actions)) {
		line->flaw =
		    pamflaw_describe(reading->text, "unknown control", control);
		if (line->flaw == NULL)
			return -ENOMEM;
	}
	module = pamfile_next_word(&rest);
	if (module == NULL) {
		free(line->flaw);
		return append_broken(reading, line, "no module after", control);
	}
	line->is_missing = !pammodule_is_installed(reading->root, module);
	if (line->is_missing && line->flaw == NULL &&
	    strchr(module, '\r') != NULL)
		line->flaw =
		    pamflaw_describe(reading->text, "unknown module", module);
	return append(reading, line, module,
	    rest != NULL ? rest + strspn(rest, BLANK) : "");
}

static int
read_words(const struct reading *reading, struct pamfile_line *line, char *text)
{
	char *rest = text, *word = pamfile_next_word(&rest), *type = word;
	bool is_known, is_include, is_substack;

	if (strcasecmp(word, "@include") == 0)
		return include_file(reading, line, pamfile_next_word(&rest),
		    reading->wanted, reading->level);
	if (!take_type(type, reading, line, &is_known))
		return 0;
	word = pamfile_next_word(&rest);
	is_include = word != NULL && strcasecmp(word, "include") == 0;
	is_substack = word != NULL && strcasecmp(word, "substack") == 0;
	/* libpam follows the include of an unknown type. */
	if (is_include || is_substack)
		return read_include(
		    reading, line, pamfile_next_word(&rest), is_substack);
	if (!is_known) {
		if (word != NULL)
			pamcontrol_parse(word, line->actions);
		return append_broken(reading, line, "unknown type", type);
	}
	if (word == NULL)
		return append_broken(reading, line, "no control after", type);
	return read_module(reading, line, word, rest);
}

static int
read_line(const struct reading *outer, unsigned line_no, unsigned end_line,
    char *text)
{
	struct reading reading = *outer;
	struct pamfile_line line = {
	    .line_no = line_no,
	    .from_line = outer->from_line != 0 ? outer->from_line : line_no,
	    .from_end = outer->from_line != 0 ? outer->from_end : end_line,
	    .level = outer->level,
	};
	char *copy = strdup(text); /* the words are cut out of the text */
	int i, error;

	for (i = 0; i < PAMCONTROL_RETURNS; i++)
		line.actions[i] = PAMCONTROL_UNSET;
	reading.text = copy;
	error = copy != NULL ? read_words(&reading, &line, text) : -ENOMEM;
	free(copy);
	return error;
}

/* ---- one file ----------------------------------------------------------- */

int
pamfile_open(
    const char *root, const char *name, FILE **file_out, char **path_out)
{
	size_t i, n = name[0] == '/' ? 1 : sizeof(dirs) / sizeof(dirs[0]);
	int error = -ENOENT;
	char *path;

	*file_out = NULL;
	*path_out = NULL;
	for (i = 0; i < n; i++) {
		if (asprintf(&path, "%s%s%s", root,
			name[0] == '/' ? "" : dirs[i], name) < 0)
			return -ENOMEM;
		*file_out = fopen(path, "re");
		if (*file_out != NULL) {
			*path_out = path;
			return 0;
		}
		if (errno != ENOENT)
			error = -errno;
		free(path);
	}
	return error;
}

bool
pamfile_exists(const char *root, const char *path)
{
	char *whole;
	bool is_there;

	if (asprintf(&whole, "%s%s", root, path) < 0)
		return false;
	is_there = access(whole, F_OK) == 0;
	free(whole);
	return is_there;
}

static int
read_lines(const struct reading *reading, FILE *file, unsigned *n_read)
{
	unsigned line_no;
	char *text;
	int error = 0;

	while (error == 0 &&
	       (text = pamfile_next_line(file, &line_no, n_read)) != NULL) {
		error = read_line(reading, line_no, *n_read, text);
		free(text);
	}
	return error == 0 && ferror(file) ? -EIO : error;
}

static int
read_file(const struct reading *outer, const char *name,
    enum pamfile_type wanted, const struct pamfile_line *from, unsigned level)
{
	struct reading reading = *outer;
	unsigned n_read = 0;
	char *path;
	FILE *file;
	int error;

	if (outer->depth + 1 >= PAMFILE_DEPTH_MAX || level >= PAMFILE_DEPTH_MAX)
		return -ELOOP;
	error = pamfile_open(outer->root, name, &file, &path);
	if (error != 0)
		return error;
	reading.path = path;
	reading.wanted = wanted;
	reading.depth++;
	reading.level = level;
	reading.from_line = from->from_line;
	reading.from_end = from->from_end;
	error = read_lines(&reading, file, &n_read);
	fclose(file);
	free(path);
	return error;
}

static void
free_line(struct pamfile_line *line)
{
	free(line->path);
	free(line->module);
	free(line->args);
	free(line->flaw);
}

/* libpam rejects the whole file: every login fails. */
static int
give_up(struct pamfile *file, const struct reading *reading)
{
	struct pamfile_line line;
	int type, i, error = 0;

	file->is_rejected = true;
	while (file->n > 0)
		free_line(&file->lines[--file->n]);
	for (type = 0; type < PAMFILE_ANY && error == 0; type++) {
		line = (struct pamfile_line){
		    .type = (enum pamfile_type)type,
		    .from_line = 1,
		};
		for (i = 0; i < PAMCONTROL_RETURNS; i++)
			line.actions[i] = PAMCONTROL_UNSET;
		error = append_failure(reading, &line);
	}
	return error;
}

int
pamfile_read(const char *root, const char *service, struct pamfile *file_out)
{
	struct failure failure = {.path = NULL};
	struct reading reading = {
	    .root = root,
	    .out = file_out,
	    .wanted = PAMFILE_ANY,
	    .failure = &failure,
	};
	FILE *file;
	int error;

	memset(file_out, 0, sizeof(*file_out));
	error = pamfile_open(root, service, &file, &file_out->path);
	if (error == -ENOENT)
		return 0;
	if (error != 0)
		return error;
	reading.path = file_out->path;
	error = read_lines(&reading, file, &file_out->n_own_lines);
	if (error != 0 && failure.flaw != NULL)
		error = give_up(file_out, &reading);
	forget_failure(&failure);
	fclose(file);
	if (error != 0)
		pamfile_free(file_out);
	return error;
}

void
pamfile_free(struct pamfile *file)
{
	size_t i;

	for (i = 0; i < file->n; i++)
		free_line(&file->lines[i]);
	free(file->lines);
	free(file->path);
	memset(file, 0, sizeof(*file));
}

const char *
pamfile_module_name(const char *module)
{
	const char *slash = strrchr(module, '/');

	return slash != NULL ? slash + 1 : module;
}

bool
pamfile_is_own(const struct pamfile *file, const struct pamfile_line *line)
{
	return strcmp(line->path, file->path) == 0;
}

bool
pamfile_is_ours(const struct pamfile_line *line)
{
	return line->kind == PAMFILE_MODULE &&
	       strcmp(pamfile_module_name(line->module), PAMFILE_OURS) == 0;
}
