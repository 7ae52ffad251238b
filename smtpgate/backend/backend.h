/* SPDX-License-Identifier: ISC */
/*
 * backend - an SMTP client: one connection to the administrator's MTA.
 *
 * CONCEPT.  A command waits for its reply, which is then in backend.response.
 * If the MTA offers PIPELINING, several commands may be sent first
 * (backend_ask) and their replies read later, in the same order.  The gate says
 * EHLO as itself; XCLIENT then gives the MTA the client's identity, at most
 * once in a connection.  Only a PROXY header is sent before the MTA's 220.
 *
 *   CLOSED --open--> GREETED --identify--> IDENTIFIED --command--> ...
 *     ^                 |                      |
 *     +---- any failure, backend_quit, backend_drop
 *
 * LIFETIME.  backend_begin() first; the connection is then closed.
 * backend_quit() last, or backend_drop() to abort a message that was begun.
 *
 * CONCURRENCY.  One thread.
 *
 * TRUST.  The MTA may die, stall or send nonsense at any byte; its replies are
 * bounded and cleaned (response.h).
 *
 * TIME.  Each wait has a limit of its own; timeout_s is that of the call.
 *
 * ERRORS.  enum backend_result.  A result other than BACKEND_DONE leaves the
 * connection closed.
 */
#ifndef SMTPGATE_BACKEND_BACKEND_H
#define SMTPGATE_BACKEND_BACKEND_H

#include "config/conf.h"
#include "smtpgate/backend/identity.h"
#include "smtpgate/syntax/ehlo.h"
#include "smtpgate/syntax/response.h"
#include "smtpgate/wire/stream.h"

#include <stdbool.h>

enum backend_result {
	BACKEND_DONE = 0,
	BACKEND_UNREACHABLE,    /* no connection: backend.error has the errno */
	BACKEND_TIMEOUT,        /* no reply, or it accepts no bytes */
	BACKEND_LOST,           /* closed, reset, or a reply too many */
	BACKEND_CLOSING,        /* it said 421: response */
	BACKEND_GARBAGE,        /* not SMTP */
	BACKEND_REFUSED_GATE,   /* it does not serve the gate: response */
	BACKEND_REFUSED,        /* it does not serve this client: response */
	BACKEND_CLIENT_UNKNOWN, /* PROXY cannot name an unknown client */
	BACKEND_NO_XCLIENT,     /* XCLIENT is not offered to the gate */
	BACKEND_XCLIENT_FAILED, /* XCLIENT was offered and refused */
};

enum backend_state {
	BACKEND_CLOSED = 0,
	BACKEND_GREETED,    /* EHLO done; the MTA knows only the gate */
	BACKEND_IDENTIFIED, /* it knows the client; serves no other from now */
};

struct backend {
	enum backend_state state;
	int error;
	unsigned n_unanswered;                /* commands of backend_ask() */
	const struct conf_endpoint *endpoint; /* of the connection */
	struct stream stream;
	struct ehlo ehlo;       /* offered now */
	struct ehlo ehlo_first; /* offered before XCLIENT */
	struct response response;
	struct line line; /* the latest of a reply; too large for the stack */
};

struct backend_limits {
	uint32_t connect_timeout_s;
	uint32_t greeting_timeout_s; /* each of 220, EHLO, XCLIENT */
};

void backend_begin(struct backend *backend);

/*
 * Connect, wait for 220, say EHLO, or HELO if the MTA does not know EHLO.
 * backend: closed.  host: the gate's name.
 * On success the state is BACKEND_GREETED.
 */
enum backend_result backend_open(struct backend *backend,
    const struct conf_endpoint *endpoint, const char *host,
    const struct backend_limits *limits);

/*
 * The same in the client's name: a PROXY header, then its own EHLO or HELO.
 * On success the state is BACKEND_IDENTIFIED; if the client is unknown, it is
 * BACKEND_GREETED, and no MAIL may follow.
 * Returns BACKEND_REFUSED when the MTA refuses the client.
 */
enum backend_result backend_open_as(struct backend *backend,
    const struct conf_endpoint *endpoint, const struct identity *identity,
    const struct backend_limits *limits);

/*
 * Send the client's identity by XCLIENT, then the client's own EHLO or HELO.
 * backend: greeted.
 */
enum backend_result backend_xclient(struct backend *backend,
    const struct identity *identity, const struct backend_limits *limits);

/*
 * Send one command (without CR LF) and read its reply.  If the MTA sent an
 * extra reply before, no later reply would belong to its command: the
 * connection is closed, as BACKEND_LOST.
 */
enum backend_result backend_command(
    struct backend *backend, const char *command, uint32_t timeout_s);

/*
 * Send one command (without CR LF); backend_reply() reads its reply.  If
 * ehlo.has_pipelining, others may be unanswered.  If none is, an extra reply is
 * noticed as above.
 */
enum backend_result backend_ask(
    struct backend *backend, const char *command, uint32_t timeout_s);

/* Read the next reply: to the oldest unanswered command, or to a message. */
enum backend_result backend_reply(struct backend *backend, uint32_t timeout_s);

/*
 * Send a piece of a message.  If the MTA replies before its end, as
 * backend_spoke().
 */
enum backend_result backend_send(
    struct backend *backend, const char *bytes, size_t n, uint32_t timeout_s);

/*
 * Read the reply that the MTA sent in the middle of a message, and close.
 * Returns BACKEND_LOST or BACKEND_CLOSING, and the reply is in response; or
 * another result, and response is empty.
 */
enum backend_result backend_spoke(struct backend *backend, uint32_t timeout_s);

/* Whether an idle connection was closed, or has an unexpected reply (421). */
bool backend_is_stale(struct backend *backend);

/* Say QUIT without waiting, and close. */
void backend_quit(struct backend *backend);

/* Close at once; the MTA does not deliver a message that was begun. */
void backend_drop(struct backend *backend);

/* The value of result= in the log. */
const char *backend_result_name(enum backend_result result);

#endif
