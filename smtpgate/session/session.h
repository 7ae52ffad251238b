/* SPDX-License-Identifier: ISC */
/*
 * session - the state of one client's SMTP session.
 *
 * CONCEPT.  dispatch.c reads the commands; the verbs (hello, auth, starttls,
 * transaction, content) serve them.  A verb calls the functions here and of
 * dialogue.h, which call no verb.
 *
 * LIFETIME.  session_begin() first, session_finish() last; again and again on
 * one struct.  The struct is large and best static: pages that no byte was
 * written to take no memory.
 *
 * CONCURRENCY.  One thread.
 */
#ifndef SMTPGATE_SESSION_SESSION_H
#define SMTPGATE_SESSION_SESSION_H

#include "decision/path.h"
#include "decision/policy.h"
#include "decision/right.h"
#include "smtpgate/backend/hop.h"
#include "smtpgate/events.h"
#include "smtpgate/gate.h"
#include "smtpgate/password/auth_dovecot.h"
#include "smtpgate/session/dialogue.h"
#include "smtpgate/syntax/data.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

/* In the order of a session: dispatch.c compares them. */
enum session_state {
	SESSION_GREETED = 0, /* 220 sent */
	SESSION_READY,       /* EHLO or HELO accepted; no transaction */
	SESSION_MAIL,        /* MAIL accepted by the backend */
	SESSION_RCPT,        /* at least one RCPT accepted by the backend */
	SESSION_CHUNKS,      /* a BDAT accepted by the backend, none LAST */
};

/* Usual page size.  Where pages are larger, a session takes more memory. */
#define SESSION_PAGE_BYTES 4096

/* RCPTs that may be sent to the backend at once.  The commands and their
 * replies fit into the buffers of any socket, so there is no deadlock. */
#define TRANSACTION_WAITING_MAX 16

/* A recipient, and the decision about it. */
struct transaction_rcpt {
	struct path recipient;
	struct policy_verdict verdict;
};

/* One message, from MAIL to its end. */
struct transaction {
	uint32_t n_recipients; /* accepted */
	uint32_t n_refused;    /* RCPTs refused, by the gate or the backend */
	uint32_t n_waiting;    /* of session->waiting */
	struct right right;    /* now */
	struct right right_at_mail;
	struct path sender;
	bool is_smtputf8;
	struct data chunks; /* of BDAT */
};

struct session {
	/* zeroed by session_begin() */

	const struct gate *gate;
	enum session_state state;
	struct transaction transaction;

	/* the client's EHLO or HELO, and what the answer offered */
	char helo[IDENTITY_HELO_BYTES];
	bool is_esmtp;
	struct ehlo offered;

	/* SMTP AUTH */
	char login[IDENTITY_USER_BYTES]; /* the user; "": not logged in */
	uint32_t n_wrong_passwords;
	struct auth_dovecot dovecot;

	bool is_table_logged; /* that the table cannot be read */
	struct event_totals totals;

	/* Not zeroed: each has its own init function.  To zero 80 kB would
	 * take longer than the rest of the gate's own work in a session, and
	 * would touch pages that are otherwise never used. */

	struct dialogue dialogue;
	/* aligned so that each session writes to three pages of it only */
	alignas(SESSION_PAGE_BYTES) struct hop hop;
	/* RCPTs that the backend was asked for and has not answered, in order */
	struct transaction_rcpt waiting[TRANSACTION_WAITING_MAX];
};

/* Returns 0, or a negative errno when a descriptor is not open. */
int session_begin(
    struct session *session, const struct gate *gate, int fd_in, int fd_out);

/* Send what is still to be sent, leave the backend, and log the end. */
void session_finish(struct session *session);

/* The only function that changes the state. */
void session_enter(struct session *session, enum session_state state);

/*
 * Give up the transaction on both sides, if either may have one; answers
 * nothing.
 */
void session_reset(struct session *session);

/* Log a failure of the backend in session->hop.  Returns the result. */
enum backend_result session_backend(
    struct session *session, enum backend_result result);

/*
 * End the session because of this result: with the backend's reply, if it refused
 * the client or said 421.
 */
void session_lose_backend(struct session *session, enum backend_result result);

/* Whether the client speaks TLS. */
bool session_has_tls(const struct session *session);

/* Whether STARTTLS can be used now. */
bool session_offers_tls(const struct session *session);

/* Whether the service requires TLS and the client does not speak it. */
bool session_needs_tls(const struct session *session);

/* Whether clients of this service can log in at all, perhaps after STARTTLS. */
bool session_serves_auth(const struct session *session);

#endif
