/* SPDX-License-Identifier: ISC */
/*
 * Errors are counted since the last accepted message: wrong commands and
 * denied recipients.  Refusals by the backend are not counted: a message may
 * have many recipients that no longer exist, and the backend keeps its own
 * count.
 */
#include "smtpgate/session/dialogue.h"

#include "common/clock.h"
#include "smtpgate/syntax/foreign.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int
dialogue_begin(
    struct dialogue *dialogue, const struct gate *gate, int fd_in, int fd_out)
{
	int on = 1, error;

	memset(dialogue, 0, offsetof(struct dialogue, line));
	dialogue->gate = gate;
	dialogue->deadline_ms =
	    clock_mono_ms() +
	    (int64_t)gate->conf.smtpgate.session_timeout_s * 1000;
	duration_format(gate->conf.table.window_s, dialogue->window);
	error = stream_init(&dialogue->client, fd_in, fd_out);
	if (error != 0)
		return error;
	dialogue->client.stop_fd = gate->stop_fd;
	dialogue->client.patience = (struct stream_patience){
	    .crowd = gate->crowd,
	    .max_debt_ms =
		(int64_t)gate->conf.smtpgate.crowded_timeout_s * 1000,
	    .min_rate = gate->conf.smtpgate.min_data_rate,
	};
	/* Fails unless it is a TCP socket; nothing else is delayed. */
	(void)setsockopt(fd_out, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return 0;
}

int64_t
dialogue_deadline(const struct dialogue *dialogue)
{
	int64_t deadline_ms =
	    clock_mono_ms() +
	    (int64_t)dialogue->gate->conf.smtpgate.command_timeout_s * 1000;

	return deadline_ms < dialogue->deadline_ms ? deadline_ms
						   : dialogue->deadline_ms;
}

/* ---- the end ------------------------------------------------------------ */

void
dialogue_end(struct dialogue *dialogue, enum event_end end)
{
	dialogue->is_over = true;
	dialogue->end = end;
}

void
dialogue_close(struct dialogue *dialogue, enum reply reply, enum event_end end)
{
	dialogue_reply(dialogue, reply);
	dialogue_end(dialogue, end);
}

/* result: of stream_read_line(), not STREAM_DONE. */
static void
end_without_line(struct dialogue *dialogue, const struct line *line, int result)
{
	if (result == STREAM_WATCHED) {
		dialogue_close(dialogue, REPLY_CLOSING_STOP, EVENT_END_STOP);
	} else if (result != -ETIMEDOUT) {
		dialogue_end(dialogue, EVENT_END_EOF);
	} else if ((line->flaws & LINE_BARE_LF) != 0) {
		dialogue_reply(dialogue, REPLY_BARE_LF);
		dialogue_close(
		    dialogue, REPLY_CLOSING_BARE_LF, EVENT_END_BARE_LF);
	} else if (clock_mono_ms() >= dialogue->deadline_ms) {
		dialogue_close(dialogue, REPLY_CLOSING_SESSION_TIME,
		    EVENT_END_SESSION_TIME);
	} else {
		dialogue_close(
		    dialogue, REPLY_CLOSING_TIMEOUT, EVENT_END_TIMEOUT);
	}
}

void
dialogue_finish(struct dialogue *dialogue)
{
	/* A client that does not take its last answers is gone. */
	(void)stream_flush(&dialogue->client, dialogue_deadline(dialogue));
	stream_stop_tls(&dialogue->client);
}

/* ---- lines -------------------------------------------------------------- */

bool
dialogue_read_line(struct dialogue *dialogue, struct line *line)
{
	struct stream *client = &dialogue->client;
	int64_t deadline_ms = dialogue_deadline(dialogue);
	int result = stream_fill(client, deadline_ms, client->stop_fd);
	bool is_foreign = false;

	line_init(line);
	/* A binary protocol may have no line end to wait for. */
	if (result == STREAM_DONE)
		is_foreign = foreign_is_first_byte(client->buf[client->begin]);
	if (result == STREAM_DONE && !is_foreign) {
		result = stream_read_line(client, line, deadline_ms);
		is_foreign = foreign_is_line(line->text);
	}
	if (is_foreign)
		dialogue_close(
		    dialogue, REPLY_CLOSING_FOREIGN, EVENT_END_FOREIGN);
	else if (result != STREAM_DONE)
		end_without_line(dialogue, line, result);
	return !dialogue->is_over;
}

void
dialogue_send(struct dialogue *dialogue, const char *bytes, size_t n)
{
	if (stream_put(&dialogue->client, bytes, n,
		dialogue_deadline(dialogue)) != STREAM_DONE)
		dialogue_end(dialogue, EVENT_END_EOF);
}

static void
count_error(struct dialogue *dialogue)
{
	dialogue->n_errors++;
	dialogue->n_errors_total++;
}

void
dialogue_reply(struct dialogue *dialogue, enum reply reply)
{
	const struct reply_words words = {.host = dialogue->gate->hostname};
	char text[REPLY_BYTES];

	if (reply_is_error(reply))
		count_error(dialogue);
	dialogue_send(dialogue, text, reply_format(reply, &words, text));
}

unsigned
dialogue_deny(struct dialogue *dialogue, enum reason reason, bool can_log_in)
{
	const struct reason_words words = {
	    .client = dialogue->gate->client.text,
	    .window = dialogue->window,
	    .can_log_in = can_log_in,
	};
	char text[REASON_REPLY_BYTES + 2];
	size_t len = reason_reply(reason, &words, text);

	if (text[0] == '5')
		count_error(dialogue);
	memcpy(text + len, "\r\n", 3);
	dialogue_send(dialogue, text, len + 2);
	return (unsigned)atoi(text);
}

void
dialogue_pass_on(struct dialogue *dialogue, const struct response *response)
{
	char wire[RESPONSE_WIRE_BYTES];
	const char *next = response->text;

	while (*next != '\0' && !dialogue->is_over)
		dialogue_send(
		    dialogue, wire, response_format(response, &next, wire));
	/* RFC 5321, 3.8: the client expects the end after it. */
	if (response->code == 421 && !dialogue->is_over)
		dialogue_end(dialogue, EVENT_END_BACKEND);
}
