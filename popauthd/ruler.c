/* SPDX-License-Identifier: ISC */
/*
 * The file is read again after the copying: popauthctl may have renamed a new
 * one into its place and copied that to the table in between.
 */
#include "popauthd/ruler.h"

#include "common/report.h"
#include "rules/rulefile.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No rule is so written. */
static const char unreadable[] = "unreadable\n";

/* Changes by hand do not follow each other so fast. */
#define TRIES 4

struct text {
	char *bytes; /* [n] */
	size_t n;
};

/* Returns 0, or an error with the line where it is one of a line. */
static int
read_file(const char *path, struct text *text, size_t *line_out)
{
	struct rules rules;
	int error;

	*line_out = 0;
	error = rulefile_read(path, &text->bytes, &text->n);
	if (error == 0 && text->n > 0)
		error = rules_parse(text->bytes, text->n, &rules, line_out);
	else
		return error;
	if (error == 0)
		rules_free(&rules);
	else
		free(text->bytes);
	return error;
}

static void
report_error(const char *path, int error, size_t line)
{
	if (line != 0)
		report(REPORT_ERROR, "rules-unreadable",
		    "%s:%zu: not a rule; the rules in force stay, and a new "
		    "table permits nobody; repair the line",
		    path, line);
	else
		report(REPORT_ERROR, "rules-unreadable",
		    "%s: %s; the rules in force stay, and a new table permits "
		    "nobody",
		    path, strerror(-error));
}

void
ruler_first(const char *path, char **text_out, size_t *n_out)
{
	struct text text;
	size_t line;

	if (read_file(path, &text, &line) != 0)
		text = (struct text){
		    .bytes = strdup(unreadable), .n = strlen(unreadable)};
	*text_out = text.bytes;
	*n_out = text.bytes != NULL ? text.n : 0;
}

/* Whether the table has this text. */
static bool
is_in_force(struct shmcache *cache, const struct text *text)
{
	static char copy[SHMCACHE_RULES_BYTES];
	uint64_t word;
	size_t n;

	return shmcache_rules(cache, copy, &n, &word) == 0 && n == text->n &&
	       (n == 0 || memcmp(copy, text->bytes, n) == 0);
}

/* Returns whether the copy differed; after an error nothing was done. */
static bool
copy_once(struct ruler *ruler, struct shmcache *cache, const char *path)
{
	const struct ruler before = *ruler;
	struct text text;
	bool differed = false;

	ruler->error = read_file(path, &text, &ruler->line);
	if (ruler->error != 0) {
		if (ruler->error != before.error || ruler->line != before.line)
			report_error(path, ruler->error, ruler->line);
		return false;
	}
	if (!is_in_force(cache, &text)) {
		differed = true;
		(void)shmcache_set_rules(cache, text.bytes, text.n);
	}
	free(text.bytes);
	return differed;
}

void
ruler_refresh(struct ruler *ruler, struct shmcache *cache, const char *path)
{
	unsigned n = 0;

	while (n < TRIES && copy_once(ruler, cache, path))
		n++;
	if (n > 0)
		report(REPORT_INFO, "rules", "the rules of %s are in force",
		    path);
}

void
ruler_make_directory(const char *path, gid_t group)
{
	char copy[PATH_MAX];
	const char *dir;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy))
		return;
	dir = dirname(copy);
	if (mkdir(dir, 0750) == -1) {
		if (errno != EEXIST)
			report(REPORT_WARN, "no-rules",
			    "%s: %s; make it, owned by root and group popauth, "
			    "mode 0750; popauthctl block needs it",
			    dir, strerror(errno));
		return;
	}
	if (chown(dir, (uid_t)-1, group) == -1 || chmod(dir, 0750) == -1)
		report(REPORT_WARN, "no-rules", "%s: %s", dir, strerror(errno));
}
