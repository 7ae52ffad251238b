/* SPDX-License-Identifier: ISC */
/*
 * session - one client's SMTP session from greeting to end.
 *
 * CONCEPT.  session.c draws the states and reads the commands; transaction.c
 * has MAIL, RCPT and DATA.  A verb is a row of the table in session.c: what
 * serves it, whether it takes an argument, in which states it may stand.
 *
 * LIFETIME.  session_run(), as often as one likes.  The struct is large, and
 * best static: pages of its buffers that no byte came to are never there.
 *
 * CONCURRENCY.  One thread.
 *
 * TIME.  command_timeout for each command, session_timeout for all of them.
 */
#ifndef SMTPGATE_SESSION_SESSION_H
#define SMTPGATE_SESSION_SESSION_H

#include "common/duration.h"
#include "decision/path.h"
#include "decision/policy.h"
#include "decision/right.h"
#include "smtpgate/backend/hop.h"
#include "smtpgate/events.h"
#include "smtpgate/gate.h"
#include "smtpgate/password/auth_dovecot.h"
#include "smtpgate/syntax/data.h"
#include "smtpgate/syntax/reply.h"
#include "smtpgate/wire/stream.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

/* RCPTs that the backend may be asked for at once: what they and their replies
 * take fits into any socket's buffers, so that neither side waits for both. */
#define SESSION_WAITING_MAX 16

enum session_state {
	SESSION_GREETED = 0, /* 220 sent */
	SESSION_READY,       /* EHLO or HELO accepted; no transaction */
	SESSION_MAIL,        /* MAIL accepted by the backend */
	SESSION_RCPT,        /* one RCPT at least accepted by the backend */
	SESSION_CHUNKS,      /* a BDAT accepted by the backend, none LAST */
	SESSION_OVER,        /* nothing more is read */
};

/* A guess; where a page is larger, it costs memory, and nothing else. */
#define SESSION_PAGE_BYTES 4096

/* A recipient, and why it is permitted or not. */
struct session_rcpt {
	struct path recipient;
	struct policy_verdict verdict;
	struct right right; /* as of then */
};

struct session {
	/* What begins as zero with each client. */

	const struct gate *gate;
	enum session_state state;
	enum event_end end; /* of SESSION_OVER */
	int64_t deadline_ms;
	char window[DURATION_TEXT_BYTES];

	/* what EHLO or HELO said, and was told */
	char helo[IDENTITY_HELO_BYTES];
	bool is_esmtp;
	struct ehlo offered;

	/* of the transaction */
	struct right right;
	struct right right_at_mail; /* whatever becomes of it at a RCPT */
	struct path sender;
	bool is_smtputf8;
	struct data chunks;    /* of BDAT */
	uint32_t n_recipients; /* accepted */
	uint32_t n_refused;    /* recipients that were not */
	uint32_t n_waiting;

	/* SMTP AUTH */
	char login[IDENTITY_USER_BYTES]; /* who has logged in; "": nobody */
	uint32_t n_wrong_passwords;
	struct auth_dovecot dovecot;

	bool is_table_told; /* in the log: that it cannot be read */
	uint32_t n_errors;  /* since the last message that was accepted */
	struct event_totals totals;

	/* Buffers, which have beginnings of their own: to clear them would take
	 * longer than all else that the gate itself does in a session, and
	 * memory: most of their pages nothing ever comes to. */

	struct line line; /* the client's latest; too large for the stack */
	struct stream client;
	/* so placed, what each session writes of it is on three pages */
	alignas(SESSION_PAGE_BYTES) struct hop hop;
	/* asked, in order; the backend's answers are on their way */
	struct session_rcpt waiting[SESSION_WAITING_MAX];
};

/*
 * Serve the client on these descriptors until the session is over.
 * gate: its client is the peer; behind a balancer it becomes who that names.
 */
void session_run(
    struct session *session, struct gate *gate, int fd_in, int fd_out);

/* Until when a command's work, or its waiting for the client, may take. */
int64_t session_command_deadline(const struct session *session);

/* For those who serve a verb: answer bytes; one of the gate's own replies; the
 * backend's; and end. */
void session_send(struct session *session, const char *bytes, size_t n);
void session_reply(struct session *session, enum reply reply);
void session_pass_on(struct session *session, const struct response *response);
void session_close(
    struct session *session, enum reply reply, enum event_end end);

/* Log it, if the backend failed in session->hop.  Returns the result. */
enum backend_result session_backend(
    struct session *session, enum backend_result result);

/* End the session, because of what stream_read_line() returned. */
void session_no_line(
    struct session *session, const struct line *line, int result);

#endif
