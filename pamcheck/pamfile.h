/* SPDX-License-Identifier: ISC */
/*
 * pamfile - reads a PAM service as libpam does.
 *
 * CONCEPT.  A service file becomes the list of lines that libpam would put on
 * its stacks: includes and substacks are followed, continuation lines joined,
 * and each line has its place.  A line that libpam cannot read becomes a line
 * that fails, as in libpam.  If libpam rejects the whole file, the result is one
 * failing line of each type.
 *
 * LIFETIME.  pamfile_read() fills a struct that pamfile_free() releases; an
 * all-zero struct may be freed too.
 *
 * TRUST.  The files are the administrator's.  A file that includes itself is a
 * line that fails; no length or count is assumed.
 *
 * Source: pam.d(5); Linux-PAM 1.5, libpam/pam_handlers.c; "@include" is
 * Debian's.
 */
#ifndef PAMCHECK_PAMFILE_H
#define PAMCHECK_PAMFILE_H

#include "pamcheck/pamcontrol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How deep includes and substacks may nest. */
#define PAMFILE_DEPTH_MAX 16

/* Our module. */
#define PAMFILE_OURS "pam_popauth.so"

enum pamfile_type {
	PAMFILE_AUTH = 0,
	PAMFILE_ACCOUNT,
	PAMFILE_SESSION,
	PAMFILE_PASSWORD,
	PAMFILE_ANY, /* an "@include": all four */
};

enum pamfile_kind {
	PAMFILE_MODULE = 0,
	PAMFILE_SUBSTACK, /* marks where a substack begins */
	PAMFILE_BROKEN,   /* libpam cannot read it: it fails */
};

struct pamfile_line {
	char *path;         /* of the file with the line */
	unsigned line_no;   /* in that file */
	unsigned from_line; /* in the service's own file: this line, or the
			       include that led to it */
	unsigned from_end;  /* the last line of from_line, if continued */
	enum pamfile_type type;
	enum pamfile_kind kind;
	bool is_include; /* PAMFILE_BROKEN: an include that failed */
	bool is_missing; /* PAMFILE_MODULE: it is not installed */
	bool is_quiet;   /* "-TYPE": a missing module is meant to be */
	unsigned level;  /* in how many substacks it is */
	int actions[PAMCONTROL_RETURNS];
	char *module; /* as written; "" if PAMFILE_BROKEN */
	char *args;   /* the words after it, "" for none */
	char *flaw;   /* what libpam cannot read, or NULL */
};

struct pamfile {
	char *path; /* of the service's own file; NULL: there is none */
	struct pamfile_line *lines;
	size_t n;
	unsigned n_own_lines; /* in its own file, as an editor counts */
	bool is_rejected;     /* an @include failed: libpam has no stack */
};

/*
 * Read a service.
 * root: put before each path, "" for this machine; service: its name.
 * file_out: path is NULL if the service has no file.
 * Returns 0 (also without a file), -ENOMEM, or the error of opening its own
 * file.
 */
int pamfile_read(
    const char *root, const char *service, struct pamfile *file_out);

void pamfile_free(struct pamfile *file);

/* Whether the line calls our module. */
bool pamfile_is_ours(const struct pamfile_line *line);

/* The module's name without directories. */
const char *pamfile_module_name(const char *module);

/*
 * The next line of a file, as libpam assembles it: without comments and blank
 * lines, continued lines joined.
 * line_no_out: of the first line joined.  n_read_io: lines read so far.
 * Returns a text for free(3), or NULL at the end or on an error, see ferror(3).
 */
char *pamfile_next_line(FILE *file, unsigned *line_no_out, unsigned *n_read_io);

/* Whether the line is in the service's own file. */
bool pamfile_is_own(
    const struct pamfile *file, const struct pamfile_line *line);

/*
 * Open the file of a service: ROOT/etc/pam.d/NAME, else ROOT/usr/lib/pam.d/NAME.
 * A name that begins with '/' is a path.
 * path_out: for free(3).
 * Returns 0, -ENOMEM, -ENOENT or another negative errno.
 */
int pamfile_open(
    const char *root, const char *name, FILE **file_out, char **path_out);

/* Whether ROOT/PATH exists. */
bool pamfile_exists(const char *root, const char *path);

/* The next word, as in libpam: "[a b]" is one word, without its brackets. */
char *pamfile_next_word(char **rest);

#endif
