/* SPDX-License-Identifier: ISC */
/*
 * starttls - begin TLS: at STARTTLS, or before the greeting.
 *
 * Source: RFC 3207 (STARTTLS), RFC 8314 (implicit TLS).
 */
#ifndef SMTPGATE_SESSION_STARTTLS_H
#define SMTPGATE_SESSION_STARTTLS_H

#include "smtpgate/session/session.h"

/* The verb. */
void starttls_serve(struct session *session, const char *argument);

/*
 * Do the handshake, then forget the client's EHLO and login.  If the handshake
 * fails, the dialogue is over.
 * Blocks: until dialogue_deadline().
 */
void starttls_begin(struct session *session);

#endif
