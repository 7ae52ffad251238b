/* SPDX-License-Identifier: ISC */
/*
 * content - DATA and BDAT: the message itself.
 *
 * CONCEPT.  Each function serves one command: it answers the client and moves
 * session->state.  What follows a command that is refused, and could be a
 * message, is never read as commands: behind DATA the session ends, behind
 * BDAT the chunk is skipped.
 *
 * On failure: denies; a message is accepted only by the backend's own 250.
 */
#ifndef SMTPGATE_SESSION_CONTENT_H
#define SMTPGATE_SESSION_CONTENT_H

#include "smtpgate/session/session.h"

/* argument: what stands behind the verb. */
void content_data(struct session *session, const char *argument);
void content_bdat(struct session *session, const char *argument);

/* Behind a BDAT that was not even looked at (a line with a flaw): end. */
void content_lost_chunk(struct session *session, enum reply reply);

#endif
