/* SPDX-License-Identifier: ISC */
/*
 * denial - what a backend's answer to RCPT makes of the gate's verdict.
 */
#ifndef SMTPGATE_SESSION_DENIAL_H
#define SMTPGATE_SESSION_DENIAL_H

#include "decision/policy.h"
#include "smtpgate/syntax/response.h"

#include <stdbool.h>

/*
 * Enter into the verdict, which permitted the recipient, how the backend
 * answered.  If the backend was asked whether the domain is local and refused
 * to relay, the verdict becomes a denial of the gate's own.
 * Returns whether it does: then the client gets the reply of policy_answer()
 * and not the backend's.
 */
bool denial_learn(
    struct policy_verdict *verdict, const struct response *response);

#endif
