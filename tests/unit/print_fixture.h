/* SPDX-License-Identifier: ISC */
/*
 * The output of popauthctl, as text or as JSON.
 */
#ifndef POPAUTH_TESTS_PRINT_FIXTURE_H
#define POPAUTH_TESTS_PRINT_FIXTURE_H

#include "popauthctl/command.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static size_t text_len;
static struct print to;

static inline void
open_text(void)
{
	to.out = open_memstream(&text, &text_len);
	cr_assert_not_null(to.out);
	to.is_json = false;
}

static inline void
close_text(void)
{
	fclose(to.out);
	free(text);
}

static inline struct addr
addr(const char *from)
{
	struct addr parsed;

	cr_assert_eq(addr_parse(from, &parsed), 0);
	return parsed;
}

/* The object that was printed; the whole of it must be JSON. */
static inline json_t *
printed(void)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	cr_assert_not_null(json, "%s: %s", error.text, text);
	cr_assert(json_is_object(json));
	return json;
}

static inline json_int_t
number(const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);

	cr_assert(json_is_integer(value), "%s", key);
	return json_integer_value(value);
}

#endif
