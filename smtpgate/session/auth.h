/* SPDX-License-Identifier: ISC */
/*
 * auth - SMTP AUTH: the verb, and its dialogue with the client.
 *
 * CONCEPT.  The mechanisms are PLAIN and LOGIN, whose passwords smtpgate-auth
 * checks by PAM, or those of Dovecot's SASL server.  Who is logged in stands
 * in session->login until the session ends.
 *
 * TRUST.  No bytes of an exchange are logged; what may hold a password is wiped
 * once it is used.
 *
 * On failure: nobody is logged in.
 *
 * Source: RFC 4954.
 */
#ifndef SMTPGATE_SESSION_AUTH_H
#define SMTPGATE_SESSION_AUTH_H

#include "smtpgate/session/session.h"

/*
 * The mechanisms that EHLO names here and now, or NULL: none may be used.
 * Blocks: for Dovecot, some seconds at most.
 */
const char *auth_mechanisms(struct session *session);

/* The verb. */
void auth_serve(struct session *session, const char *argument);

#endif
