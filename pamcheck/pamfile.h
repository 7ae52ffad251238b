/* SPDX-License-Identifier: ISC */
/*
 * pamfile - reads a PAM service as libpam does.
 *
 * CONCEPT.  A service file becomes the list of what libpam would put on its
 * stacks: includes and substacks followed, continuation lines joined, each
 * line with the place it stands at.  What libpam cannot read becomes a line
 * that fails, as there.
 *
 * LIFETIME.  pamfile_read() fills a struct that pamfile_free() releases; an
 * all-zero struct may be freed too.
 *
 * TRUST.  The files are the administrator's.  Includes that include themselves
 * end as in libpam; no length or count is relied upon.
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

/* How deep files may include one another, and substacks nest. */
#define PAMFILE_DEPTH_MAX 16

/* The module that all this is about. */
#define PAMFILE_OURS "pam_popauth.so"

enum pamfile_type {
	PAMFILE_AUTH = 0,
	PAMFILE_ACCOUNT,
	PAMFILE_SESSION,
	PAMFILE_PASSWORD,
	PAMFILE_ANY, /* of an "@include": all four */
};

enum pamfile_kind {
	PAMFILE_MODULE = 0,
	PAMFILE_SUBSTACK, /* marks where a substack begins */
	PAMFILE_BROKEN,   /* libpam cannot read it: it fails */
};

struct pamfile_line {
	char *path;         /* of the file it stands in */
	unsigned line_no;   /* there */
	unsigned from_line; /* of the service's own file: itself, or the include
			       that brought it here */
	unsigned from_end;  /* the last line of that, when it is continued */
	enum pamfile_type type;
	enum pamfile_kind kind;
	unsigned level; /* 0, or how many substacks it is inside */
	int actions[PAMCONTROL_RETURNS];
	char *module; /* as written; of PAMFILE_BROKEN what is wrong */
	char *args;   /* the words behind it, "" for none */
};

struct pamfile {
	char *path; /* of the service's own file; NULL: there is none */
	struct pamfile_line *lines;
	size_t n;
	unsigned n_own_lines; /* in its own file, as an editor counts */
};

/*
 * Read a service.
 * root: put before each path, "" for the machine's own; service: its name.
 * file_out: path is NULL when there is no file for it.
 * Returns 0 (also when there is none), -ENOMEM, or what reading said.
 */
int pamfile_read(
    const char *root, const char *service, struct pamfile *file_out);

void pamfile_free(struct pamfile *file);

/* Whether the line calls our module. */
bool pamfile_is_ours(const struct pamfile_line *line);

/* The module's name without directories, for messages. */
const char *pamfile_module_name(const struct pamfile_line *line);

/*
 * The next line of a file, as libpam assembles it: comments cut, continued
 * lines joined, blank ones left out.
 * line_no_out: of the first one joined.  n_read_io: how many lines have been
 * read in all.
 * Returns a text for free(3), or NULL at the end (ferror(3) tells why).
 */
char *pamfile_next_line(FILE *file, unsigned *line_no_out, unsigned *n_read_io);

/* Whether the line stands in the service's own file. */
bool pamfile_is_own(
    const struct pamfile *file, const struct pamfile_line *line);

/*
 * Open the file of a service: ROOT/etc/pam.d/NAME, else ROOT/usr/lib/pam.d/NAME;
 * a name that begins with '/' is a path itself.
 * path_out: for free(3).
 * Returns 0, -ENOMEM, -ENOENT or another negative errno.
 */
int pamfile_open(
    const char *root, const char *name, FILE **file_out, char **path_out);

/* A word of a line, as libpam cuts it: "[a b]" is one, without its brackets. */
char *pamfile_next_word(char **rest);

#endif
