/* SPDX-License-Identifier: ISC */
/*
 * A configuration in a temporary file, what it loads as, and what is said of
 * it.
 */
#ifndef POPAUTH_TESTS_CONF_FIXTURE_H
#define POPAUTH_TESTS_CONF_FIXTURE_H

#include "config/conf.h"
#include "config/conf_option.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/popauth-conf.XXXXXX";
static struct conf conf;
static struct conf_error error;

static inline void
make_file(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
}

static inline void
remove_file(void)
{
	conf_free(&conf);
	unlink(path);
}

static inline int
load_bytes(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "we");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(bytes, 1, len, file), len);
	cr_assert_eq(fclose(file), 0);
	conf_free(&conf);
	return conf_load(path, &conf, &error);
}

static inline int
load(const char *text)
{
	return load_bytes(text, strlen(text));
}

static inline void
assert_good(const char *text)
{
	int result = load(text);

	cr_assert_eq(result, 0, "%s: %s", text, error.text);
}

/* The message must be "FILE:LINE: " and hold each of the pieces. */
static inline void
assert_bad(const char *text, unsigned line, const char *piece)
{
	const struct conf zero = {.table = {.path = NULL}};
	char where[100];

	cr_assert_eq(load(text), -EINVAL, "accepted: %s", text);
	snprintf(where, sizeof(where), "%s:%u: ", path, line);
	cr_expect_eq(strncmp(error.text, where, strlen(where)), 0,
	    "expected %s... but got %s", where, error.text);
	cr_expect_not_null(strstr(error.text, piece), "expected '%s' in: %s",
	    piece, error.text);
	cr_expect_eq(memcmp(&conf, &zero, sizeof(conf)), 0, "not all zero");
}

static inline void
expect_option(const char *section, const char *name, const char *expected)
{
	const struct conf_option *option = conf_option_find(section, name);
	char *text;

	cr_assert_not_null(option);
	text = conf_value_format(option, &conf);
	cr_expect_str_eq(text, expected);
	free(text);
}

#endif
