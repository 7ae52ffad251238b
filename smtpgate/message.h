/* SPDX-License-Identifier: ISC */
/*
 * message - carries one message from the client to the backend.
 *
 * CONCEPT.  Called when the backend has said 354 and the client was told so.
 * The bytes go through data.c piece by piece.  Whenever the message cannot be
 * completed, the backend's connection is closed before its end was sent, so
 * that nothing is delivered; the client's bytes are then read to their end
 * all the same, since that is where commands begin again.
 *
 * TIME.  data_timeout_s for the client's next bytes, the backend's limits for
 * its side, deadline_ms for all.
 */
#ifndef SMTPGATE_MESSAGE_H
#define SMTPGATE_MESSAGE_H

#include "smtpgate/backend.h"
#include "smtpgate/stream.h"

#include <stddef.h>
#include <stdint.h>

enum message_result {
	MESSAGE_ANSWERED = 0,   /* the backend's reply is in its response */
	MESSAGE_HAS_NUL,        /* the client may go on; nothing delivered */
	MESSAGE_BACKEND_FAILED, /* likewise; nothing is known of a delivery */
	MESSAGE_CLIENT_LOST,    /* the client vanished; nothing delivered */
	MESSAGE_CLIENT_TIMEOUT, /* the client stalled; nothing delivered */
};

struct message {
	struct stream *client;
	struct backend *backend;
	struct backend_limits limits;
	uint32_t data_timeout_s;
	int64_t deadline_ms; /* of the session */
	const char *header;  /* to stand before the message; may be empty */
	size_t header_len;
	/* results */
	uint64_t size;                      /* without the header */
	enum backend_result backend_result; /* of MESSAGE_BACKEND_FAILED */
};

/* Carry it.  On return the backend is idle or closed, never in a message. */
enum message_result message_carry(struct message *message);

#endif
