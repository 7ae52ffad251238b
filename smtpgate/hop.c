/* SPDX-License-Identifier: ISC */
/*
 * hop - the way to the backend: which of the two, and as whom.
 */
#include "smtpgate/hop.h"

#include "smtpgate/events.h"

#include <stdio.h>

struct backend_limits
hop_limits(const struct gate *gate)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;

	return (struct backend_limits){
	    .connect_timeout_s = conf->backend_connect_timeout_s,
	    .reply_timeout_s = conf->backend_timeout_s,
	};
}

static const struct conf_endpoint *
endpoint_for(const struct gate *gate, bool may_relay)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;

	return may_relay && conf->backend_relay.is_set ? &conf->backend_relay
						       : &conf->backend;
}

static enum conf_identity
identity_kind(const struct hop *hop, const struct gate *gate)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;

	return hop->backend.endpoint == &conf->backend_relay
		   ? conf->backend_relay_identity
		   : conf->backend_identity;
}

static enum backend_result
told(const struct hop *hop, const struct gate *gate, const char *stage,
    enum backend_result result)
{
	if (result != BACKEND_DONE)
		event_backend(&gate->client, &hop->backend, stage, result);
	return result;
}

/* Close what is connected elsewhere, or has died meanwhile. */
static void
close_unless(struct hop *hop, const struct conf_endpoint *endpoint)
{
	struct backend *backend = &hop->backend;

	if (backend->state == BACKEND_CLOSED)
		return;
	if (backend->endpoint != endpoint)
		backend_quit(backend);
	else if (backend_is_stale(backend))
		backend_drop(backend);
}

static enum backend_result
open_unless_open(struct hop *hop, const struct gate *gate,
    const struct conf_endpoint *endpoint)
{
	struct backend_limits limits = hop_limits(gate);

	if (hop->backend.state != BACKEND_CLOSED)
		return BACKEND_DONE;
	return backend_open(&hop->backend, endpoint, gate->hostname, &limits);
}

enum backend_result
hop_greet(struct hop *hop, const struct gate *gate, const struct right *right)
{
	const struct conf_endpoint *endpoint =
	    endpoint_for(gate, right_may_relay(right));

	close_unless(hop, endpoint);
	return told(hop, gate, "ehlo", open_unless_open(hop, gate, endpoint));
}

enum backend_result
hop_identify(
    struct hop *hop, const struct gate *gate, const struct identity *identity)
{
	struct backend *backend = &hop->backend;
	struct backend_limits limits = hop_limits(gate);
	enum backend_result result;
	bool may_relay =
	    identity->kind == RIGHT_NETWORK || identity->kind == RIGHT_GRANT;

	if (backend->state == BACKEND_IDENTIFIED &&
	    !identity_equal(&hop->bound, identity))
		backend_quit(backend);
	close_unless(hop, endpoint_for(gate, may_relay));
	result = open_unless_open(hop, gate, endpoint_for(gate, may_relay));
	if (result != BACKEND_DONE)
		return told(hop, gate, "connect", result);

	if (backend->state == BACKEND_IDENTIFIED)
		return BACKEND_DONE;
	switch (identity_kind(hop, gate)) {
	case CONF_IDENTITY_NONE:
		backend->state = BACKEND_IDENTIFIED;
		break;
	case CONF_IDENTITY_XCLIENT:
		result = backend_xclient(backend, identity, &limits);
		break;
	}
	hop->bound = *identity;
	return told(hop, gate, "xclient", result);
}

/* Log a failure; want: 2 for any 2xx, or a code. */
static enum backend_result
judge(struct hop *hop, const struct gate *gate, enum backend_result result,
    const char *stage, unsigned want)
{
	struct backend *backend = &hop->backend;
	const struct response *response = &backend->response;

	if (result == BACKEND_DONE && response->code != want &&
	    !response_is(response, want) && !response_is(response, 4) &&
	    !response_is(response, 5)) {
		backend_drop(backend);
		result = BACKEND_GARBAGE;
	}
	return told(hop, gate, stage, result);
}

enum backend_result
hop_command(struct hop *hop, const struct gate *gate, const char *command,
    const char *stage, unsigned want)
{
	struct backend_limits limits = hop_limits(gate);

	return judge(hop, gate,
	    backend_command(&hop->backend, command, &limits), stage, want);
}

enum backend_result
hop_begin_chunk(
    struct hop *hop, const struct gate *gate, uint64_t n_bytes, bool is_last)
{
	struct backend_limits limits = hop_limits(gate);
	char line[sizeof("BDAT  LAST\r\n") + 20];
	int len = snprintf(line, sizeof(line), "BDAT %llu%s\r\n",
	    (unsigned long long)n_bytes, is_last ? " LAST" : "");

	return backend_send(&hop->backend, line, (size_t)len, &limits);
}

enum backend_result
hop_send_chunk(
    struct hop *hop, const struct gate *gate, const char *bytes, size_t n)
{
	struct backend_limits limits = hop_limits(gate);
	enum backend_result result = hop_begin_chunk(hop, gate, n, false);

	if (result == BACKEND_DONE)
		result = backend_send(&hop->backend, bytes, n, &limits);
	if (result == BACKEND_DONE)
		result = backend_reply(&hop->backend, &limits);
	return judge(hop, gate, result, "bdat", 2);
}

void
hop_reset(struct hop *hop, const struct gate *gate)
{
	if (hop->backend.state == BACKEND_CLOSED)
		return;
	if (hop_command(hop, gate, "RSET", "rset", 2) == BACKEND_DONE &&
	    !response_is(&hop->backend.response, 2))
		backend_drop(&hop->backend);
}

bool
hop_is_untold(const struct hop *hop, const struct gate *gate)
{
	return identity_kind(hop, gate) == CONF_IDENTITY_NONE;
}

void
hop_end(struct hop *hop)
{
	backend_quit(&hop->backend);
}
