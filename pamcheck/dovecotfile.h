/* SPDX-License-Identifier: ISC */
/*
 * dovecotfile - reads Dovecot's configuration syntax, of 2.3 and 2.4.
 *
 * CONCEPT.  Includes are followed, continued lines joined, comments and quotes
 * removed.  The visitor gets each setting and each block, in the order of the
 * files, and decides what they mean.
 *
 * TRUST.  The files are the administrator's.  Where Dovecot would not start
 * with a line, the visitor is told so once, and reading goes on.
 *
 * Source: Dovecot 2.3, src/config/config-parser.c.
 */
#ifndef PAMCHECK_DOVECOTFILE_H
#define PAMCHECK_DOVECOTFILE_H

#include <stdio.h>

/* The texts are valid until the function returns. */
struct dovecotfile_visitor {
	/* HEAD {; its second word is name, or "" */
	void (*open)(
	    void *context, const char *kind, const char *name, const char *at);
	void (*close)(void *context);
	/* NAME = VALUE; at: "FILE:LINE" */
	void (*set)(
	    void *context, const char *name, const char *value, const char *at);
	/* Dovecot would not start: why */
	void (*refuse)(void *context, const char *at, const char *why);
	void *context;
};

/*
 * Read ROOT/PATH and its includes; a file that is not there has nothing in it.
 * Returns 0 or -ENOMEM.
 */
int dovecotfile_read(const char *root, const char *path,
    const struct dovecotfile_visitor *visitor);

/* Read what doveconf(1) printed.  Returns 0 or -ENOMEM. */
int dovecotfile_read_output(
    FILE *output, const struct dovecotfile_visitor *visitor);

#endif
