/* SPDX-License-Identifier: ISC */
/*
 * pamtraps - settings outside the service files that keep POP logins from
 * reaching our module.
 */
#ifndef PAMCHECK_PAMTRAPS_H
#define PAMCHECK_PAMTRAPS_H

#include "pamcheck/dovecot.h"
#include "pamcheck/pamreport.h"

/*
 * Add the traps that are found to the report.
 * root: put before each path.  dovecot: as dovecot_read() left it.
 */
void pamtraps_check(
    const char *root, const struct dovecot *dovecot, struct pamreport *report);

#endif
