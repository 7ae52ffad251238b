/* SPDX-License-Identifier: ISC */
/*
 *   RCPT --DATA, 354--> (the message) --------> READY
 *   RCPT --BDAT n-----> CHUNKS --BDAT n LAST--> READY
 *                        ^   | BDAT n
 *                        +---+
 *
 * The chunk of a BDAT is read before the BDAT is answered, with whatever
 * reply.  If the size is invalid (not a number, or more than 63 bits), the
 * session ends, because the place of the next command is not known.  A refused
 * chunk ends the transaction in every state, so what was pipelined after it, a
 * RCPT or a chunk, gets 503 and does not become part of the refused message.
 *
 * After a refusal the backend may still have the transaction; hop.c ends it
 * before the next MAIL.
 */
#include "smtpgate/session/content.h"

#include "smtpgate/backend/message.h"
#include "smtpgate/syntax/envelope.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* ---- the result --------------------------------------------------------- */

/* The gate's own reply; REPLY_NONE: there is another one, or none. */
static enum reply
own_reply(enum message_result result)
{
	switch (result) {
	case MESSAGE_HAS_NUL:
		return REPLY_NUL_IN_MESSAGE;
	case MESSAGE_HAS_BARE:
		return REPLY_BARE_NEWLINE_IN_MESSAGE;
	case MESSAGE_BACKEND_FAILED:
		return REPLY_BACKEND_FAILED;
	case MESSAGE_CLIENT_TIMEOUT:
		return REPLY_CLOSING_TIMEOUT;
	case MESSAGE_ANSWERED:
	case MESSAGE_SKIPPED: /* the caller replies */
	case MESSAGE_CLIENT_LOST:
		break;
	}
	return REPLY_NONE;
}

static void
answer_message(struct session *session, enum message_result result)
{
	if (result == MESSAGE_ANSWERED)
		dialogue_pass_on(
		    &session->dialogue, &session->hop.backend.response);
	else if (result == MESSAGE_CLIENT_TIMEOUT)
		dialogue_close(
		    &session->dialogue, own_reply(result), EVENT_END_TIMEOUT);
	else if (result == MESSAGE_CLIENT_LOST)
		dialogue_end(&session->dialogue, EVENT_END_EOF_IN_MESSAGE);
	else
		dialogue_reply(&session->dialogue, own_reply(result));
}

static enum event_message_result
outcome_of(enum message_result result, const struct response *response)
{
	switch (result) {
	case MESSAGE_ANSWERED:
		return response_is(response, 2) ? EVENT_MESSAGE_ACCEPTED
						: EVENT_MESSAGE_REFUSED;
	case MESSAGE_HAS_NUL:
	case MESSAGE_HAS_BARE:
	case MESSAGE_SKIPPED:
		return EVENT_MESSAGE_REFUSED;
	case MESSAGE_BACKEND_FAILED:
		return EVENT_MESSAGE_FAILED;
	case MESSAGE_CLIENT_TIMEOUT:
	case MESSAGE_CLIENT_LOST:
		break;
	}
	return EVENT_MESSAGE_ABANDONED;
}

/* A message or chunk of this session, yet without header. */
static struct message
message_of(struct session *session)
{
	const struct conf_smtpgate *conf = &session->gate->conf.smtpgate;

	return (struct message){
	    .client = &session->dialogue.client,
	    .backend = &session->hop.backend,
	    .block_timeout_s = hop_timeout(session->gate, HOP_CHUNK),
	    .reply_timeout_s = hop_timeout(session->gate, HOP_MESSAGE),
	    .data_timeout_s = conf->data_timeout_s,
	    .begin_debt_ms = session->dialogue.client.patience.debt_ms,
	    .deadline_ms = session->dialogue.deadline_ms,
	    .is_bare_refused = conf->bare_newline == CONF_BARE_NEWLINE_REJECT,
	};
}

/* The Received: header, if the backend gets the client in no other way. */
static size_t
header_of(const struct session *session, char header[IDENTITY_RECEIVED_BYTES])
{
	if (!hop_needs_received(&session->hop, session->gate))
		return 0;
	return identity_received(
	    &session->hop.bound, session->gate->hostname, time(NULL), header);
}

/* Log a message of this transaction, with the reply that the client gets: the
 * backend's, or the gate's own. */
static void
log_message(struct session *session, enum event_message_result result,
    uint64_t size, const struct response *response, enum reply reply)
{
	const struct event_message event = {
	    .result = result,
	    .right = &session->transaction.right_at_mail,
	    .sender = &session->transaction.sender,
	    .n_recipients = session->transaction.n_recipients,
	    .size = size,
	    .code = response != NULL ? response->code : reply_code(reply),
	    .response = response,
	};

	event_message(session->gate, &event);
}

