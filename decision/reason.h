/* SPDX-License-Identifier: ISC */
/*
 * reason - why mail to a recipient is permitted or refused, in one table.
 *
 * CONCEPT.  One row a reason: its word for the log, its sentence for people,
 * the SMTP reply if it has one of its own, and what to do.  Programs use these
 * and no other texts.  Two reasons explain a denial: why the recipient needs a
 * right (foreign-domain), and why the client has none (no-login);
 * policy_answer() has the one that the client is told.
 *
 * A new reason needs a value here, a row in reason.c, and its word in popauth(7)
 * and smtpgate(8); unit tests find what is missing.
 */
#ifndef DECISION_REASON_H
#define DECISION_REASON_H

#include <stdbool.h>
#include <stddef.h>

enum reason {
	REASON_LOCAL = 0, /* no right is needed */

	/* why the recipient needs a right */
	REASON_FOREIGN_DOMAIN,
	REASON_ADDRESS_LITERAL,
	REASON_SOURCE_ROUTE,
	REASON_DANGEROUS_LOCAL_PART,
	REASON_NOT_KNOWN,     /* whether the domain is local */
	REASON_ASKED_BACKEND, /* the backend knows whether it is local */
	REASON_SERVICE,       /* the service requires a right */

	/* why the client has none */
	REASON_NO_LOGIN,
	REASON_WINDOW_OVER,
	REASON_REVOKED,
	REASON_NEVER_GRANTED,
	REASON_UNKNOWN_CLIENT, /* a pipe, or PROXY without a client */
	REASON_SENDER,         /* the right is for other senders */
	REASON_BLOCKED,        /* by a rule */
	REASON_SCOPE, /* the permit is for other senders or recipients */
	REASON_TABLE, /* cannot be read */
	REASON_FOREIGN_CLOCK, /* the process's, or the table's */

	/* The gate permits, and the recipient is refused nevertheless. */
	REASON_MAX_RECIPIENTS,
	REASON_ONE_RECIPIENT,     /* of a message without a sender */
	REASON_UNKNOWN_RECIPIENT, /* the backend has no such mailbox */
	REASON_BACKEND_RELAYING,  /* the backend does not relay there */
	REASON_BACKEND,           /* the backend refused, see its reply */
	REASON_BACKEND_FAILED,
	REASON_COUNT,
};

/* The word in the log, popauth(7).  An interface: never change one. */
const char *reason_word(enum reason reason);

/* A sentence for an administrator, without a final dot. */
const char *reason_sentence(enum reason reason);

/* What to do, likewise; "": nothing, or the sentence says it. */
const char *reason_cure(enum reason reason);

/* What a reply says of the client. */
struct reason_words {
	const char *client; /* its address */
	const char *window; /* the time to send after a POP login */
	bool can_log_in;    /* by SMTP AUTH, in this session */
};

/* With its NUL; RFC 5321, 4.5.3.1.5, less CR LF. */
#define REASON_REPLY_BYTES 511

/*
 * Write the reply "550 5.7.1 text", without CR LF.
 * reason: one of policy_answer().
 * Returns the length; 0: the reason has no reply of its own.
 */
size_t reason_reply(enum reason reason, const struct reason_words *words,
    char text[REASON_REPLY_BYTES]);

#endif
