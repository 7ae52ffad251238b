/* SPDX-License-Identifier: ISC */
/*
 * reason - why a recipient needs a relay right, or was refused.
 *
 * CONCEPT.  One row a reason: the word of the log, and a sentence.  A new
 * reason needs a value here, a row in reason.c, a word in popauth(7) and
 * smtpgate(8), and a reply in smtpgate/session/transaction.c if the common one
 * does not fit; a unit test finds a row that is missing.
 */
#ifndef DECISION_REASON_H
#define DECISION_REASON_H

enum reason {
	REASON_LOCAL = 0, /* no right is needed */
	REASON_FOREIGN_DOMAIN,
	REASON_ADDRESS_LITERAL,
	REASON_SOURCE_ROUTE,
	REASON_DANGEROUS_LOCAL_PART,
	REASON_SENDER,    /* the right is for other senders */
	REASON_BLOCKED,   /* by a rule */
	REASON_SCOPE,     /* the permit is for other senders or recipients */
	REASON_NOT_KNOWN, /* whether the domain is local */
	REASON_ASKED_BACKEND, /* the backend knows whether it is local */
	REASON_SERVICE,       /* the service requires a right */

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

#endif
