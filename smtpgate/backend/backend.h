/* SPDX-License-Identifier: ISC */
/*
 * backend - an SMTP client: one connection to the MTA behind.
 *
 * CONCEPT.  A command waits for its reply, which is then in backend.response;
 * where the MTA has PIPELINING some may be asked first (backend_ask), and the
 * replies read then, in their order.  The gate says EHLO as itself; an
 * identity is told by XCLIENT, at most once a connection.  Nothing is sent
 * before the MTA's 220.
 *
 *   CLOSED --open--> GREETED --identify--> IDENTIFIED --command--> ...
 *     ^                 |                      |
 *     +---- any failure, backend_quit, backend_drop
 *
 * LIFETIME.  backend_begin() makes a closed one.  backend_quit() after the last
 * use; backend_drop() where what was begun must not be finished.
 *
 * CONCURRENCY.  One thread.
 *
 * TRUST.  The MTA may die, stall or babble at any byte; its replies are
 * bounded and cleaned (response.h).
 *
 * TIME.  connect_timeout_s for all until its first EHLO is answered,
 * reply_timeout_s for each command or piece of a message.
 *
 * ERRORS.  enum backend_result.  Whatever is neither BACKEND_DONE nor a reply
 * of the MTA's leaves the connection closed.
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
	BACKEND_TIMEOUT,        /* no reply, or it takes no bytes */
	BACKEND_LOST,           /* it closed, reset, said 421, spoke unasked */
	BACKEND_GARBAGE,        /* what it says is not SMTP */
	BACKEND_REFUSED_GATE,   /* it does not even serve us */
	BACKEND_REFUSED,        /* it does not serve this client: response */
	BACKEND_UNTELLABLE,     /* the client is unknown; PROXY has no word */
	BACKEND_NO_XCLIENT,     /* XCLIENT is not offered to this gate */
	BACKEND_XCLIENT_FAILED, /* XCLIENT was offered, and refused */
};

enum backend_state {
	BACKEND_CLOSED = 0,
	BACKEND_GREETED,    /* EHLO done; the MTA knows nobody but us */
	BACKEND_IDENTIFIED, /* it knows the client; nobody else's from now on */
};

struct backend {
	enum backend_state state;
	int error;
	unsigned n_unanswered;                /* of backend_ask() */
	const struct conf_endpoint *endpoint; /* where it is connected to */
	struct stream stream;
	struct ehlo ehlo;       /* what it offers now */
	struct ehlo ehlo_first; /* what it offered before XCLIENT */
	struct response response;
	struct line line; /* of it, the latest; too large for the stack */
};

struct backend_limits {
	uint32_t connect_timeout_s;
	uint32_t reply_timeout_s;
};

void backend_begin(struct backend *backend);

/*
 * Connect, wait for 220, say EHLO (or HELO, if the MTA knows no other).
 * backend: closed.  host: our name.
 * Leaves it greeted.
 */
enum backend_result backend_open(struct backend *backend,
    const struct conf_endpoint *endpoint, const char *host,
    const struct backend_limits *limits);

/*
 * The same as the client: a PROXY header first, then its own EHLO or HELO.
 * Leaves it identified; as BACKEND_REFUSED when it turns the client away.
 */
enum backend_result backend_open_as(struct backend *backend,
    const struct conf_endpoint *endpoint, const struct identity *identity,
    const struct backend_limits *limits);

/*
 * Tell who the client is, by XCLIENT and the client's own EHLO or HELO.
 * backend: greeted.
 */
enum backend_result backend_xclient(struct backend *backend,
    const struct identity *identity, const struct backend_limits *limits);

/*
 * Send one command (without CR LF) and read its reply.  An MTA that spoke
 * unasked is out of step, and no reply of it would belong to its question: it
 * is closed, as BACKEND_LOST.  So is one that says 421.
 */
enum backend_result backend_command(struct backend *backend,
    const char *command, const struct backend_limits *limits);

/*
 * Send one command (without CR LF), and leave its reply to backend_reply().
 * Others may be unanswered where ehlo.has_pipelining.  When none is, an MTA
 * that spoke unasked is closed, as above.
 */
enum backend_result backend_ask(struct backend *backend, const char *command,
    const struct backend_limits *limits);

/* Read the next reply: to what was asked first, or to the end of a message. */
enum backend_result backend_reply(
    struct backend *backend, const struct backend_limits *limits);

/*
 * Send a piece of a message.  When the MTA speaks meanwhile, as
 * backend_spoke().
 */
enum backend_result backend_send(struct backend *backend, const char *bytes,
    size_t n, const struct backend_limits *limits);

/*
 * Hear why the MTA speaks in the middle of a message, and close.
 * Returns BACKEND_LOST, or _TIMEOUT; response holds what it said if that was
 * a whole reply, else nothing.
 */
enum backend_result backend_spoke(
    struct backend *backend, const struct backend_limits *limits);

/* Whether an idle connection has ended meanwhile, or is about to. */
bool backend_is_stale(struct backend *backend);

/* Say QUIT without waiting, and close. */
void backend_quit(struct backend *backend);

/* Close at once: a message that was begun is not delivered. */
void backend_drop(struct backend *backend);

/* Words for a log. */
const char *backend_result_name(enum backend_result result);

#endif
