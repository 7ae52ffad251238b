/* SPDX-License-Identifier: ISC */
/*
 * right - whether the client may relay, and why.
 *
 * CONCEPT.  A right is gained only when MAIL is asked for (right_ask) and can
 * only be lost at a RCPT (right_recheck): a grant that appears between the
 * two is good for the next MAIL.
 *
 * ERRORS.  None: what cannot be told is a kind of its own.
 *
 * On failure: denies.
 */
#ifndef DECISION_RIGHT_H
#define DECISION_RIGHT_H

#include "smtpgate/gate.h"

#include <stdbool.h>

enum right_kind {
	RIGHT_NONE = 0,
	RIGHT_UNKNOWN, /* the table cannot be read: trying later can help */
	RIGHT_NETWORK, /* a listed network */
	RIGHT_GRANT,   /* a POP login inside the window */
	RIGHT_AUTH,    /* a login in this session (SMTP AUTH) */
};

struct right {
	enum right_kind kind;
	int error;                   /* of RIGHT_UNKNOWN */
	struct shmcache_grant grant; /* of RIGHT_GRANT */
	bool is_sender_foreign;      /* it would be there for another sender */
	bool is_for_one;             /* for one recipient alone */
	const char *login;           /* of RIGHT_AUTH; the caller's */
};

/*
 * Ask the configuration and the table.
 * login: who has logged in in this session; "": nobody.
 * Blocks: never.
 */
void right_ask(
    const struct gate *gate, const char *login, struct right *right_out);

/* Ask again whether it still holds.  Blocks: never. */
void right_recheck(const struct gate *gate, struct right *right);

bool right_kind_may_relay(enum right_kind kind);
bool right_may_relay(const struct right *right);

/* Who logged in; or the user of a grant, when one is certain; else NULL. */
const char *right_user(const struct right *right);

#endif
