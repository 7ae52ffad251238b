/* SPDX-License-Identifier: ISC */
/*
 * starttls - when a session speaks TLS: at STARTTLS, or from its first byte.
 *
 * Source: RFC 3207 (STARTTLS), RFC 8314 (implicit TLS).
 */
#ifndef SMTPGATE_SESSION_STARTTLS_H
#define SMTPGATE_SESSION_STARTTLS_H

#include "smtpgate/session/session.h"

#include <stdbool.h>

/* Whether nobody on the way can read it. */
bool starttls_is_done(const struct session *session);

/* Whether EHLO names it. */
bool starttls_is_offered(const struct session *session);

/* Whether the service asks for TLS that is not there yet. */
bool starttls_is_due(const struct session *session);

/* The verb. */
void starttls_serve(struct session *session, const char *argument);

/*
 * The handshake.  Then all that the client said is forgotten; without success
 * the session is over.
 */
void starttls_begin(struct session *session);

#endif
