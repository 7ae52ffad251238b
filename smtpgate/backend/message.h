/* SPDX-License-Identifier: ISC */
/*
 * message - carries the bytes of a message from the client to the backend.
 *
 * CONCEPT.  message_carry() is called after the backend's 354 was passed on to
 * the client; the bytes go through data.c piece by piece, to the end of the
 * message.  message_carry_chunk() carries a chunk of BDAT, whose size is known
 * and whose bytes are passed on unchanged.
 *
 * If the message cannot be completed, the connection to the backend is closed
 * before the end of the message, so that nothing is delivered.  The client's
 * bytes are still read to their end, because the next command follows them.
 *
 * TIME.  data_timeout_s for the client's next bytes, less what the client owes
 * since the beginning of the message (stream_patience: it sends more slowly than
 * min_data_rate); block_timeout_s for the backend to take a piece,
 * reply_timeout_s for its reply; deadline_ms of the client for all that waits
 * for the client.
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
	MESSAGE_HAS_NUL,        /* nothing delivered */
	MESSAGE_HAS_BARE,       /* a CR or LF alone; nothing delivered */
	MESSAGE_BACKEND_FAILED, /* it is unknown whether it was delivered */
	MESSAGE_SKIPPED,        /* there was no backend */
	/* after these the session cannot continue */
	MESSAGE_CLIENT_LOST,    /* the client closed; nothing delivered */
	MESSAGE_CLIENT_TIMEOUT, /* the client stalled; nothing delivered */
};

struct message {
	struct stream *client;
	struct backend *backend; /* NULL: the bytes are discarded */
	uint32_t block_timeout_s;
	uint32_t reply_timeout_s;
	uint32_t data_timeout_s;
	int64_t begin_debt_ms; /* the client's, before the message */
	int64_t deadline_ms;   /* of the session */
	bool is_bare_refused;  /* refuse a CR or LF alone */
	const char *header;    /* to send before the message; may be empty */
	size_t header_len;     /* up to IDENTITY_RECEIVED_BYTES; 0 once sent */
	/* results */
	uint64_t size;                      /* without the header */
	enum backend_result backend_result; /* to log; not BACKEND_DONE */
};

/* An empty line. */
#define MESSAGE_GAP "\r\n"

/* Room for a header and the gap. */
#define MESSAGE_HEADER_BYTES (IDENTITY_RECEIVED_BYTES + sizeof(MESSAGE_GAP))

/*
 * How many bytes of MESSAGE_GAP must separate a header of ours from a message
 * that begins with this byte.  A blank would continue our header.  Such a line
 * is no header, so the message has none, and its body may begin.
 */
size_t message_gap(char first);

/* Carry a message.  On return the backend is idle or closed. */
enum message_result message_carry(struct message *message);

/*
 * Carry a chunk of n_bytes after hop_begin_chunk(), and read the reply to it;
 * message->header is ignored.  data: one for all chunks of a message, for
 * data_scan().  On return the backend is idle or closed.
 */
enum message_result message_carry_chunk(
    struct message *message, struct data *data, uint64_t n_bytes);

#endif
