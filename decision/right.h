/* SPDX-License-Identifier: ISC */
/*
 * right - whether the client may relay, and why.
 *
 * CONCEPT.  A client gains a right only at MAIL (right_ask) and can only lose
 * it at a RCPT (right_recheck).  A grant that appears between the two counts
 * from the next MAIL on.
 *
 * ERRORS.  None: RIGHT_UNKNOWN says that the table cannot be read.
 *
 * On failure: denies.
 */
#ifndef DECISION_RIGHT_H
#define DECISION_RIGHT_H

#include "decision/reason.h"
#include "decision/site.h"

#include <stdbool.h>

enum right_kind {
	RIGHT_NONE = 0,
	RIGHT_UNKNOWN, /* the table cannot be read: trying later can help */
	RIGHT_NETWORK, /* a listed network */
	RIGHT_GRANT,   /* a POP login inside the window */
	RIGHT_AUTH,    /* a login in this session (SMTP AUTH) */
	RIGHT_PERMIT,  /* a permit of the administrator: see ruling.h */
	RIGHT_BLOCKED, /* no right, whatever else there is */
};

struct right {
	enum right_kind kind;
	int error;                   /* of RIGHT_UNKNOWN */
	struct shmcache_grant grant; /* of RIGHT_GRANT */
	bool is_sender_foreign;      /* another sender would have a right */
	bool is_for_one;             /* for a message to one recipient only */
	enum reason lack;  /* of right_explain(); REASON_LOCAL: not asked yet */
	uint32_t ago_s;    /* since REASON_WINDOW_OVER or _REVOKED */
	const char *login; /* of RIGHT_AUTH; the caller's */
};

/*
 * Ask the configuration and the table.
 * client: NULL: unknown; such a client has no grant and is in no network.
 * login: the user who logged in in this session; "": none.
 * Blocks: never.
 */
void right_ask(const struct site *site, const struct addr *client,
    const char *login, struct right *right_out);

/* Ask the table for one user's grant at this address.  Blocks: never. */
void right_ask_user(const struct site *site, const struct addr *client,
    const char *user, struct right *right_out);

/* Ask again whether the right still holds.  Blocks: never. */
void right_recheck(
    const struct site *site, const struct addr *client, struct right *right);

/*
 * Ask the table why the client has no right, once: for people, and no input of a
 * decision.  Does nothing to a right of another kind than RIGHT_NONE.
 * user: NULL: any.
 * Blocks: never.
 */
void right_explain(const struct site *site, const struct addr *client,
    const char *user, struct right *right);

/* Why the client has no right, as far as it is known. */
enum reason right_lack(const struct right *right);

bool right_kind_may_relay(enum right_kind kind);

/* The user who logged in, or the user of a grant if there is exactly one;
 * else NULL. */
const char *right_user(const struct right *right);

#endif
