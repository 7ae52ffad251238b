/* SPDX-License-Identifier: ISC */
/*
 * message - carries one message from the client to the backend.
 *
 * Why no 250 is ours: the one path to MESSAGE_ANSWERED with 2xx goes through
 * backend_reply(), which is reached only when the end of the message was
 * written to a backend that had said nothing since its 354.
 */
#include "smtpgate/message.h"

#include "common/clock.h"
#include "smtpgate/data.h"

#include <errno.h>

/* Small enough for the stack, large enough that system calls do not count. */
#define PIECE_BYTES 8192

static bool
backend_is_open(const struct message *message)
{
	return message->backend->state != BACKEND_CLOSED;
}

static void
send_on(struct message *message, const char *bytes, size_t n)
{
	if (!backend_is_open(message) || n == 0)
		return;
	message->backend_result =
	    backend_send(message->backend, bytes, n, &message->limits);
}

/* Returns STREAM_DONE when there are bytes to take. */
static int
wait_for_bytes(struct message *message)
{
	int64_t deadline_ms =
	    clock_mono_ms() + (int64_t)message->data_timeout_s * 1000;
	int result = STREAM_WATCHED;

	if (deadline_ms > message->deadline_ms)
		deadline_ms = message->deadline_ms;
	while (result == STREAM_WATCHED) {
		result = stream_fill(message->client, deadline_ms,
		    backend_is_open(message) ? message->backend->stream.fd_in
					     : -1);
		if (result == STREAM_WATCHED)
			message->backend_result =
			    backend_spoke(message->backend, &message->limits);
	}
	return result;
}

static void
carry_piece(struct message *message, struct data *data)
{
	struct stream *client = message->client;
	char out[DATA_OUT_BYTES(PIECE_BYTES)];
	size_t n = client->end - client->begin, out_len;

	if (n > PIECE_BYTES)
		n = PIECE_BYTES;
	client->begin +=
	    data_feed(data, client->buf + client->begin, n, out, &out_len);
	if (data->has_nul)
		backend_drop(message->backend);
	send_on(message, out, out_len);
}

static enum message_result
finish(struct message *message)
{
	struct backend *backend = message->backend;
	const struct response *response = &backend->response;

	if (backend_is_open(message)) {
		/* Before it takes its time; who is gone shows elsewhere. */
		(void)stream_flush(message->client, message->deadline_ms);
		message->backend_result =
		    backend_reply(backend, &message->limits);
		if (message->backend_result != BACKEND_DONE)
			return MESSAGE_BACKEND_FAILED;
		if (response_is(response, 2) || response_is(response, 4) ||
		    response_is(response, 5))
			return MESSAGE_ANSWERED;
		backend_drop(backend);
		message->backend_result = BACKEND_GARBAGE;
		return MESSAGE_BACKEND_FAILED;
	}
	/* It spoke too early: a refusal is one whenever it comes. */
	if (response_is(response, 4) || response_is(response, 5))
		return MESSAGE_ANSWERED;
	return MESSAGE_BACKEND_FAILED;
}

enum message_result
message_carry(struct message *message)
{
	struct data data = {.state = DATA_CRLF};
	int result;

	/* What stands there is the 354. */
	response_init(&message->backend->response);
	send_on(message, message->header, message->header_len);
	while (data.state != DATA_END) {
		result = wait_for_bytes(message);
		if (result != STREAM_DONE) {
			backend_drop(message->backend);
			message->size = data.n_bytes;
			return result == -ETIMEDOUT ? MESSAGE_CLIENT_TIMEOUT
						    : MESSAGE_CLIENT_LOST;
		}
		carry_piece(message, &data);
	}
	message->size = data.n_bytes;
	if (data.has_nul)
		return MESSAGE_HAS_NUL;
	return finish(message);
}
