/* SPDX-License-Identifier: ISC */
/*
 * auth_pam - ask smtpgate-auth about a password.
 *
 * CONCURRENCY.  No state; one connection for each request.
 *
 * On failure: AUTH_UNAVAILABLE, which denies.
 */
#ifndef SMTPGATE_PASSWORD_AUTH_PAM_H
#define SMTPGATE_PASSWORD_AUTH_PAM_H

#include "smtpgate/gate.h"
#include "smtpgate/password/auth_answer.h"

/*
 * Ask.
 * request: user and password are set; this function sets the rest.
 * Blocks: until the timeout of smtpgate-auth, and some seconds more.
 */
void auth_pam_ask(const struct gate *gate, bool is_tls, struct request *request,
    struct auth_answer *answer_out);

#endif
