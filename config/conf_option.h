/* SPDX-License-Identifier: ISC */
/*
 * conf_option - the table of options, the types of their values, and the parts
 * of conf_load().  Only the files of this directory and their tests include it;
 * programs use conf.h.
 *
 * CONCURRENCY.  The table is constant; the functions keep no state.
 */
#ifndef POPAUTH_CONF_OPTION_H
#define POPAUTH_CONF_OPTION_H

#include "config/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conf_type {
	CONF_TYPE_PATH = 0,  /* char *: absolute; empty where the default is */
	CONF_TYPE_DURATION,  /* uint32_t seconds, min to max */
	CONF_TYPE_NUMBER,    /* uint32_t, min to max */
	CONF_TYPE_CIDRS,     /* struct conf_cidrs, at most max of them */
	CONF_TYPE_DOMAINS,   /* struct conf_strings, at most max of them */
	CONF_TYPE_HOSTNAME,  /* char *: may be empty */
	CONF_TYPE_ENDPOINT,  /* struct conf_endpoint: may be empty */
	CONF_TYPE_SOCKET,    /* struct conf_endpoint: unix:/PATH */
	CONF_TYPE_ENDPOINTS, /* struct conf_endpoints, at most max of them */
	CONF_TYPE_FILES,     /* struct conf_strings: PATH or PATH:PATH */
	CONF_TYPE_FLAG,      /* bool: yes or no */
	CONF_TYPE_CHOICE,    /* an enum: the index in choices, 0 to max */
	CONF_TYPE_AUTH,      /* struct conf_auth */
	CONF_TYPES,
};

struct conf_option {
	const char *section;
	const char *name;
	enum conf_type type;
	size_t offset; /* in struct conf */
	const char *default_text;
	uint32_t min, max;
	const char *const *choices; /* of CONF_TYPE_CHOICE; ends with NULL */
};

/* All options; sections together, in the order of the documentation. */
extern const struct conf_option conf_options[];
extern const size_t conf_n_options;

/*
 * The first option of that section and name, or NULL.
 * section, name: NULL: any.
 */
const struct conf_option *conf_option_find(
    const char *section, const char *name);

/*
 * The name that is most similar to name, or NULL when none is similar: of an
 * option of that section, or, if section is NULL, of a section.
 */
const char *conf_option_nearest(const char *section, const char *name);

#define CONF_WHY_BYTES 256

/*
 * Read a value into its field of conf; the old value is released.
 * is_continued: text has further items of a list, which keeps its items.
 * why: on -EINVAL, what is wrong and what fits, as the end of a sentence.
 * Returns 0, -EINVAL, or -ENOMEM; the field may be freed in all cases.
 */
int conf_value_parse(const struct conf_option *option, struct conf *conf,
    const char *text, bool is_continued, char why[CONF_WHY_BYTES]);

/* Returns the value as text for free(3), or NULL when memory is short. */
char *conf_value_format(
    const struct conf_option *option, const struct conf *conf);

/* Release the value and set the field to all zero. */
void conf_value_free(const struct conf_option *option, struct conf *conf);

/* Whether a value of this type may be given in several lines. */
bool conf_type_is_list(enum conf_type type);

/* ---- parts of conf_load() ------------------------------------------------ */

/* The mistakes that a reading found. */
struct conf_mistakes {
	/* NULL: the first one ends the reading */
	void (*report)(const char *sentence, void *arg);
	void *arg;
	struct conf_error *last_out;
	int error; /* of the first one; 0: none */
};

/*
 * After a failure whose sentence is in last_out.
 * Returns 0 to go on, or error.
 */
int conf_mistakes_note(struct conf_mistakes *mistakes, int error);

/*
 * Read one file.  The format is described in conf.h.
 * conf: has the defaults and the options of earlier files; those that this file
 * gives are replaced.  Their places are noted in set_at, the path in files.
 * mistakes: each has the path, and where there is one the line.
 * Returns 0, or at the mistake that ends the reading -EINVAL; another negative
 * errno when the file cannot be read.
 */
int conf_file_read(
    const char *path, struct conf *conf, struct conf_mistakes *mistakes);

/*
 * Read the files of the directory CONF_DROPIN_DIR beside path, in the order of
 * their names, byte by byte.  A name counts if it ends in CONF_DROPIN_SUFFIX
 * and does not begin with a dot.  No directory: nothing to read.
 * conf, mistakes: as of conf_file_read().
 * Returns as conf_file_read(), but never -ENOENT.
 */
int conf_dropin_read(
    const char *path, struct conf *conf, struct conf_mistakes *mistakes);

/*
 * Check the rules that every program keeps.
 * conf: after the last file.
 * Returns 0, or -EINVAL at the broken rule that ends the check.
 */
int conf_rules_check(const struct conf *conf, struct conf_mistakes *mistakes);

/* Write "PATH:LINE: " and the sentence, cut where there is no more room. */
void conf_file_mistake(struct conf_error *error_out, const char *path,
    unsigned line_no, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
