/* SPDX-License-Identifier: ISC */
/*
 * print - popauthctl's output: text for people, or JSON for programs.
 *
 * CONCEPT.  Each command prints one JSON object, so that fields can be added.
 * Times are in seconds, and their names end in "_s".  Text has durations.
 *
 * TRUST.  User names come from POP clients.  Text shows each byte that is not
 * printable ASCII as "\xHH", so that no name can move the cursor.  JSON
 * escapes as usual; a text that is not UTF-8 has "\xHH" for each byte above
 * 0x7f.
 *
 * ERRORS.  0, -ENOMEM, or the error of writing to the stream, which is flushed.
 */
#ifndef POPAUTHCTL_PRINT_H
#define POPAUTHCTL_PRINT_H

#include "common/addr.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct print {
	FILE *out;
	bool is_json;
};

/* Every byte may need four. */
#define PRINT_USER_BYTES (4 * 255 + 1)

/* Write a user name as text.  Returns text. */
const char *print_user(const char *user, char text[PRINT_USER_BYTES]);

/* "s" unless n is 1. */
const char *print_plural(uint64_t n);

/* Write each line of text after prefix. */
void print_lines(FILE *out, const char *prefix, const char *text);

/* A JSON string, or null for NULL.  Returns NULL without memory. */
json_t *print_json_text(const char *text);

/* Write the object and release it.  json: NULL is an error, -ENOMEM. */
int print_finish_json(const struct print *print, json_t *json);

/* Flush.  Returns the error of any write before it. */
int print_finish_text(const struct print *print);

#endif
