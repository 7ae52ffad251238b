/* SPDX-License-Identifier: ISC */
/*
 * login - record the login that PAM has just let pass.
 */
#ifndef POPAUTH_PAM_LOGIN_H
#define POPAUTH_PAM_LOGIN_H

#include "pam_popauth/options.h"

#include <security/pam_modules.h>
#include <stdbool.h>

/*
 * Grant the user at the client's address, once per PAM transaction, and log
 * it in one line.
 * hook: "account" or "session", for the log.
 * Returns whether the caller may let the login go on under `strict`: true when
 * it was recorded or is not to be (an address on the never-grant list).
 * On failure: nothing is granted.
 */
bool login_record(
    pam_handle_t *pamh, const struct options *options, const char *hook);

#endif
