/* SPDX-License-Identifier: ISC */
/*
 * message - carries the bytes of a message from the client to the backend.
 *
 * CONCEPT.  message_carry() is called when the backend has said 354 and the
 * client was told so; the bytes go through data.c piece by piece, to the end
 * of the message.  message_carry_chunk() carries a chunk of BDAT, whose size
 * was told and whose bytes are passed on as they are.
 *
 * Whenever the message cannot be completed, the backend's connection is
 * closed before its end was sent, so that nothing is delivered; the client's
 * bytes are then read to their end all the same, since that is where commands
 * begin again.
 *
 * TIME.  data_timeout_s for the client's next bytes, the backend's limits for
 * its side, deadline_ms for all.
 */
#ifndef SMTPGATE_BACKEND_MESSAGE_H
#define SMTPGATE_BACKEND_MESSAGE_H

#include "smtpgate/backend/backend.h"
#include "smtpgate/syntax/data.h"
#include "smtpgate/wire/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message_result {
	MESSAGE_ANSWERED = 0,   /* the backend's reply is in its response */
	MESSAGE_HAS_NUL,        /* the client may go on; nothing delivered */
	MESSAGE_HAS_BARE,       /* likewise: a CR or LF alone */
	MESSAGE_BACKEND_FAILED, /* likewise; nothing is known of a delivery */
	MESSAGE_SKIPPED,        /* likewise: there was no backend */
	MESSAGE_CLIENT_LOST,    /* the client vanished; nothing delivered */
	MESSAGE_CLIENT_TIMEOUT, /* the client stalled; nothing delivered */
};

struct message {
	struct stream *client;
	struct backend *backend; /* NULL: the bytes go nowhere */
	struct backend_limits limits;
	uint32_t data_timeout_s;
	int64_t deadline_ms;  /* of the session */
	bool is_bare_refused; /* a CR or LF alone */
	const char *header;   /* to stand before the message; may be empty */
	size_t header_len; /* up to IDENTITY_RECEIVED_BYTES; 0 once it left */
	/* results */
	uint64_t size;                      /* without the header */
	enum backend_result backend_result; /* of MESSAGE_BACKEND_FAILED */
};

/* Carry it.  On return the backend is idle or closed, never in a message. */
enum message_result message_carry(struct message *message);

/*
 * Carry n_bytes of a chunk, whose BDAT the backend was told, and read the
 * answer to it; message->header is not looked at.  data: of all chunks of the
 * message (data_scan()).  On return as above.
 */
enum message_result message_carry_chunk(
    struct message *message, struct data *data, uint64_t n_bytes);

#endif
