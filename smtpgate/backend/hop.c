/* SPDX-License-Identifier: ISC */
#include "smtpgate/backend/hop.h"

#include <stdio.h>

/* backend.c has one buffer for the gate's name and for a client's. */
_Static_assert(GATE_HOSTNAME_BYTES <= IDENTITY_HELO_BYTES,
    "a host name must fit into EHLO");

void
hop_begin(struct hop *hop)
{
	hop->stage = HOP_CONNECT;
	hop->may_be_in_transaction = false;
	backend_begin(&hop->backend);
}

const char *
hop_stage_name(enum hop_stage stage)
{
	static const char *const names[HOP_STAGES] = {
	    [HOP_CONNECT] = "connect",
	    [HOP_EHLO] = "ehlo",
	    [HOP_XCLIENT] = "xclient",
	    [HOP_MAIL] = "mail",
	    [HOP_RCPT] = "rcpt",
	    [HOP_DATA] = "data",
	    [HOP_CHUNK] = "bdat",
	    [HOP_MESSAGE] = "message",
	    [HOP_RSET] = "rset",
	};

	return names[stage];
}

uint32_t
hop_timeout(const struct gate *gate, enum hop_stage stage)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;

	switch (stage) {
	case HOP_CONNECT:
		return conf->backend_connect_timeout_s;
	case HOP_EHLO:
	case HOP_XCLIENT:
		return conf->backend_greeting_timeout_s;
	case HOP_MAIL:
	case HOP_RSET:
		break;
	case HOP_RCPT:
		return conf->backend_rcpt_timeout_s;
	case HOP_DATA:
		return conf->backend_data_timeout_s;
	case HOP_CHUNK:
		return conf->backend_block_timeout_s;
	case HOP_MESSAGE:
		return conf->backend_message_timeout_s;
	case HOP_STAGES:
		break;
	}
	return conf->backend_mail_timeout_s;
}

static struct backend_limits
limits_of(const struct gate *gate)
{
	return (struct backend_limits){
	    .connect_timeout_s = hop_timeout(gate, HOP_CONNECT),
	    .greeting_timeout_s = hop_timeout(gate, HOP_EHLO),
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
	struct backend_limits limits = limits_of(gate);
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
	hop->stage = HOP_EHLO;
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

	hop->stage = HOP_CONNECT;
	result = reach(hop, gate, identity, true);
	if (result != BACKEND_DONE || !hop->may_be_in_transaction)
		return result;
	(void)hop_reset(hop, gate);
	hop->stage = HOP_CONNECT;
	return reach(hop, gate, identity, true);
}

enum backend_result
hop_identify(
    struct hop *hop, const struct gate *gate, const struct identity *identity)
{
	struct backend *backend = &hop->backend;
	struct backend_limits limits = limits_of(gate);
	enum backend_result result;

	result = reach_idle(hop, gate, identity);
	if (result != BACKEND_DONE)
		return result;
	/* An equal identity may be older: its age and TLS are not compared. */
	hop->bound = *identity;
	if (backend->state == BACKEND_IDENTIFIED)
		return BACKEND_DONE;
	hop->stage = HOP_XCLIENT;
	if (identity_kind(gate, backend->endpoint) == CONF_IDENTITY_XCLIENT)
		return backend_xclient(backend, identity, &limits);
	backend->state = BACKEND_IDENTIFIED;
	return BACKEND_DONE;
}

/* The result of the stage, with the reply judged. */
static enum backend_result
judge(struct hop *hop, enum hop_stage stage, enum backend_result result)
{
	struct backend *backend = &hop->backend;
	const struct response *response = &backend->response;
	bool is_good = stage == HOP_DATA ? response->code == 354
					 : response_is(response, 2);

	hop->stage = stage;
	if (result == BACKEND_DONE && !is_good && !response_is(response, 4) &&
	    !response_is(response, 5)) {
		backend_drop(backend);
		result = BACKEND_GARBAGE;
	}
	return result;
}

enum backend_result
hop_command(struct hop *hop, const struct gate *gate, const char *command,
    enum hop_stage stage)
{
	return judge(hop, stage,
	    backend_command(&hop->backend, command, hop_timeout(gate, stage)));
}

enum backend_result
hop_mail(struct hop *hop, const struct gate *gate, const char *command)
{
	hop->may_be_in_transaction = true;
	return hop_command(hop, gate, command, HOP_MAIL);
}

void
hop_accepted(struct hop *hop)
{
	hop->may_be_in_transaction = false;
}

enum backend_result
hop_ask_rcpt(struct hop *hop, const struct gate *gate, const char *command)
{
	hop->stage = HOP_RCPT;
	return backend_ask(&hop->backend, command, hop_timeout(gate, HOP_RCPT));
}

enum backend_result
hop_answer_rcpt(struct hop *hop, const struct gate *gate)
{
	return judge(hop, HOP_RCPT,
	    backend_reply(&hop->backend, hop_timeout(gate, HOP_RCPT)));
}

enum backend_result
hop_begin_chunk(
    struct hop *hop, const struct gate *gate, uint64_t n_bytes, bool is_last)
{
	char line[sizeof("BDAT  LAST\r\n") + 20];
	int len = snprintf(line, sizeof(line), "BDAT %llu%s\r\n",
	    (unsigned long long)n_bytes, is_last ? " LAST" : "");

	return backend_send(
	    &hop->backend, line, (size_t)len, hop_timeout(gate, HOP_CHUNK));
}

enum backend_result
hop_send_chunk(
    struct hop *hop, const struct gate *gate, const char *bytes, size_t n)
{
	uint32_t timeout_s = hop_timeout(gate, HOP_CHUNK);
	enum backend_result result = hop_begin_chunk(hop, gate, n, false);

	if (result == BACKEND_DONE)
		result = backend_send(&hop->backend, bytes, n, timeout_s);
	if (result == BACKEND_DONE)
		result = backend_reply(&hop->backend, timeout_s);
	return judge(hop, HOP_CHUNK, result);
}

enum backend_result
hop_reset(struct hop *hop, const struct gate *gate)
{
	enum backend_result result;

	if (hop->backend.state == BACKEND_CLOSED || !hop->may_be_in_transaction)
		return BACKEND_DONE;
	result = hop_command(hop, gate, "RSET", HOP_RSET);
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
