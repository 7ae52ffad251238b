/* SPDX-License-Identifier: ISC */
/*
 * denial - the reply to a recipient that is denied.
 */
#ifndef SMTPGATE_SESSION_DENIAL_H
#define SMTPGATE_SESSION_DENIAL_H

#include "decision/policy.h"
#include "smtpgate/syntax/reply.h"

/*
 * Choose the reply: a 4xx if a later try may be permitted, else a 5xx.
 * verdict: not POLICY_PERMIT.
 * client_is_known: its address is.
 * serves_auth: the client could log in in this session.
 */
enum reply denial_reply(const struct policy_verdict *verdict,
    bool client_is_known, bool serves_auth);

#endif
