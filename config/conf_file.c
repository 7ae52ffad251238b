/* SPDX-License-Identifier: ISC */
/*
 * conf_file - from the lines of the file to the options.
 *
 * A line is a comment, a [section], "option = value", or an indented line that
 * continues the list above it.  The first line that is none of these ends the
 * reading.  doc/design/configuration.md says why no library reads the file.
 */
#include "config/conf_option.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A text of the file is cut to this many bytes in a message. */
#define SHOWN_MAX 80

#define UTF8_BOM "\xef\xbb\xbf"

struct reader {
	const char *path;
	struct conf *conf;
	struct conf_mistakes *mistakes;
	unsigned file_no; /* of conf->files */
	unsigned line_no;
	const char *section;            /* of the table; NULL: none yet */
	const struct conf_option *last; /* of this section; NULL: none yet */
	bool is_section_wrong;          /* its options are no more mistakes */
	bool is_option_wrong;           /* nor are its indented lines */
};

#define FAIL(reader, ...)                                                      \
	(conf_file_mistake((reader)->mistakes->last_out, (reader)->path,       \
	     (reader)->line_no, __VA_ARGS__),                                  \
	    -EINVAL)

void
conf_file_mistake(struct conf_error *error_out, const char *path,
    unsigned line_no, const char *fmt, ...)
{
	const size_t size = sizeof(error_out->text);
	va_list ap;
	int len;

	len = snprintf(error_out->text, size, "%s:%u: ", path, line_no);
	if (len < 0 || (size_t)len >= size)
		return;
	va_start(ap, fmt);
	vsnprintf(error_out->text + len, size - (size_t)len, fmt, ap);
	va_end(ap);
}

int
conf_mistakes_note(struct conf_mistakes *mistakes, int error)
{
	if (mistakes->error == 0)
		mistakes->error = error;
	if (mistakes->report == NULL || error == -ENOMEM)
		return error;
	mistakes->report(mistakes->last_out->text, mistakes->arg);
	return 0;
}

/* ---- one line ----------------------------------------------------------- */

/* Cut white space at both ends.  Returns the new beginning. */
static char *
trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* Cut a comment that follows a value: white space and ';'. */
static void
cut_comment(char *text)
{
	char *p;

	for (p = text; *p != '\0'; p++)
		if (isspace((unsigned char)p[0]) && p[1] == ';') {
			*p = '\0';
			return;
		}
}

static int
take_section(struct reader *reader, char *heading)
{
	char *name = heading + 1, *end = strchr(heading, ']');
	const struct conf_option *first;
	const char *nearest;

	reader->is_section_wrong = true;
	reader->is_option_wrong = false;
	if (end == NULL)
		return FAIL(reader, "section without its ']': '%.*s'",
		    SHOWN_MAX, heading);
	if (end[1] != '\0')
		return FAIL(reader,
		    "text after a section's ']': '%.*s'; write options on "
		    "lines of their own",
		    SHOWN_MAX, heading);
	*end = '\0';
	first = conf_option_find(name, NULL);
	if (first != NULL) {
		reader->is_section_wrong = false;
		reader->section = first->section;
		reader->last = NULL;
		return 0;
	}
	nearest = conf_option_nearest(NULL, name);
	if (nearest != NULL)
		return FAIL(reader, "unknown section [%s]; did you mean [%s]?",
		    name, nearest);
	return FAIL(reader,
	    "unknown section '[%.*s]'; there are [table], [popauthd], "
	    "[smtpgate], [smtpgate-auth], [smtp], [submission] and "
	    "[submissions]",
	    SHOWN_MAX, name);
}

static int
fail_unknown(const struct reader *reader, const char *name)
{
	const char *section = reader->section;
	const struct conf_option *other = conf_option_find(NULL, name);
	const char *nearest = conf_option_nearest(section, name);

	if (other != NULL)
		return FAIL(reader,
		    "unknown option '%s' in [%s]; it belongs to [%s]", name,
		    section, other->section);
	if (nearest != NULL)
		return FAIL(reader,
		    "unknown option '%s' in [%s]; did you mean '%s'?", name,
		    section, nearest);
	return FAIL(reader,
	    "unknown option '%.*s' in [%s]; popauth.conf(5) lists all options",
	    SHOWN_MAX, name, section);
}

static int
take_value(struct reader *reader, const struct conf_option *option,
    const char *value, bool is_continued)
{
	char why[CONF_WHY_BYTES] = "";
	int error =
	    conf_value_parse(option, reader->conf, value, is_continued, why);

	if (error != -EINVAL)
		return error;
	if (conf_type_is_list(option->type))
		return FAIL(
		    reader, "[%s] %s %s", option->section, option->name, why);
	return FAIL(reader, "[%s] %s = '%.*s' %s%s", option->section,
	    option->name, SHOWN_MAX, value, why,
	    strchr(value, '#') == NULL
		? ""
		: "; a comment after a value starts with ' ;'");
}

