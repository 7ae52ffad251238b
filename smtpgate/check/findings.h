/* SPDX-License-Identifier: ISC */
/*
 * findings - what smtpgate -t found, as text or as JSON.
 *
 * CONCEPT.  A finding is a place in a file, a sentence about what is wrong, and
 * a cure.  A warning says that the gate works in part; a mistake, that it does
 * not start, serves no client, or relays for strangers.  A finding that is
 * already in the list is not added again.
 *
 * LIFETIME.  findings_free() last.  conf must live as long.
 *
 * ERRORS.  If memory is short, the program ends: a check that is not complete
 * must not look like one.
 */
#ifndef SMTPGATE_CHECK_FINDINGS_H
#define SMTPGATE_CHECK_FINDINGS_H

#include "config/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define FINDING_BYTES 600

enum finding_level {
	FINDING_WARNING = 0, /* the gate works in part */
	FINDING_MISTAKE,     /* it does not */
};

struct finding {
	enum finding_level level;
	char file[FINDING_BYTES];
	size_t line_no;  /* 0: no line of it */
	char option[80]; /* "[smtpgate] backend", or "" */
	char what[2 * FINDING_BYTES];
	char cure[FINDING_BYTES]; /* or "" */
};

struct findings {
	const char *config;      /* path of the configuration */
	const struct conf *conf; /* NULL: not read */
	struct finding *items;
	size_t n;
	size_t n_mistakes;
};

/*
 * Add what is wrong with an option; its place is looked up.
 * section, option: of the configuration.
 * cure: what to do, without a final dot; NULL: what follows the last "; " of the
 * sentence.
 */
void findings_add(struct findings *findings, enum finding_level level,
    const char *section, const char *option, const char *cure, const char *fmt,
    ...) __attribute__((format(printf, 6, 7)));

/* Add what is wrong in another file.  line_no: 0: no line of it. */
void findings_add_file(struct findings *findings, enum finding_level level,
    const char *file, size_t line_no, const char *cure, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* Add a whole message, "FILE:LINE: what; cure", as conf_load() writes it. */
void findings_add_message(
    struct findings *findings, enum finding_level level, const char *message);

/* Write a line for each: "smtpgate: [warning: ]FILE:LINE: what; cure". */
void findings_print(const struct findings *findings, FILE *out);

/* Write one JSON object.  services: bits 1 << enum conf_service_number. */
void findings_print_json(
    const struct findings *findings, unsigned services, FILE *out);

/* 0: fine; 1: the gate works in part; EX_CONFIG: it does not. */
int findings_status(const struct findings *findings);

void findings_free(struct findings *findings);

#endif
