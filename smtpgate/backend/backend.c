/* SPDX-License-Identifier: ISC */
/*
 * The MTA answers XCLIENT, and a PROXY header, by a greeting: 220 or a refusal.
 * A refusal is about the client and is passed on, 4xx or 5xx, unless its code
 * says that the gate's command or header was not understood: the administrator
 * has to cure that, and a client must not get a permanent error for it.  The same
 * holds for all refusals before the MTA knows the client.
 */
#include "smtpgate/backend/backend.h"

#include "common/clock.h"
#include "smtpgate/gate.h"
#include "smtpgate/wire/dial.h"
#include "smtpgate/wire/proxy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int64_t
deadline_in(uint32_t seconds)
{
	return clock_mono_ms() + (int64_t)seconds * 1000;
}

/* ---- commands and replies ----------------------------------------------- */

void
backend_drop(struct backend *backend)
{
	if (backend->state == BACKEND_CLOSED)
		return;
	close(backend->stream.fd_in);
	backend->state = BACKEND_CLOSED;
}

static enum backend_result
fail(struct backend *backend, enum backend_result result)
{
	backend_drop(backend);
	return result;
}

static enum backend_result
fail_stream(struct backend *backend, int stream_result)
{
	backend->error = stream_result < 0 ? -stream_result : 0;
	return fail(backend,
	    stream_result == -ETIMEDOUT ? BACKEND_TIMEOUT : BACKEND_LOST);
}

static enum backend_result
read_response(struct backend *backend, int64_t deadline_ms)
{
	enum response_progress progress = RESPONSE_MORE;
	struct line *line = &backend->line;
	int result;

	if (backend->n_unanswered > 0)
		backend->n_unanswered--;
	response_init(&backend->response);
	while (progress == RESPONSE_MORE) {
		result = stream_read_line(&backend->stream, line, deadline_ms);
		if (result != STREAM_DONE)
			return fail_stream(backend, result);
		progress = response_add(&backend->response, line);
	}
	if (progress == RESPONSE_GARBAGE)
		return fail(backend, BACKEND_GARBAGE);
	if (backend->response.code == 421)
		return fail(backend, BACKEND_CLOSING);
	return BACKEND_DONE;
}

static enum backend_result
ask(struct backend *backend, const char *command, int64_t deadline_ms)
{
	struct stream *stream = &backend->stream;
	int result;

	response_init(&backend->response);
	if (backend->n_unanswered == 0 && stream_has_input(stream))
		return fail_stream(backend, STREAM_WATCHED);
	result = stream_put(stream, command, strlen(command), deadline_ms);
	if (result == STREAM_DONE)
		result = stream_put(stream, "\r\n", 2, deadline_ms);
	if (result != STREAM_DONE)
		return fail_stream(backend, result);
	backend->n_unanswered++;
	return BACKEND_DONE;
}

static enum backend_result
dialogue(struct backend *backend, const char *command, int64_t deadline_ms)
{
	enum backend_result result = ask(backend, command, deadline_ms);

	return result == BACKEND_DONE ? read_response(backend, deadline_ms)
				      : result;
}

/* The result of a reply other than the one that was expected. */
static enum backend_result
refusal(const struct backend *backend)
{
	return response_is(&backend->response, 4) ||
		       response_is(&backend->response, 5)
		   ? BACKEND_REFUSED
		   : BACKEND_GARBAGE;
}

/* Say "VERB name", and read the extensions from the reply. */
static enum backend_result
say_hello(struct backend *backend, const char *verb, const char *name,
    int64_t deadline_ms)
{
	char command[sizeof("EHLO ") + IDENTITY_HELO_BYTES];
	enum backend_result result;

	snprintf(command, sizeof(command), "%s %s", verb, name);
	result = dialogue(backend, command, deadline_ms);
	if (result != BACKEND_DONE)
		return result;
	if (backend->response.code != 250)
		return refusal(backend);
	ehlo_parse(&backend->response, &backend->ehlo);
	return BACKEND_DONE;
}

