/* SPDX-License-Identifier: ISC */
/*
 * conf - reads the configuration file.
 *
 * libinih splits the lines, and forgives much: a line beyond its buffer is
 * cut, a section nobody knows is passed over as long as it is empty, what
 * follows "]" is dropped, the name of a section or an option is cut at 49
 * bytes, and its line number is known only afterwards.  So libinih is fed one
 * whole line at a time by a reader of ours, which counts lines, refuses what
 * would be cut, looks at section headings itself, and notices at the next
 * line that the one before reached no handler (it has no '=').
 *
 * Defaults are values: they go through the same parser, before the file.
 */
#include "config/conf.h"
#include "config/conf_option.h"
#include "shmcache/shmcache.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTION_NAME_MAX 49 /* what libinih keeps of a name */
#define SHOWN_MAX 80        /* in a message, a text is cut here */

static const char utf8_bom[] = "\xef\xbb\xbf";

struct conf_parse {
	const char *path;
	FILE *file;
	struct conf *conf;
	struct conf_error *error_out;
	int error;                      /* 0, or the first one; ends it all */
	unsigned line_no;               /* of the line libinih works on */
	char line[SHOWN_MAX + 1];       /* its beginning, for messages */
	bool is_indented;               /* that line */
	bool is_pending;                /* it must reach the handler */
	char warning[CONF_ERROR_BYTES]; /* about an old name */
	const struct conf_option *last; /* what an indented line goes on with */
};

