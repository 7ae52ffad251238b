/* SPDX-License-Identifier: ISC */
/*
 * pamservice - one service of a POP server: are its logins recorded, and only
 * those that it lets pass?
 */
#ifndef PAMCHECK_PAMSERVICE_H
#define PAMCHECK_PAMSERVICE_H

#include "pamcheck/dovecot.h"
#include "pamcheck/pamcheck.h"
#include "pamcheck/pamreport.h"

#include <stdbool.h>

/* Shared by all services of one run. */
struct pamservice_run {
	const struct pamcheck *check;
	struct dovecot dovecot;
	struct pamreport *report;
};

/*
 * Add the service and its findings to the report, or the error: -E2BIG for a
 * stack of hundreds of lines.
 */
void pamservice_check(const struct pamservice_run *run, const char *name);

/* Whether a known POP or IMAP server uses a service of this name. */
bool pamservice_is_known(const char *name);

#endif
