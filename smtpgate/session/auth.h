/* SPDX-License-Identifier: ISC */
/*
 * auth - SMTP AUTH: the verb, and its dialogue with the client.
 *
 * CONCEPT.  The mechanisms are PLAIN and LOGIN, whose passwords smtpgate-auth
 * checks by PAM, or the mechanisms of Dovecot's SASL server.  session->login
 * holds the user until the session ends or TLS begins.
 *
 * TRUST.  No bytes of an exchange are logged.  Buffers that may hold a password
 * are wiped after use.
 *
 * On failure: the client is not logged in.
 *
 * Source: RFC 4954.
 */
#ifndef SMTPGATE_SESSION_AUTH_H
#define SMTPGATE_SESSION_AUTH_H

#include "smtpgate/session/session.h"

/*
 * The mechanisms for EHLO's answer.  NULL: AUTH cannot be used now.
 * Blocks: for Dovecot, some seconds at most.
 */
const char *auth_mechanisms(struct session *session);

/* The verb.  argument: mechanism and initial response. */
void auth_serve(struct session *session, const char *argument);

#endif
