/* SPDX-License-Identifier: ISC */
/*
 * hop - the way to the backend: which of the two backends, and which identity
 * it is given.
 *
 * CONCEPT.  A client that may relay is served by backend_relay (if there is
 * one), any other client by backend.  A connection that knows a client serves
 * only that identity; for another identity, another connection is opened.
 *
 * After hop_mail() the backend may have a transaction.  Only a 2xx to RSET or to
 * the whole message ends it for certain; after any other reply, some servers keep
 * it and refuse the next MAIL.  So hop_identify() sends RSET first.
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

/* What the gate waits for at the backend; each has its time limit. */
enum hop_stage {
	HOP_CONNECT = 0,
	HOP_EHLO, /* and the greeting */
	HOP_XCLIENT,
	HOP_MAIL,
	HOP_RCPT,
	HOP_DATA,
	HOP_CHUNK,   /* a chunk that is not the last one */
	HOP_MESSAGE, /* the whole message */
	HOP_RSET,
	HOP_STAGES,
};

struct hop {
	struct identity bound; /* the one an identified connection serves */
	enum hop_stage stage;  /* the latest call ended here */
	bool may_be_in_transaction; /* the backend, on this connection */
	struct backend backend;
};

void hop_begin(struct hop *hop);

/* Seconds, of the configuration.  Source: RFC 5321, 4.5.3.2. */
uint32_t hop_timeout(const struct gate *gate, enum hop_stage stage);

/* The value of stage= in the log. */
const char *hop_stage_name(enum hop_stage stage);

/*
 * Get a connection whose extensions the client may be offered.
 * identity: its right decides which backend, and may still change before MAIL.
 */
enum backend_result hop_greet(
    struct hop *hop, const struct gate *gate, const struct identity *identity);

/*
 * Get a connection on which this identity may send MAIL, and which is in no
 * transaction.
 */
enum backend_result hop_identify(
    struct hop *hop, const struct gate *gate, const struct identity *identity);

/* Send MAIL, and read the reply: as hop_command(). */
enum backend_result hop_mail(
    struct hop *hop, const struct gate *gate, const char *command);

/* The backend has accepted the message, which ends the transaction. */
void hop_accepted(struct hop *hop);

/*
 * Send the command of a stage, and read its reply.  Any reply but 2xx (to DATA:
 * 354), 4xx or 5xx is BACKEND_GARBAGE.
 */
enum backend_result hop_command(struct hop *hop, const struct gate *gate,
    const char *command, enum hop_stage stage);

/*
 * The same in two steps, for RCPTs, which may be pipelined (backend.h): send one,
 * and later read the reply to the oldest one.
 */
enum backend_result hop_ask_rcpt(
    struct hop *hop, const struct gate *gate, const char *command);
enum backend_result hop_answer_rcpt(struct hop *hop, const struct gate *gate);

/*
 * Send BDAT.  If this fails, the backend is closed, and message_carry_chunk()
 * reports that.
 */
enum backend_result hop_begin_chunk(
    struct hop *hop, const struct gate *gate, uint64_t n_bytes, bool is_last);

/* Send a chunk of the gate's own, not the last, and read the reply. */
enum backend_result hop_send_chunk(
    struct hop *hop, const struct gate *gate, const char *bytes, size_t n);

/*
 * End a transaction without a message, if the backend may be in one.  A backend
 * that refuses RSET is disconnected, which is BACKEND_DONE.
 */
enum backend_result hop_reset(struct hop *hop, const struct gate *gate);

/* Whether Received: must name the client: the backend's identity is none. */
bool hop_needs_received(const struct hop *hop, const struct gate *gate);

void hop_end(struct hop *hop);

#endif
