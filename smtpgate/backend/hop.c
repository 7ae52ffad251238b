/* SPDX-License-Identifier: ISC */
/*
 * hop - the way to the backend: which of the two backends, and which identity
 * it is given.
 */
#include "smtpgate/backend/hop.h"

#include <stdio.h>

/* backend.c has one buffer for the gate's name and for a client's. */
_Static_assert(GATE_HOSTNAME_BYTES <= IDENTITY_HELO_BYTES,
    "a host name must fit into EHLO");

void
hop_begin(struct hop *hop)
{
	hop->stage = "";
	hop->may_be_in_transaction = false;
	backend_begin(&hop->backend);
}

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
identity_kind(const struct gate *gate, const struct conf_endpoint *endpoint)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;

	return endpoint == &conf->backend_relay ? conf->backend_relay_identity
						: conf->backend_identity;
}

/*
 * Whether the connection already serves another identity.  With PROXY it has
 * one from the beginning, of which only the header's part and EHLO count; else
 * it has one from the first MAIL on.
 */
static bool
serves_another(const struct hop *hop, const struct gate *gate,
    const struct identity *identity, bool is_for_mail)
{
	if (hop->backend.state != BACKEND_IDENTIFIED)
		return false;
	if (identity_kind(gate, hop->backend.endpoint) == CONF_IDENTITY_PROXY)
		return !identity_equal_outside(&hop->bound, identity);
	return is_for_mail && !identity_equal(&hop->bound, identity);
}

/*
 * A PROXY header cannot name an unknown client.  The connection that EHLO got
 * is the gate's own (LOCAL), and must not carry mail.
 */
static enum backend_result
refuse_unknown(struct backend *backend, const struct conf_endpoint *endpoint)
{
	backend_quit(backend);
	backend->endpoint = endpoint;
	backend->error = 0;
	response_init(&backend->response);
	return BACKEND_CLIENT_UNKNOWN;
}

/*
 * Get a connection to the backend of this identity.  With PROXY it is opened in
 * the client's name, else in the gate's.
 */
static enum backend_result
reach(struct hop *hop, const struct gate *gate, const struct identity *identity,
    bool is_for_mail)
{
	const struct conf_endpoint *endpoint =
	    endpoint_for(gate, right_kind_may_relay(identity->kind));
	struct backend_limits limits = hop_limits(gate);
	struct backend *backend = &hop->backend;

	if (is_for_mail &&
	    identity_kind(gate, endpoint) == CONF_IDENTITY_PROXY &&
	    !identity->client->is_known)
		return refuse_unknown(backend, endpoint);
	if (backend->state != BACKEND_CLOSED &&
	    (backend->endpoint != endpoint ||
		serves_another(hop, gate, identity, is_for_mail)))
		backend_quit(backend);
	else if (backend->state != BACKEND_CLOSED && backend_is_stale(backend))
		backend_drop(backend);
	if (backend->state != BACKEND_CLOSED)
		return BACKEND_DONE;
	hop->may_be_in_transaction = false;
	if (identity_kind(gate, endpoint) != CONF_IDENTITY_PROXY)
		return backend_open(backend, endpoint, gate->hostname, &limits);
	hop->bound = *identity;
	return backend_open_as(backend, endpoint, identity, &limits);
}

enum backend_result
hop_greet(
    struct hop *hop, const struct gate *gate, const struct identity *identity)
{
	hop->stage = "ehlo";
	return reach(hop, gate, identity, false);
}

/*
 * The same, in no transaction.  A connection that fails at RSET, or refuses it,
 * is replaced.
 */
static enum backend_result
reach_idle(
    struct hop *hop, const struct gate *gate, const struct identity *identity)
{
	enum backend_result result;

	hop->stage = "connect";
	result = reach(hop, gate, identity, true);
	if (result != BACKEND_DONE || !hop->may_be_in_transaction)
		return result;
	(void)hop_reset(hop, gate);
	hop->stage = "connect";
	return reach(hop, gate, identity, true);
}

enum backend_result
hop_identify(
    struct hop *hop, const struct gate *gate, const struct identity *identity)
{
	struct backend *backend = &hop->backend;
	struct backend_limits limits = hop_limits(gate);
	enum backend_result result;

	result = reach_idle(hop, gate, identity);
	if (result != BACKEND_DONE)
		return result;
	/* An equal identity may be older: its age and TLS are not compared. */
	hop->bound = *identity;
	if (backend->state == BACKEND_IDENTIFIED)
		return BACKEND_DONE;
	hop->stage = "xclient";
	if (identity_kind(gate, backend->endpoint) == CONF_IDENTITY_XCLIENT)
		return backend_xclient(backend, identity, &limits);
	backend->state = BACKEND_IDENTIFIED;
	return BACKEND_DONE;
}

/* The result, with the reply judged.  want: 2 for any 2xx, or a code. */
static enum backend_result
judge(struct hop *hop, enum backend_result result, unsigned want)
{
	struct backend *backend = &hop->backend;
	const struct response *response = &backend->response;

	if (result == BACKEND_DONE && response->code != want &&
	    !response_is(response, want) && !response_is(response, 4) &&
	    !response_is(response, 5)) {
		backend_drop(backend);
		result = BACKEND_GARBAGE;
	}
	return result;
}

enum backend_result
hop_command(struct hop *hop, const struct gate *gate, const char *command,
    const char *stage, unsigned want)
{
	struct backend_limits limits = hop_limits(gate);

	hop->stage = stage;
	return judge(
	    hop, backend_command(&hop->backend, command, &limits), want);
}

enum backend_result
hop_mail(struct hop *hop, const struct gate *gate, const char *command)
{
	hop->may_be_in_transaction = true;
	return hop_command(hop, gate, command, "mail", 2);
}

void
hop_accepted(struct hop *hop)
{
	hop->may_be_in_transaction = false;
}

enum backend_result
hop_ask(struct hop *hop, const struct gate *gate, const char *command,
    const char *stage)
{
	struct backend_limits limits = hop_limits(gate);

	hop->stage = stage;
	return backend_ask(&hop->backend, command, &limits);
}

enum backend_result
hop_answer(
    struct hop *hop, const struct gate *gate, const char *stage, unsigned want)
{
	struct backend_limits limits = hop_limits(gate);

	hop->stage = stage;
	return judge(hop, backend_reply(&hop->backend, &limits), want);
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
	hop->stage = "bdat";
	return judge(hop, result, 2);
}

enum backend_result
hop_reset(struct hop *hop, const struct gate *gate)
{
	enum backend_result result;

	if (hop->backend.state == BACKEND_CLOSED || !hop->may_be_in_transaction)
		return BACKEND_DONE;
	result = hop_command(hop, gate, "RSET", "rset", 2);
	if (result == BACKEND_DONE && !response_is(&hop->backend.response, 2))
		backend_drop(&hop->backend);
	hop->may_be_in_transaction = false;
	return result;
}

bool
hop_needs_received(const struct hop *hop, const struct gate *gate)
{
	return identity_kind(gate, hop->backend.endpoint) == CONF_IDENTITY_NONE;
}

void
hop_end(struct hop *hop)
{
	backend_quit(&hop->backend);
}
