/* SPDX-License-Identifier: ISC */
/*
 * transaction - MAIL and RCPT: the envelope of a message.
 *
 * CONCEPT.  dispatch.c has checked that the command may come in this state.
 * Each function then answers the client and changes the state.  A RCPT may
 * leave its answer to transaction_await().
 *
 * On failure: denies.
 */
#ifndef SMTPGATE_SESSION_TRANSACTION_H
#define SMTPGATE_SESSION_TRANSACTION_H

#include "smtpgate/session/session.h"

/* The verbs.  argument: the rest of the line after the verb. */
void transaction_mail(struct session *session, const char *argument);
void transaction_rcpt(struct session *session, const char *argument);

/*
 * Read the backend's replies to all RCPTs that wait, and pass them on.
 * To be called before any other command is answered.
 * Returns whether the session goes on.
 */
bool transaction_await(struct session *session);

#endif
