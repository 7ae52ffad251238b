/* SPDX-License-Identifier: ISC */
/*
 * hello - EHLO and HELO.
 *
 * CONCEPT.  EHLO's answer offers what both the gate and the backend support
 * (ehlo.h); the backend is therefore connected to before EHLO is answered.
 *
 * On failure: the session ends (421), or keeps the name it had (501).
 */
#ifndef SMTPGATE_SESSION_HELLO_H
#define SMTPGATE_SESSION_HELLO_H

#include "smtpgate/session/session.h"

/* The verbs.  argument: the client's name. */
void hello_ehlo(struct session *session, const char *argument);
void hello_helo(struct session *session, const char *argument);

#endif
