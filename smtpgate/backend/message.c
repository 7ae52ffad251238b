/* SPDX-License-Identifier: ISC */
/*
 * Why each 250 is the backend's: only backend_reply() in finish() leads to
 * MESSAGE_ANSWERED with 2xx.  The end of the message was then written to a
 * backend that had sent nothing since its 354.
 */
#include "smtpgate/backend/message.h"

#include "common/clock.h"

#include <errno.h>
#include <string.h>

/* Small enough for the stack, large enough for few system calls. */
#define PIECE_BYTES 8192

static bool
backend_is_open(const struct message *message)
{
	return message->backend != NULL &&
	       message->backend->state != BACKEND_CLOSED;
}

static void
give_up(struct message *message)
{
	if (backend_is_open(message))
		backend_drop(message->backend);
}

static void
send_on(struct message *message, const char *bytes, size_t n)
{
	if (!backend_is_open(message) || n == 0)
		return;
	message->backend_result =
	    backend_send(message->backend, bytes, n, message->block_timeout_s);
}

/* Until when the client's next bytes have to be here. */
static int64_t
bytes_deadline(const struct message *message)
{
	int64_t owed_ms =
	    message->client->patience.debt_ms - message->begin_debt_ms;
	int64_t deadline_ms =
	    clock_mono_ms() + (int64_t)message->data_timeout_s * 1000;

	if (owed_ms > 0)
		deadline_ms -= owed_ms;
	return deadline_ms < message->deadline_ms ? deadline_ms
						  : message->deadline_ms;
}

/* Returns STREAM_DONE when there are bytes to take. */
static int
wait_for_bytes(struct message *message)
{
	int64_t deadline_ms = bytes_deadline(message);
	int result = STREAM_WATCHED;

	while (result == STREAM_WATCHED) {
		result = stream_fill(message->client, deadline_ms,
		    backend_is_open(message) ? message->backend->stream.fd_in
					     : -1);
		if (result == STREAM_WATCHED)
			message->backend_result = backend_spoke(
			    message->backend, message->block_timeout_s);
	}
	if (result != STREAM_DONE)
		give_up(message);
	return result;
}

static enum message_result
client_failed(int stream_result)
{
	return stream_result == -ETIMEDOUT ? MESSAGE_CLIENT_TIMEOUT
					   : MESSAGE_CLIENT_LOST;
}

/* How many bytes are buffered, at most a piece. */
static size_t
piece_len(const struct stream *client)
{
	size_t n = client->end - client->begin;

	return n < PIECE_BYTES ? n : PIECE_BYTES;
}

static bool
is_refused(const struct message *message, const struct data *data)
{
	return data->has_nul || (data->has_bare && message->is_bare_refused);
}

size_t
message_gap(char first)
{
	return first == ' ' || first == '\t' ? strlen(MESSAGE_GAP) : 0;
}

/* Write the header and the gap directly before the text.  Returns how many
 * bytes these are. */
static size_t
put_header(struct message *message, char *text)
{
	size_t header_len = message->header_len, gap_len;

	if (header_len == 0)
		return 0;
	message->header_len = 0;
	gap_len = message_gap(text[0]);
	memcpy(text - gap_len, MESSAGE_GAP, gap_len);
	memcpy(text - gap_len - header_len, message->header, header_len);
	return header_len + gap_len;
}

static void
carry_piece(struct message *message, struct data *data)
{
	struct stream *client = message->client;
	char out[MESSAGE_HEADER_BYTES + DATA_OUT_BYTES(PIECE_BYTES)];
	char *text = out + MESSAGE_HEADER_BYTES;
	size_t header_len = 0, text_len;

	client->begin += data_feed(data, client->buf + client->begin,
	    piece_len(client), text, &text_len);
	if (is_refused(message, data))
		give_up(message);
	/* Together with the first bytes: one write, one wake-up. */
	if (text_len > 0)
		header_len = put_header(message, text);
	send_on(message, text - header_len, header_len + text_len);
}

static enum message_result
finish(struct message *message)
{
	struct backend *backend = message->backend;
	const struct response *response = &backend->response;

	if (backend_is_open(message)) {
		/* Flush before a long wait; an error will be noticed later. */
		(void)stream_flush(message->client, message->deadline_ms);
		message->backend_result =
		    backend_reply(backend, message->reply_timeout_s);
		if (message->backend_result == BACKEND_CLOSING)
			return MESSAGE_ANSWERED;
		if (message->backend_result != BACKEND_DONE)
			return MESSAGE_BACKEND_FAILED;
		if (response_is(response, 2) || response_is(response, 4) ||
		    response_is(response, 5))
			return MESSAGE_ANSWERED;
		backend_drop(backend);
		message->backend_result = BACKEND_GARBAGE;
		return MESSAGE_BACKEND_FAILED;
	}
	/* An early 4xx or 5xx counts as the reply to the message. */
	if (response_is(response, 4) || response_is(response, 5))
		return MESSAGE_ANSWERED;
	return MESSAGE_BACKEND_FAILED;
}

/* The result, after the client has sent all bytes. */
static enum message_result
conclude(struct message *message, const struct data *data)
{
	if (message->backend == NULL)
		return MESSAGE_SKIPPED;
	if (data->has_nul)
		return MESSAGE_HAS_NUL;
	if (is_refused(message, data))
		return MESSAGE_HAS_BARE;
	return finish(message);
}

enum message_result
message_carry(struct message *message)
{
	struct data data = {.state = DATA_CRLF};
	int result = STREAM_DONE;

	/* It still has the 354. */
	response_init(&message->backend->response);
	while (data.state != DATA_END && result == STREAM_DONE) {
		result = wait_for_bytes(message);
		if (result == STREAM_DONE)
			carry_piece(message, &data);
	}
	message->size = data.n_bytes;
	return result == STREAM_DONE ? conclude(message, &data)
				     : client_failed(result);
}

enum message_result
message_carry_chunk(
    struct message *message, struct data *data, uint64_t n_bytes)
{
	struct stream *client = message->client;
	const char *bytes;
	size_t n;
	int result;

	if (message->backend != NULL)
		response_init(&message->backend->response);
	for (; n_bytes > 0; n_bytes -= n) {
		result = wait_for_bytes(message);
		if (result != STREAM_DONE)
			return client_failed(result);
		bytes = client->buf + client->begin;
		n = piece_len(client);
		if (n > n_bytes)
			n = (size_t)n_bytes;
		data_scan(data, bytes, n);
		if (is_refused(message, data))
			give_up(message);
		send_on(message, bytes, n);
		client->begin += n;
	}
	message->size = data->n_bytes;
	return conclude(message, data);
}