/* End the transaction: log the message, count it, answer the client. */
static void
conclude(struct session *session, const struct message *message,
    enum message_result result)
{
	const struct gate *gate = session->gate;
	const struct backend *backend = &session->hop.backend;
	enum event_message_result outcome =
	    outcome_of(result, &backend->response);

	session_enter(session, SESSION_READY);
	if (message->backend_result != BACKEND_DONE)
		event_backend(gate, backend, hop_stage_name(HOP_MESSAGE),
		    message->backend_result);
	log_message(session, outcome, message->size,
	    result == MESSAGE_ANSWERED ? &backend->response : NULL,
	    own_reply(result));
	if (outcome == EVENT_MESSAGE_ACCEPTED) {
		hop_accepted(&session->hop);
		session->dialogue.n_errors = 0;
		session->dialogue.client.patience.debt_ms = 0;
		session->totals.messages++;
		session->totals.bytes += message->size;
	}
	answer_message(session, result);
}

/* Returns the reply that refuses a message in this state. */
static enum reply
why_not_now(const struct session *session)
{
	if (session_needs_tls(session))
		return REPLY_TLS_FIRST;
	if (session->state == SESSION_CHUNKS)
		return REPLY_NESTED_DATA;
	if (session->state != SESSION_MAIL)
		return REPLY_MAIL_FIRST;
	return session->transaction.n_refused > 0 ? REPLY_NO_VALID_RECIPIENTS
						  : REPLY_RCPT_FIRST;
}

/* ---- DATA --------------------------------------------------------------- */

/*
 * Refuse DATA: with the backend's reply, if response is not NULL.
 * Bytes that are already there are a message that the client sent before 354.
 * To read its lines as commands would be wrong, so the session ends.
 */
static void
refuse_data(
    struct session *session, const struct response *response, enum reply reply)
{
	bool is_pipelined = stream_try_fill(&session->dialogue.client);

	if (response != NULL)
		dialogue_pass_on(&session->dialogue, response);
	else
		dialogue_reply(&session->dialogue, reply);
	if (is_pipelined)
		dialogue_close(&session->dialogue, REPLY_CLOSING_PIPELINED_DATA,
		    EVENT_END_PIPELINED_DATA);
}

void
content_data(struct session *session, const char *argument)
{
	struct hop *hop = &session->hop;
	const struct response *response = &hop->backend.response;
	struct message message = message_of(session);
	char header[IDENTITY_RECEIVED_BYTES];
	enum backend_result result;

	(void)argument;
	if (session->state != SESSION_RCPT) {
		refuse_data(session, NULL, why_not_now(session));
		return;
	}
	result = session_backend(
	    session, hop_command(hop, session->gate, "DATA", HOP_DATA));
	if (result != BACKEND_DONE) {
		session_lose_backend(session, result);
		return;
	}
	if (response->code != 354) {
		session_enter(session, SESSION_READY);
		log_message(
		    session, EVENT_MESSAGE_REFUSED, 0, response, REPLY_NONE);
		refuse_data(session, response, REPLY_NONE);
		return;
	}
	dialogue_reply(&session->dialogue, REPLY_START_DATA);
	message.header = header;
	message.header_len = header_of(session, header);
	conclude(session, &message, message_carry(&message));
}

/* ---- BDAT --------------------------------------------------------------- */

struct chunk {
	uint64_t n_bytes;
	bool is_last;
};

/* "size [LAST]".  Returns 0, or -1 when the size is invalid.
 * Source: RFC 3030, 2. */
static int
chunk_parse(const char *argument, struct chunk *chunk_out)
{
	struct chunk chunk = {0};
	const char *p;
	unsigned digit;

	for (p = argument; *p >= '0' && *p <= '9'; p++) {
		digit = (unsigned)(*p - '0');
		if (chunk.n_bytes > ((uint64_t)INT64_MAX - digit) / 10)
			return -1;
		chunk.n_bytes = chunk.n_bytes * 10 + digit;
	}
	chunk.is_last = strcasecmp(p, " LAST") == 0;
	if (p == argument || (*p != '\0' && !chunk.is_last))
		return -1;
	*chunk_out = chunk;
	return 0;
}

/*
 * Give up the transaction, read past the chunk, then reply.  REPLY_NONE: the
 * backend's reply.
 */
static void
refuse_chunk(
    struct session *session, const struct chunk *chunk, enum reply reply)
{
	struct message message = message_of(session);
	struct data data = {.state = DATA_MIDDLE};
	const struct response *response =
	    reply == REPLY_NONE ? &session->hop.backend.response : NULL;
	enum message_result result;
	bool is_message =
	    session->state == SESSION_RCPT || session->state == SESSION_CHUNKS;

