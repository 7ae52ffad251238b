/* SPDX-License-Identifier: ISC */
/*
 * auth_pam - ask smtpgate-auth about a password.
 *
 * CONCURRENCY.  No state; one connection a question.
 *
 * On failure: AUTH_UNAVAILABLE; nobody is let in.
 */
#ifndef SMTPGATE_PASSWORD_AUTH_PAM_H
#define SMTPGATE_PASSWORD_AUTH_PAM_H

#include "smtpgate/gate.h"
#include "smtpgate/password/auth_answer.h"

/*
 * Ask.
 * request: user and password are set; the rest is filled in here.
 * Blocks: as long as smtpgate-auth may take, and some seconds.
 */
void auth_pam_ask(const struct gate *gate, bool is_tls, struct request *request,
    struct auth_answer *answer_out);

#endif