static int
take_option(struct reader *reader, char *text)
{
	char *equals = strchr(text, '='), *name;
	const struct conf_option *option;
	struct conf_place *set_at;

	reader->is_option_wrong = true;
	if (equals == NULL)
		return FAIL(reader,
		    "neither 'option = value' nor a [section]: '%.*s'; put '=' "
		    "between option and value",
		    SHOWN_MAX, text);
	*equals = '\0';
	name = trim(text);
	if (reader->section == NULL)
		return FAIL(reader,
		    "option '%.*s' is before the first [section]", SHOWN_MAX,
		    name);
	option = conf_option_find(reader->section, name);
	if (option == NULL)
		return fail_unknown(reader, name);
	set_at = &reader->conf->set_at[option - conf_options];
	if (set_at->line_no != 0 && set_at->file_no == reader->file_no)
		return FAIL(reader,
		    "[%s] %s is given twice; the first is in line %u",
		    option->section, option->name, set_at->line_no);
	reader->is_option_wrong = false;
	*set_at = (struct conf_place){reader->file_no, reader->line_no};
	reader->last = option;
	return take_value(reader, option, trim(equals + 1), false);
}

static int
take_continuation(struct reader *reader, const char *text)
{
	const struct conf_option *option = reader->last;

	if (conf_type_is_list(option->type))
		return take_value(reader, option, text, true);
	reader->is_option_wrong = true;
	return FAIL(reader,
	    "an indented line continues the option above, but '%s' is no list; "
	    "remove the white space before '%.*s'",
	    option->name, SHOWN_MAX, text);
}

static int
take_line(struct reader *reader, char *line)
{
	const size_t bom_len = strlen(UTF8_BOM);
	bool is_indented;
	char *text;

	if (reader->line_no == 1 && strncmp(line, UTF8_BOM, bom_len) == 0)
		line += bom_len;
	is_indented = isspace((unsigned char)line[0]);
	text = trim(line);
	if (*text == '\0' || *text == '#' || *text == ';')
		return 0;
	cut_comment(text);
	text = trim(text);
	if ((is_indented && reader->is_option_wrong) ||
	    (*text != '[' && reader->is_section_wrong))
		return 0;
	if (is_indented && reader->last != NULL)
		return take_continuation(reader, text);
	if (*text == '[')
		return take_section(reader, text);
	return take_option(reader, text);
}

/* ---- the file ----------------------------------------------------------- */

/* Returns 0 and the open file, or a negative errno. */
static int
open_file(const char *path, FILE **file_out)
{
	struct stat st;
	int error = 0;
	/* O_NONBLOCK: a fifo would wait here for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		error = -errno;
	else if (S_ISDIR(st.st_mode))
		error = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		error = -EINVAL;
	if (error == 0) {
		*file_out = fdopen(fd, "r");
		if (*file_out == NULL)
			error = -errno;
	}
	if (error != 0)
		close(fd);
	return error;
}

static int
read_lines(struct reader *reader, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int error = 0;

	while (error == 0 && (len = getline(&line, &size, file)) != -1) {
		reader->line_no++;
		error = strlen(line) == (size_t)len
			    ? take_line(reader, line)
			    : FAIL(reader, "a NUL byte; this is no text file");
		if (error == -EINVAL)
			error = conf_mistakes_note(reader->mistakes, error);
	}
	if (error == 0 && !feof(file))
		error = ferror(file) ? -EIO : -ENOMEM;
	free(line);
	if (error != 0 && error != -EINVAL) {
		conf_file_mistake(reader->mistakes->last_out, reader->path,
		    reader->line_no, "%s", strerror(-error));
		error = conf_mistakes_note(reader->mistakes, error);
	}
	return error;
}

static int
note_file(const char *path, struct conf_strings *files)
{
	char **grown = reallocarray(files->items, files->n + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	files->items = grown;
	grown[files->n] = strdup(path);
	if (grown[files->n] == NULL)
		return -ENOMEM;
	files->n++;
	return 0;
}

int
conf_file_read(
    const char *path, struct conf *conf, struct conf_mistakes *mistakes)
{
	struct reader reader = {
	    .path = path,
	    .conf = conf,
	    .mistakes = mistakes,
	    .file_no = (unsigned)conf->files.n,
	};
	FILE *file = NULL;
	int error = open_file(path, &file);

	if (error != 0) {
		snprintf(mistakes->last_out->text,
		    sizeof(mistakes->last_out->text),
		    "cannot read the configuration %s: %s", path,
		    error == -EINVAL ? "it is no regular file"
				     : strerror(-error));
		return conf_mistakes_note(mistakes, error);
	}
	error = note_file(path, &conf->files);
	if (error == 0)
		error = read_lines(&reader, file);
	fclose(file);
	return error;
}
