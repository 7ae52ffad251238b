/* SPDX-License-Identifier: ISC */
/*
 * transaction - MAIL and RCPT: the envelope of a message.
 *
 * CONCEPT.  Each function serves one command whose place in the session was
 * checked: it answers the client and moves session->state; a RCPT may leave its
 * answer to transaction_await().
 *
 * On failure: denies.
 */
#ifndef SMTPGATE_SESSION_TRANSACTION_H
#define SMTPGATE_SESSION_TRANSACTION_H

#include "smtpgate/session/session.h"

/* argument: what stands behind the verb. */
void transaction_mail(struct session *session, const char *argument);
void transaction_rcpt(struct session *session, const char *argument);

/*
 * Hear and hand on the answers to all RCPTs that the backend was asked about.
 * To be called before anything else is answered.
 * Returns whether the session goes on.
 */
bool transaction_await(struct session *session);

#endif
