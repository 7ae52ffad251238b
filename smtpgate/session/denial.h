/* SPDX-License-Identifier: ISC */
/*
 * denial - a recipient that is refused: the reply, and why.
 */
#ifndef SMTPGATE_SESSION_DENIAL_H
#define SMTPGATE_SESSION_DENIAL_H

#include "decision/policy.h"
#include "smtpgate/syntax/reply.h"
#include "smtpgate/syntax/response.h"

/*
 * Choose the reply: a 4xx if a later try may be permitted, else a 5xx.
 * verdict: not POLICY_PERMIT.
 * client_is_known: its address is.
 * serves_auth: the client could log in in this session.
 */
enum reply denial_reply(const struct policy_verdict *verdict,
    bool client_is_known, bool serves_auth);

/*
 * Enter into the verdict, which permitted the recipient, how the backend
 * answered.  Also a refusal of relaying when the backend was asked whether the
 * domain is local: then the gate gives its own reply, that of denial_reply().
 * Returns whether it does.
 */
bool denial_learn(
    struct policy_verdict *verdict, const struct response *response);

#endif
