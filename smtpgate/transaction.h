/* SPDX-License-Identifier: ISC */
/*
 * transaction - MAIL and RCPT: the envelope of a message.
 *
 * CONCEPT.  Each function serves one command whose place in the session was
 * checked: it answers the client and moves session->state.
 *
 * On failure: denies.
 */
#ifndef SMTPGATE_TRANSACTION_H
#define SMTPGATE_TRANSACTION_H

#include "smtpgate/session.h"

/* argument: what stands behind the verb. */
void transaction_mail(struct session *session, const char *argument);
void transaction_rcpt(struct session *session, const char *argument);

/* Give up what was begun, on both sides; answers nothing. */
void transaction_reset(struct session *session);

#endif
