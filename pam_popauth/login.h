/* SPDX-License-Identifier: ISC */
/*
 * login - record the login that PAM has just let pass.
 */
#ifndef POPAUTH_PAM_LOGIN_H
#define POPAUTH_PAM_LOGIN_H

#include "pam_popauth/arguments.h"

#include <security/pam_modules.h>
#include <stdbool.h>

/* A login begins on this handle: what was noted of an earlier one is over. */
void login_begin(pam_handle_t *pamh);

/*
 * Grant the user at the client's address, and log it in one line; once for a
 * login, whichever hooks call.
 * hook: "account" or "session", for the log.
 * Returns whether the caller may let the login go on under `strict`: true when
 * it was recorded, or is not to be (an address that is never granted, a user
 * who is not chosen).
 * On failure: nothing is granted, and one line says why.
 */
bool login_record(
    pam_handle_t *pamh, const struct arguments *arguments, const char *hook);

#endif
