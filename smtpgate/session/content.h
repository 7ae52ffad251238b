/* SPDX-License-Identifier: ISC */
/*
 * content - DATA and BDAT: the message itself.
 *
 * CONCEPT.  Each function answers the client and changes the state.  The
 * message that may follow a refused command is never read as commands: after
 * DATA the session ends, after BDAT the chunk is skipped.
 *
 * On failure: denies; a message is accepted only by the backend's own 250.
 */
#ifndef SMTPGATE_SESSION_CONTENT_H
#define SMTPGATE_SESSION_CONTENT_H

#include "smtpgate/session/session.h"

/* The verbs.  argument: the rest of the line after the verb. */
void content_data(struct session *session, const char *argument);
void content_bdat(struct session *session, const char *argument);

/* Refuse a BDAT whose line has a flaw, and end the session: the size of its
 * chunk is not known. */
void content_lost_chunk(struct session *session, enum reply reply);

#endif
