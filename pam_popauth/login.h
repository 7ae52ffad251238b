/* SPDX-License-Identifier: ISC */
/*
 * login - record a login that the server accepts, and no other.
 *
 * The account hook notes a login, because its stack, and so the server, may
 * still refuse it.  pam_end(3) with PAM_SUCCESS records it, unless an earlier
 * call of the server already did: see login.c.
 */
#ifndef POPAUTH_PAM_LOGIN_H
#define POPAUTH_PAM_LOGIN_H

#include "pam_popauth/arguments.h"

#include <security/pam_modules.h>
#include <stdbool.h>

/* A login begins on this handle: forget an earlier one. */
void login_begin(pam_handle_t *pamh);

/*
 * Note the login; once for each login, even if several lines call this.
 * hook: "account" or "session", for the log.
 * is_accepted: the server has accepted the login.  Then grant the user at the
 * client's address now, and log that in one line.
 * Returns whether the login may go on under `strict`: true when it is noted or
 * recorded, or is excluded on purpose (a never-granted address, a user not in
 * users=).
 * On failure: nothing is granted, and one line says why.
 */
bool login_record(pam_handle_t *pamh, const struct arguments *arguments,
    const char *hook, bool is_accepted);

/* The server has accepted the login that was noted, if any: grant and log. */
void login_accept(pam_handle_t *pamh);

#endif