static void conf_fail(struct conf_parse *parse, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Note the first error, "FILE:LINE: ..."; later ones only follow from it. */
static void
conf_fail(struct conf_parse *parse, int error, const char *fmt, ...)
{
	char *text = parse->error_out->text;
	va_list ap;
	int len;

	if (parse->error != 0)
		return;
	parse->error = error;
	len = snprintf(
	    text, CONF_ERROR_BYTES, "%s:%u: ", parse->path, parse->line_no);
	if (len < 0 || len >= CONF_ERROR_BYTES)
		return;
	va_start(ap, fmt);
	vsnprintf(text + len, CONF_ERROR_BYTES - (size_t)len, fmt, ap);
	va_end(ap);
}

/* ---- lines -------------------------------------------------------------- */

static const char *
skip_blank(const char *text)
{
	return text + strspn(text, " \t\r\n\f\v");
}

static bool
is_comment(const char *text)
{
	return *text == '#' || *text == ';';
}

/* libinih 55 leaves it standing in indented lines. */
static void
cut_comment(char *line)
{
	char *p;

	for (p = line + 1; *p != '\0'; p++)
		if (*p == ';' && isspace((unsigned char)p[-1])) {
			memcpy(p, "\n", 2);
			return;
		}
}

static void
check_section(struct conf_parse *parse, const char *heading)
{
	char name[SECTION_NAME_MAX + 1];
	const char *end = strchr(heading, ']');
	const char *nearest, *rest;
	size_t len;

	if (end == NULL) {
		conf_fail(parse, -EINVAL, "section without its ']': '%s'",
		    parse->line);
		return;
	}
	rest = skip_blank(end + 1);
	if (*rest != '\0' && !is_comment(rest)) {
		conf_fail(parse, -EINVAL,
		    "text after a section's ']': '%s'; options stand on lines "
		    "of their own",
		    parse->line);
		return;
	}
	len = (size_t)(end - heading) - 1;
	if (len < sizeof(name)) {
		memcpy(name, heading + 1, len);
		name[len] = '\0';
		if (conf_section_exists(name))
			return;
		nearest = conf_section_nearest(name);
		if (nearest != NULL) {
			conf_fail(parse, -EINVAL,
			    "unknown section [%s]; did you mean [%s]?", name,
			    nearest);
			return;
		}
	}
	conf_fail(parse, -EINVAL,
	    "unknown section '%s'; there are [table], [popauthd], [smtpgate], "
	    "[smtpgate-auth], [smtp], [submission] and [submissions]",
	    parse->line);
}

/* The line before this one had neither '=' nor a section. */
static void
check_pending(struct conf_parse *parse)
{
	if (!parse->is_pending)
		return;
	parse->is_pending = false;
	conf_fail(parse, -EINVAL,
	    "neither 'option = value' nor a [section]: '%s'", parse->line);
}

/*
 * Read one line of at most size - 3 bytes, whatever ends it.
 * Returns false at the end of the file and on an error.
 */
static bool
read_line(struct conf_parse *parse, char *line, size_t size)
{
	size_t len = 0;
	bool is_cut = false;
	int c;

	while ((c = getc(parse->file)) != EOF && c != '\n') {
		if (c == '\0') {
			conf_fail(
			    parse, -EINVAL, "a NUL byte; this is no text file");
			return false;
		}
		if (len < size - 2)
			line[len++] = (char)c;
		else
			is_cut = true;
	}
	if (ferror(parse->file)) {
		conf_fail(parse, -EIO, "cannot read on: %s", strerror(EIO));
		return false;
	}
	if (c == EOF && len == 0)
		return false;

	line[len] = '\0';
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	if ((is_cut || len > size - 3) && !is_comment(skip_blank(line))) {
		conf_fail(parse, -EINVAL,
		    "the line has more than %zu bytes; a list may go on in the "
		    "next line, indented",
		    size - 3);
		return false;
	}
	line[len++] = '\n';
	line[len] = '\0';
	return true;
}

/* The reader of libinih (ini.h), in the manner of fgets(3). */
static char *
conf_read(char *line, int size, void *arg)
{
	struct conf_parse *parse = arg;
	const size_t bom_len = sizeof(utf8_bom) - 1;
	const char *text;

	check_pending(parse);
	if (parse->error != 0)
		return NULL;
	parse->line_no++;
	if (!read_line(parse, line, (size_t)size))
		return NULL;
	if (parse->line_no == 1 && strncmp(line, utf8_bom, bom_len) == 0)
		memmove(line, line + bom_len, strlen(line + bom_len) + 1);

	text = skip_blank(line);
	parse->is_indented = text > line;
	snprintf(parse->line, sizeof(parse->line), "%.*s",
	    (int)strcspn(text, "\n"), text);
	if (*text == '\0' || is_comment(text))
		return line;
	cut_comment(line);

	/* libinih's own rule: an indented line goes on with the option before
	 * it, whatever it looks like. */
	if (*text == '[' && !(parse->is_indented && parse->last != NULL)) {
		parse->last = NULL;
		check_section(parse, text);
		return parse->error == 0 ? line : NULL;
	}
	parse->is_pending = true;
	return line;
}

/* ---- options ------------------------------------------------------------ */

static void
fail_unknown(struct conf_parse *parse, const char *section, const char *name)
{
	const char *nearest = conf_option_nearest(section, name);
	const char *home = conf_option_home(name);

	if (section[0] == '\0')
		conf_fail(parse, -EINVAL,
		    "option '%s' stands before the first [section]", name);
	else if (home != NULL)
		conf_fail(parse, -EINVAL,
		    "unknown option '%s' in [%s]; it belongs into [%s]", name,
		    section, home);
	else if (nearest != NULL)
		conf_fail(parse, -EINVAL,
		    "unknown option '%s' in [%s]; did you mean '%s'?", name,
		    section, nearest);
	else
		conf_fail(parse, -EINVAL,
		    "unknown option '%s' in [%s]; the shipped file lists all "
		    "there are",
		    name, section);
}

/* The option that had this name once, with a warning; or NULL. */
static const struct conf_option *
option_of_old(struct conf_parse *parse, const char *section, const char *name)
{
	const struct conf_rename *rename = conf_rename_find(section, name);

	if (rename == NULL)
		return NULL;
	/* one is enough to make somebody look */
	if (parse->warning[0] == '\0')
		snprintf(parse->warning, sizeof(parse->warning),
		    "%s:%u: [%s] %s is called [%s] %s now; the old name still "
		    "works, please write the new one",
		    parse->path, parse->line_no, section, name, rename->section,
		    rename->name);
	return conf_option_find(rename->section, rename->name);
}

/* The option that this line gives or goes on with, or NULL and an error. */
static const struct conf_option *
option_of_line(struct conf_parse *parse, const char *section, const char *name)
{
	const struct conf_option *option = parse->last;
	unsigned *set_at;

	if (parse->is_indented && option != NULL) {
		if (conf_type_is_list(option->type))
			return option;
		conf_fail(parse, -EINVAL,
		    "an indented line goes on with the option above, but "
		    "'%s' is no list; remove the white space before '%s'",
		    option->name, parse->line);
		return NULL;
	}
	option = conf_option_find(section, name);
	if (option == NULL)
		option = option_of_old(parse, section, name);
	if (option == NULL) {
		fail_unknown(parse, section, name);
		return NULL;
	}
	set_at = &parse->conf->set_at[option - conf_options];
	if (*set_at != 0) {
		conf_fail(parse, -EINVAL,
		    "[%s] %s is given twice; the first is in line %u",
		    option->section, option->name, *set_at);
		return NULL;
	}
	*set_at = parse->line_no;
	return option;
}

/* The handler of libinih (ini.h): 1 goes on, 0 is an error. */
static int
conf_set(void *arg, const char *section, const char *name, const char *value)
{
	struct conf_parse *parse = arg;
	const struct conf_option *option;
	char why[CONF_WHY_BYTES] = "";
	bool is_continued;
	int error;

	parse->is_pending = false;
	if (parse->error != 0)
		return 0;
	option = option_of_line(parse, section, name);
	if (option == NULL)
		return 0;
	is_continued = parse->is_indented && parse->last != NULL;
	parse->last = option;

	error = conf_value_parse(option, parse->conf, value, is_continued, why);
	if (error == -ENOMEM)
		conf_fail(parse, error, "%s", strerror(ENOMEM));
	else if (error != 0 && conf_type_is_list(option->type))
		conf_fail(parse, error, "[%s] %s %s", option->section,
		    option->name, why);
	else if (error != 0)
		conf_fail(parse, error, "[%s] %s = '%.*s' %s%s",
		    option->section, option->name, SHOWN_MAX, value, why,
		    strchr(value, '#') == NULL
			? ""
			: "; a comment after a value starts with ' ;'");
	return error == 0;
}

/* The line that gave an option. */
static unsigned
line_of(const struct conf *conf, const char *section, const char *name)
{
	return conf->set_at[conf_option_find(section, name) - conf_options];
}

/* What one option alone cannot know. */
static void
check_whole(struct conf_parse *parse)
{
	const struct conf_smtpgate *gate = &parse->conf->smtpgate;
	const size_t n_never =
	    parse->conf->table.never_grant.n + gate->proxy_from.n;

	if (gate->backend_relay.is_set && !gate->backend.is_set) {
		parse->line_no =
		    line_of(parse->conf, "smtpgate", "backend_relay");
		conf_fail(parse, -EINVAL,
		    "[smtpgate] backend_relay without backend; set backend, "
		    "which serves clients that may not relay");
	}
	if (n_never > SHMCACHE_NEVER_MAX) {
		parse->line_no = line_of(parse->conf, "smtpgate", "proxy_from");
		conf_fail(parse, -EINVAL,
		    "[smtpgate] proxy_from and [table] never_grant are %zu "
		    "networks together, and %d fit; write larger ones",
		    n_never, SHMCACHE_NEVER_MAX);
	}
}

/* ---- the whole ---------------------------------------------------------- */

/* An empty hostname stands for the machine's own. */
static int
fill_hostname(struct conf *conf)
{
	char name[HOST_NAME_MAX + 1];

	if (conf->smtpgate.hostname[0] != '\0')
		return 0;
	if (gethostname(name, sizeof(name)) != 0 || name[0] == '\0')
		snprintf(name, sizeof(name), "localhost");
	name[sizeof(name) - 1] = '\0';
	free(conf->smtpgate.hostname);
	conf->smtpgate.hostname = strdup(name);
	return conf->smtpgate.hostname != NULL ? 0 : -ENOMEM;
}

static int
set_defaults(struct conf *conf)
{
	char why[CONF_WHY_BYTES];
	size_t i;
	int error;

	for (i = 0; i < conf_n_options; i++) {
		error = conf_value_parse(&conf_options[i], conf,
		    conf_options[i].default_text, false, why);
		if (error != 0)
			return error;
	}
	return 0;
}

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

int
conf_load(const char *path, struct conf *conf_out, struct conf_error *error_out)
{
	struct conf_parse parse = {
	    .path = path,
	    .conf = conf_out,
	    .error_out = error_out,
	};
	int error;

	memset(conf_out, 0, sizeof(*conf_out));
	error_out->text[0] = '\0';
	error = open_file(path, &parse.file);
	if (error != 0) {
		snprintf(error_out->text, sizeof(error_out->text),
		    "cannot read the configuration %s: %s", path,
		    error == -EINVAL ? "it is no regular file"
				     : strerror(-error));
		return error;
	}

	error = set_defaults(conf_out);
	if (error != 0)
		goto out;
	if (ini_parse_stream(conf_read, &parse, conf_set, &parse) != 0)
		conf_fail(&parse, -EINVAL, "cannot be understood");
	if (parse.error == 0)
		check_whole(&parse);
	error = parse.error;
	if (error == 0)
		error = fill_hostname(conf_out);
	if (error == 0)
		memcpy(error_out->text, parse.warning, sizeof(parse.warning));
out:
	fclose(parse.file);
	if (error != 0) {
		if (error_out->text[0] == '\0')
			snprintf(error_out->text, sizeof(error_out->text),
			    "%s: %s", path, strerror(-error));
		conf_free(conf_out);
	}
	return error;
}

int
conf_defaults(struct conf *conf_out)
{
	int error;

	memset(conf_out, 0, sizeof(*conf_out));
	error = set_defaults(conf_out);
	if (error == 0)
		error = fill_hostname(conf_out);
	if (error != 0)
		conf_free(conf_out);
	return error;
}

void
conf_free(struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf_n_options; i++)
		conf_value_free(&conf_options[i], conf);
	memset(conf->set_at, 0, sizeof(conf->set_at));
}

int
conf_each(const struct conf *conf,
    int (*visit)(const struct conf_item *item, void *arg), void *arg)
{
	size_t i;
	int result = 0;

	for (i = 0; i < conf_n_options && result == 0; i++) {
		char *value = conf_value_format(&conf_options[i], conf);
		struct conf_item item = {
		    .section = conf_options[i].section,
		    .name = conf_options[i].name,
		    .value = value,
		    .default_text = conf_options[i].default_text,
		    .line_no = conf->set_at[i],
		    .is_list = conf_type_is_list(conf_options[i].type),
		};

		if (value == NULL)
			return -ENOMEM;
		result = visit(&item, arg);
		free(value);
	}
	return result;
}
