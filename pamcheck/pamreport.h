/* SPDX-License-Identifier: ISC */
/*
 * pamreport - the findings of pam-check.
 *
 * ERRORS.  The first one stays in the report, so that a caller asks once, at the
 * end.
 *
 * OWNERSHIP.  pamreport_free() releases all of it; an all-zero struct may be
 * freed too.
 */
#ifndef PAMCHECK_PAMREPORT_H
#define PAMCHECK_PAMREPORT_H

#include "pamcheck/pamadvice.h"

#include <stddef.h>

enum pamstate {
	PAMSTATE_ABSENT = 0, /* its logins are not recorded */
	PAMSTATE_UNUSED,     /* no server uses this service, as far as we see */
	PAMSTATE_WRONG,      /* our module is there, but not as it should be */
	PAMSTATE_RIGHT,
};

struct pamreport_service {
	char *name;
	const char *servers; /* that use it */
	char *place;         /* "FILE:LINE" of our module, or NULL */
	enum pamstate state;
};

enum pamseverity {
	PAMSEVERITY_NOTE = 0,
	PAMSEVERITY_TODO,
};

struct pamfinding {
	enum pamseverity severity;
	const char *code; /* a stable word; popauthctl(8) lists them */
	char *service;    /* or NULL */
	char *text;       /* a sentence */
	struct pamadvice advice;
};

struct pamreport {
	struct pamreport_service *services;
	size_t n_services;
	struct pamfinding *findings;
	size_t n_findings;
	size_t n_todo;
	int error; /* a negative errno: something is missing here */
};

/*
 * Add a service; the pointer is valid until the next call.
 * Returns NULL after an error.
 */
struct pamreport_service *pamreport_add_service(
    struct pamreport *report, const char *name, const char *servers);

/*
 * Add a finding, without advice, at the end of report->findings, unless there
 * was an error.
 * service: or NULL.  fmt: its sentence.
 */
void pamreport_add(struct pamreport *report, enum pamseverity severity,
    const char *code, const char *service, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

void pamreport_free(struct pamreport *report);

#endif
