/* SPDX-License-Identifier: ISC */
/*
 * textfile - search a text file of the administrator's line by line.
 *
 * CONCEPT.  The file is opened before the program gives up its privileges.
 * Each search reads it again, in constant memory.  "#" begins a comment; white
 * space around a line and empty lines are ignored.
 *
 * CONCURRENCY.  No state: the descriptor's offset is not used.
 *
 * TRUST.  The file may change during a search; the search then answers from
 * what it read.  A file without lines is probably being rewritten, and is an
 * error.
 */
#ifndef DECISION_TEXTFILE_H
#define DECISION_TEXTFILE_H

#include <stddef.h>

/* A longer line is an error. */
#define TEXTFILE_LINE_MAX_BYTES 1024

/* Returns a descriptor that exec closes, or a negative errno: -EINVAL for a
 * file that is not regular. */
int textfile_open(const char *path);

/*
 * Call visit for each line until it returns non-zero.  visit may change the
 * line; number counts from 1.
 * Returns what visit returned, 0 at the end of the file, -ENODATA for a file
 * without such a line, -E2BIG for a line that is too long, or another negative
 * errno.
 */
int textfile_each(
    int fd, int (*visit)(char *line, size_t number, void *arg), void *arg);

#endif
