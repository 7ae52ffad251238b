/* SPDX-License-Identifier: ISC */
/*
 * print - popauthctl's output, as text for people or JSON for programs.
 *
 * CONCEPT.  Each command prints one JSON object, so that fields can be added;
 * times are seconds and carry "_s" in their names.  Text shows durations.
 *
 * TRUST.  User names come from POP clients.  As text they are ASCII, "\xHH"
 * for every other byte, so that no name can move the cursor; JSON has its own
 * escapes, and what is no UTF-8 has "\xHH" there for each byte above 0x7f.
 *
 * ERRORS.  0; -ENOMEM; or what writing to the stream said.  The stream is
 * flushed.
 */
#ifndef POPAUTHCTL_PRINT_H
#define POPAUTHCTL_PRINT_H

#include "common/addr.h"
#include "config/conf.h"
#include "popauthctl/work.h"
#include "shmcache/shmcache.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct print {
	FILE *out;
	bool is_json;
};

/* A text as a JSON string, or null.  Returns NULL without memory. */
json_t *print_json_text(const char *text);

/* Write the object and release it.  json: NULL, when there was no memory. */
int print_finish_json(const struct print *print, json_t *json);

/* What writing to the stream said, once it is flushed. */
int print_finish_text(const struct print *print);

int print_status(const struct print *print, const char *table,
    const struct work_status *status);

int print_list(const struct print *print, const struct work_list *list);

/* user: as asked for, or NULL, in the following three. */

int print_granted(
    const struct print *print, const struct addr *addr, const char *user);

int print_revoked(const struct print *print, const struct addr *addr,
    const char *user, size_t n_others);

/* The same for an address that relay_networks lists. */
int print_check_listed(const struct print *print, const struct addr *addr);

/* grant: NULL when there is none. */
int print_check(const struct print *print, const struct addr *addr,
    const char *user, const struct shmcache_grant *grant);

/* path: of the file that was read, or NULL.  The text is such a file again. */
int print_config(
    const struct print *print, const char *path, const struct conf *conf);

#endif