	if (session->state > SESSION_READY)
		session_enter(session, SESSION_READY);
	message.backend = NULL;
	result = message_carry_chunk(&message, &data, chunk->n_bytes);
	if (result != MESSAGE_SKIPPED) {
		response = NULL;
		reply = own_reply(result);
		answer_message(session, result);
	} else if (response == NULL) {
		dialogue_reply(&session->dialogue, reply);
	} else {
		dialogue_pass_on(&session->dialogue, response);
	}
	if (is_message)
		log_message(session, outcome_of(result, response),
		    session->transaction.chunks.n_bytes, response, reply);
}

static bool
is_above_limit(const struct session *session, const struct chunk *chunk)
{
	struct envelope_mail total = {0};

	snprintf(total.size, sizeof(total.size), "%llu",
	    (unsigned long long)session->transaction.chunks.n_bytes +
		chunk->n_bytes);
	return envelope_is_too_large(&total, &session->offered);
}

/*
 * Write the header for a message in chunks, and the gap before the first byte of
 * this chunk.  Returns the length; 0: no header is needed.
 */
static size_t
header_before(struct session *session, const struct chunk *chunk,
    char header[MESSAGE_HEADER_BYTES])
{
	struct stream *client = &session->dialogue.client;
	size_t len = header_of(session, header), gap_len = 0;

	if (len == 0 || chunk->n_bytes == 0)
		return len;
	/* If no byte comes, carry_chunk() finds out. */
	if (stream_fill(client, dialogue_deadline(&session->dialogue), -1) ==
	    STREAM_DONE)
		gap_len = message_gap(client->buf[client->begin]);
	memcpy(header + len, MESSAGE_GAP, gap_len);
	return len + gap_len;
}

/*
 * Send the header as a chunk of its own, before the first of the client's that is
 * not empty or is the last.
 * Returns whether to go on; if not, the client's chunk was refused.
 */
static bool
send_header(struct session *session, const struct chunk *chunk)
{
	struct hop *hop = &session->hop;
	char header[MESSAGE_HEADER_BYTES];
	enum backend_result result;
	size_t len;

	if (session->transaction.chunks.n_bytes > 0 ||
	    (chunk->n_bytes == 0 && !chunk->is_last))
		return true;
	len = header_before(session, chunk, header);
	if (len == 0)
		return true;
	result = session_backend(
	    session, hop_send_chunk(hop, session->gate, header, len));
	if (result == BACKEND_DONE && response_is(&hop->backend.response, 2))
		return true;
	refuse_chunk(session, chunk,
	    result == BACKEND_DONE || result == BACKEND_CLOSING
		? REPLY_NONE
		: REPLY_BACKEND_FAILED);
	return false;
}

static void
carry_chunk(struct session *session, const struct chunk *chunk)
{
	struct hop *hop = &session->hop;
	const struct response *response = &hop->backend.response;
	struct message message = message_of(session);
	enum message_result result;

	if (!chunk->is_last)
		message.reply_timeout_s = message.block_timeout_s;
	message.backend_result =
	    hop_begin_chunk(hop, session->gate, chunk->n_bytes, chunk->is_last);
	result = message_carry_chunk(
	    &message, &session->transaction.chunks, chunk->n_bytes);
	if (result == MESSAGE_ANSWERED && response_is(response, 2) &&
	    !chunk->is_last) {
		session_enter(session, SESSION_CHUNKS);
		dialogue_pass_on(&session->dialogue, response);
		return;
	}
	conclude(session, &message, result);
}

void
content_bdat(struct session *session, const char *argument)
{
	const struct hop *hop = &session->hop;
	struct chunk chunk;

	if (!session->is_esmtp || !session->offered.has_chunking) {
		content_lost_chunk(session, REPLY_UNKNOWN_COMMAND);
	} else if (chunk_parse(argument, &chunk) != 0) {
		content_lost_chunk(session, REPLY_BAD_CHUNK);
	} else if (session->state != SESSION_RCPT &&
		   session->state != SESSION_CHUNKS) {
		refuse_chunk(session, &chunk, why_not_now(session));
	} else if (hop->backend.state == BACKEND_CLOSED) {
		refuse_chunk(session, &chunk, REPLY_BACKEND_FAILED);
	} else if (!hop->backend.ehlo.has_chunking) {
		refuse_chunk(session, &chunk, REPLY_NO_CHUNKING);
	} else if (is_above_limit(session, &chunk)) {
		refuse_chunk(session, &chunk, REPLY_TOO_LARGE);
	} else if (send_header(session, &chunk)) {
		carry_chunk(session, &chunk);
	}
}

void
content_lost_chunk(struct session *session, enum reply reply)
{
	dialogue_reply(&session->dialogue, reply);
	dialogue_close(
	    &session->dialogue, REPLY_CLOSING_CHUNK, EVENT_END_CHUNK);
}