/* Connect, and no more. */
static enum backend_result
reach(struct backend *backend, const struct conf_endpoint *endpoint,
    int64_t deadline_ms)
{
	int fd = dial(endpoint, SOCK_STREAM, deadline_ms);
	int error;

	backend->endpoint = endpoint;
	backend->error = 0;
	backend->n_unanswered = 0;
	response_init(&backend->response);
	if (fd < 0) {
		backend->error = -fd;
		return BACKEND_UNREACHABLE;
	}
	error = stream_init(&backend->stream, fd, fd);
	backend->state = BACKEND_GREETED;
	return error == 0 ? BACKEND_DONE : fail_stream(backend, error);
}

/* Whether the reply turns the connection away: RFC 5321, 3.1; RFC 7504. */
static bool
is_turned_away(const struct backend *backend)
{
	return backend->response.code == 554 || backend->response.code == 521;
}

/* Whether the MTA did not understand a command, its place or its argument. */
static bool
is_misunderstood(const struct backend *backend)
{
	unsigned code = backend->response.code;

	return code >= 500 && code <= 504;
}

/* The same, but an argument that is the client's name. */
static bool
is_no_proxy_server(const struct backend *backend)
{
	unsigned code = backend->response.code;

	return code == 500 || code == 502 || code == 503;
}

/* Whether Postfix does not accept XCLIENT from the gate. */
static bool
is_not_authorized(const struct backend *backend)
{
	static const char status[] = "5.7.0 ";

	return backend->response.code == 550 &&
	       strncmp(backend->response.text, status, sizeof(status) - 1) == 0;
}

/* Wait for 220, and say EHLO; HELO if the MTA does not know EHLO. */
static enum backend_result
be_greeted(struct backend *backend, bool is_esmtp, const char *name,
    uint32_t timeout_s)
{
	enum backend_result result =
	    read_response(backend, deadline_in(timeout_s));

	if (result != BACKEND_DONE)
		return result;
	if (backend->response.code != 220)
		return refusal(backend);
	if (is_esmtp)
		result =
		    say_hello(backend, "EHLO", name, deadline_in(timeout_s));
	if (!is_esmtp ||
	    (result == BACKEND_REFUSED && response_is(&backend->response, 5) &&
		!is_turned_away(backend)))
		result =
		    say_hello(backend, "HELO", name, deadline_in(timeout_s));
	return result;
}

void
backend_begin(struct backend *backend)
{
	backend->state = BACKEND_CLOSED;
	backend->error = 0;
	backend->endpoint = NULL;
	backend->n_unanswered = 0;
	memset(&backend->ehlo, 0, sizeof(backend->ehlo));
	memset(&backend->ehlo_first, 0, sizeof(backend->ehlo_first));
	response_init(&backend->response);
}

enum backend_result
backend_open(struct backend *backend, const struct conf_endpoint *endpoint,
    const char *host, const struct backend_limits *limits)
{
	int64_t deadline_ms = deadline_in(limits->connect_timeout_s);
	enum backend_result result = reach(backend, endpoint, deadline_ms);

	if (result == BACKEND_DONE)
		result =
		    be_greeted(backend, true, host, limits->greeting_timeout_s);
	if (result == BACKEND_REFUSED || result == BACKEND_CLOSING)
		result = BACKEND_REFUSED_GATE;
	if (result != BACKEND_DONE)
		return fail(backend, result);
	backend->ehlo_first = backend->ehlo;
	return BACKEND_DONE;
}

enum backend_result
backend_open_as(struct backend *backend, const struct conf_endpoint *endpoint,
    const struct identity *identity, const struct backend_limits *limits)
{
	int64_t deadline_ms = deadline_in(limits->connect_timeout_s);
	uint8_t header[PROXY_V2_BYTES];
	char literal[IDENTITY_LITERAL_BYTES];
	size_t len = proxy_format(identity->client, header);
	enum backend_result result = reach(backend, endpoint, deadline_ms);

	if (result != BACKEND_DONE)
		return result;
	/* The stream writes it before it waits for the 220. */
	(void)stream_put(
	    &backend->stream, (const char *)header, len, deadline_ms);
	result = be_greeted(backend, identity->is_esmtp,
	    identity_plain_helo(identity, literal), limits->greeting_timeout_s);
	if (result == BACKEND_REFUSED && is_no_proxy_server(backend))
		result = BACKEND_REFUSED_GATE;
	if (result != BACKEND_DONE)
		return fail(backend, result);
	backend->ehlo_first = backend->ehlo;
	if (identity->client->is_known)
		backend->state = BACKEND_IDENTIFIED;
	return BACKEND_DONE;
}

