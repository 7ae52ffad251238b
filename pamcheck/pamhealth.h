/* SPDX-License-Identifier: ISC */
/*
 * pamhealth - can a login pass this service at all, and can one be refused?
 *
 * CONCEPT.  Before a service can record logins, libpam has to read it.  So this
 * part names each line that libpam cannot read, each include and each module
 * that is missing, and a stack that refuses every login.  It looks at the auth
 * stack too, and at the session stack if the server opens sessions.
 */
#ifndef PAMCHECK_PAMHEALTH_H
#define PAMCHECK_PAMHEALTH_H

#include "pamcheck/pamfile.h"
#include "pamcheck/pamreport.h"

#include <stdbool.h>

struct pamhealth {
	bool accepts_any_password; /* no line of the auth stack can refuse */
};

/*
 * Report what keeps logins from passing the service.
 * root, name: as for pamfile_read(); file: its result.
 * opens_sessions: whether the server does.
 * Returns 0, -ENOMEM, or -E2BIG.
 */
int pamhealth_check(const char *root, const char *name,
    const struct pamfile *file, bool opens_sessions, struct pamreport *report,
    struct pamhealth *health_out);

#endif
