/* SPDX-License-Identifier: ISC */
/*
 * hop - the way to the backend: which of the two backends, and which identity
 * it is given.
 *
 * CONCEPT.  A client that may relay is served by backend_relay (if there is
 * one), any other client by backend.  A connection that knows a client serves
 * only that identity; for another identity, another connection is opened.
 *
 * LIFETIME.  hop_begin() first, which makes no connection; hop_end() last.
 *
 * ERRORS.  As backend.h.  After a failure hop->stage names the command that
 * failed, and hop->backend has what event_backend() logs.
 */
#ifndef SMTPGATE_BACKEND_HOP_H
#define SMTPGATE_BACKEND_HOP_H

#include "smtpgate/backend/backend.h"
#include "smtpgate/backend/identity.h"
#include "smtpgate/gate.h"

struct hop {
	struct identity bound; /* the one an identified connection serves */
	const char *stage;     /* what the latest call did last, for the log */
	struct backend backend;
};

void hop_begin(struct hop *hop);

/* The time limits of the configuration. */
struct backend_limits hop_limits(const struct gate *gate);

/*
 * Have a connection that EHLO's offer can be taken from.
 * The identity's right is a guess at which of the backends MAIL will need.
 */
enum backend_result hop_greet(
    struct hop *hop, const struct gate *gate, const struct identity *identity);

/* Have a connection that takes MAIL from this identity. */
enum backend_result hop_identify(
    struct hop *hop, const struct gate *gate, const struct identity *identity);

/*
 * Send a command of a transaction.  stage: its name for the log, static.
 * want: 2 for any 2xx, or 354.  A reply that is neither that nor 4xx nor 5xx
 * is BACKEND_GARBAGE.
 */
enum backend_result hop_command(struct hop *hop, const struct gate *gate,
    const char *command, const char *stage, unsigned want);

/*
 * The same in two steps, for commands that may be pipelined (backend.h): ask,
 * and later read the answer to what was asked first.
 */
enum backend_result hop_ask(struct hop *hop, const struct gate *gate,
    const char *command, const char *stage);
enum backend_result hop_answer(
    struct hop *hop, const struct gate *gate, const char *stage, unsigned want);

/*
 * Announce a chunk.  Where that fails, carrying the chunk finds the backend
 * closed.
 */
enum backend_result hop_begin_chunk(
    struct hop *hop, const struct gate *gate, uint64_t n_bytes, bool is_last);

/* Send a chunk of our own, not the last, and read the answer to it. */
enum backend_result hop_send_chunk(
    struct hop *hop, const struct gate *gate, const char *bytes, size_t n);

/*
 * End a transaction without a message, if the backend is connected.  A backend
 * that refuses RSET is disconnected, which is BACKEND_DONE.
 */
enum backend_result hop_reset(struct hop *hop, const struct gate *gate);

/* Whether Received: must be added, since the backend cannot be told. */
bool hop_is_untold(const struct hop *hop, const struct gate *gate);

void hop_end(struct hop *hop);

#endif
