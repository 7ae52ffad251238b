/* SPDX-License-Identifier: ISC */
/*
 * lines - a text file of the administrator's, searched line by line.
 *
 * CONCEPT.  The file is opened before the gate gives up its rights, and read
 * anew for each question, in constant memory.  "#" begins a comment; white
 * space around a line, and empty lines, are nothing.
 *
 * CONCURRENCY.  No state: the descriptor's offset is not used.
 *
 * TRUST.  The file may change while it is read; a question then gets an answer
 * of what was read.
 */
#ifndef DECISION_LINES_H
#define DECISION_LINES_H

#include <stddef.h>

/* What is longer is an error. */
#define LINES_MAX_BYTES 1024

/* Returns a descriptor that exec closes, or a negative errno: -EINVAL for what
 * is no regular file. */
int lines_open(const char *path);

/*
 * Call visit for each line, which it may change, until it returns other than
 * 0.
 * Returns that, 0 at the end, -E2BIG for a line that is too long, or another
 * negative errno.
 */
int lines_each(
    int fd, int (*visit)(char *line, size_t number, void *arg), void *arg);

#endif
