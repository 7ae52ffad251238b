/* SPDX-License-Identifier: ISC */
/*
 * logline - one event as one line: "event key=value key=value ...".
 *
 * CONCEPT.  A log line is an interface: the first word is stable, keys come
 * in a fixed order, and a reader can split it without knowing the program.
 * A value of letters, digits and -_.:/@+,[]<> is written bare.  Any other value
 * (also the empty one) is quoted, with \" \\ and \xHH for bytes that are not
 * printable ASCII, so that no client can forge a line or a key.
 *
 * OWNERSHIP.  The caller's struct, no heap.
 *
 * LIMITS.  A value is cut at LOGLINE_VALUE_MAX_BYTES of output, its quotes
 * included, with "..." before the closing quote and never inside an escape.
 * When the line is full, the value that no longer fits is cut in the same way.
 * All further keys are left out, and the line ends in " ...".
 */
#ifndef POPAUTH_LOGLINE_H
#define POPAUTH_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGLINE_BYTES 1024
#define LOGLINE_VALUE_MAX_BYTES 160

struct logline {
	size_t len;
	bool is_full;             /* keys were left out */
	char text[LOGLINE_BYTES]; /* always ends in NUL */
};

/* Start a line.  event: one word, the program's own. */
void logline_init(struct logline *line, const char *event);

/* Add key=value.  value: untrusted text; NULL adds nothing. */
void logline_add(struct logline *line, const char *key, const char *value);

/* The same for len bytes that may hold NUL. */
void logline_add_bytes(
    struct logline *line, const char *key, const char *value, size_t len);

/*
 * Add key=value for a sentence of the program's own, which is cut only at the
 * end of the line.  It is escaped like any value, since it may quote a file or
 * a peer.
 */
void logline_add_sentence(
    struct logline *line, const char *key, const char *value);

/* Add key=number. */
void logline_add_u64(struct logline *line, const char *key, uint64_t value);

#endif
