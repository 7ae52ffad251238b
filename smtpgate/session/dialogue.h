/* SPDX-License-Identifier: ISC */
/*
 * dialogue - the lines between the gate and one client, and their end.
 *
 * CONCEPT.  A verb answers the client through this file only.  The dialogue
 * is over after dialogue_end() or dialogue_close(), or when the client cannot
 * be read or written; then is_over is set, and nothing more is read.
 *
 * LIFETIME.  dialogue_begin() first, dialogue_finish() last.
 *
 * CONCURRENCY.  One thread.
 *
 * TIME.  command_timeout for each line or answer, session_timeout for all.
 */
#ifndef SMTPGATE_SESSION_DIALOGUE_H
#define SMTPGATE_SESSION_DIALOGUE_H

#include "common/duration.h"
#include "decision/reason.h"
#include "smtpgate/events.h"
#include "smtpgate/gate.h"
#include "smtpgate/syntax/reply.h"
#include "smtpgate/syntax/response.h"
#include "smtpgate/wire/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dialogue {
	/* zeroed by dialogue_begin() */

	const struct gate *gate;
	bool is_over;
	enum event_end end; /* the reason, when is_over */
	int64_t deadline_ms;
	char window[DURATION_TEXT_BYTES];
	/* 5xx replies of the gate's own: since the last accepted message, with
	 * their weight (dispatch.c); and in all */
	uint32_t n_errors;
	uint32_t n_errors_total;

	/* Not zeroed, as session.h says of its buffers. */

	struct line line; /* the latest command; too large for the stack */
	struct stream client;
};

/* Returns 0, or a negative errno when a descriptor is not open. */
int dialogue_begin(
    struct dialogue *dialogue, const struct gate *gate, int fd_in, int fd_out);

/* Until when one command may wait for the client, in ms of clock_mono_ms(). */
int64_t dialogue_deadline(const struct dialogue *dialogue);

/*
 * Read a line.  Returns false when there is none, or one of another protocol
 * (foreign.h): then the dialogue is over, and a client that is still connected
 * got a reply.
 * Blocks: until dialogue_deadline().
 */
bool dialogue_read_line(struct dialogue *dialogue, struct line *line);

/*
 * Send bytes, one of the gate's own replies, or a reply of the backend's, whose
 * 421 ends the dialogue.  dialogue_deny() sends the reply of a reason, and returns
 * its code.
 */
void dialogue_send(struct dialogue *dialogue, const char *bytes, size_t n);
void dialogue_reply(struct dialogue *dialogue, enum reply reply);
unsigned dialogue_deny(
    struct dialogue *dialogue, enum reason reason, bool can_log_in);
void dialogue_pass_on(
    struct dialogue *dialogue, const struct response *response);

/* End the dialogue, without a reply or with one.  The last reason counts. */
void dialogue_end(struct dialogue *dialogue, enum event_end end);
void dialogue_close(
    struct dialogue *dialogue, enum reply reply, enum event_end end);

/* Write what has not been written, and end TLS. */
void dialogue_finish(struct dialogue *dialogue);

#endif