enum backend_result
backend_xclient(struct backend *backend, const struct identity *identity,
    const struct backend_limits *limits)
{
	char line[IDENTITY_XCLIENT_BYTES];
	enum backend_result result;

	/* Without ADDR the MTA would use the gate's own address. */
	if ((backend->ehlo.xclient & EHLO_XCLIENT_ADDR) == 0)
		return fail(backend, BACKEND_NO_XCLIENT);
	identity_xclient(identity, backend->ehlo.xclient, line);
	result =
	    dialogue(backend, line, deadline_in(limits->greeting_timeout_s));
	if (result != BACKEND_DONE)
		return result;
	if (is_misunderstood(backend) || is_not_authorized(backend))
		return fail(backend, BACKEND_XCLIENT_FAILED);
	if (backend->response.code != 220)
		return fail(backend, refusal(backend));
	result = say_hello(backend, identity->is_esmtp ? "EHLO" : "HELO",
	    identity->helo, deadline_in(limits->greeting_timeout_s));
	if (result != BACKEND_DONE)
		return fail(backend, result);
	backend->state = BACKEND_IDENTIFIED;
	return BACKEND_DONE;
}

enum backend_result
backend_command(
    struct backend *backend, const char *command, uint32_t timeout_s)
{
	return dialogue(backend, command, deadline_in(timeout_s));
}

enum backend_result
backend_ask(struct backend *backend, const char *command, uint32_t timeout_s)
{
	return ask(backend, command, deadline_in(timeout_s));
}

enum backend_result
backend_reply(struct backend *backend, uint32_t timeout_s)
{
	return read_response(backend, deadline_in(timeout_s));
}

enum backend_result
backend_send(
    struct backend *backend, const char *bytes, size_t n, uint32_t timeout_s)
{
	int result = stream_write_unless_spoken_to(
	    &backend->stream, bytes, n, deadline_in(timeout_s));

	if (result == STREAM_DONE)
		return BACKEND_DONE;
	if (result == STREAM_WATCHED)
		return backend_spoke(backend, timeout_s);
	response_init(&backend->response);
	return fail_stream(backend, result);
}

enum backend_result
backend_spoke(struct backend *backend, uint32_t timeout_s)
{
	enum backend_result result = backend_reply(backend, timeout_s);

	if (result == BACKEND_DONE)
		return fail(backend, BACKEND_LOST);
	if (result != BACKEND_CLOSING)
		response_init(&backend->response);
	return result;
}

bool
backend_is_stale(struct backend *backend)
{
	return stream_has_input(&backend->stream);
}

void
backend_quit(struct backend *backend)
{
	static const char quit[] = "QUIT\r\n";

	if (backend->state == BACKEND_CLOSED)
		return;
	/* Only a courtesy: ignore whether it arrives. */
	(void)stream_write(
	    &backend->stream, quit, sizeof(quit) - 1, clock_mono_ms());
	backend_drop(backend);
}

const char *
backend_result_name(enum backend_result result)
{
	switch (result) {
	case BACKEND_UNREACHABLE:
		return "unreachable";
	case BACKEND_TIMEOUT:
		return "timeout";
	case BACKEND_LOST:
		return "lost";
	case BACKEND_CLOSING:
		return "closing";
	case BACKEND_GARBAGE:
		return "garbage";
	case BACKEND_REFUSED_GATE:
		return "gate-refused";
	case BACKEND_REFUSED:
		return "client-refused";
	case BACKEND_CLIENT_UNKNOWN:
		return "client-unknown";
	case BACKEND_NO_XCLIENT:
		return "xclient-not-offered";
	case BACKEND_XCLIENT_FAILED:
		return "xclient-refused";
	case BACKEND_DONE:
		break;
	}
	return "done";
}
