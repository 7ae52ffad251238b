/* SPDX-License-Identifier: ISC */
/*
 * login - record the login that PAM has just accepted.
 */
#ifndef POPAUTH_PAM_LOGIN_H
#define POPAUTH_PAM_LOGIN_H

#include "pam_popauth/arguments.h"

#include <security/pam_modules.h>
#include <stdbool.h>

/* A login begins on this handle: forget the outcome of an earlier one. */
void login_begin(pam_handle_t *pamh);

/*
 * Grant the user at the client's address, and log it in one line; once for each
 * login, even if both hooks call it.
 * hook: "account" or "session", for the log.
 * Returns whether the login may go on under `strict`: true when it was
 * recorded, or is excluded on purpose (a never-granted address, a user not in
 * users=).
 * On failure: nothing is granted, and one line says why.
 */
bool login_record(
    pam_handle_t *pamh, const struct arguments *arguments, const char *hook);

#endif
