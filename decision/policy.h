/* SPDX-License-Identifier: ISC */
/*
 * policy - whether mail to a recipient is accepted, given the client's right.
 *
 * CONCEPT.  Mail to a local domain is accepted from anyone; mail to another
 * domain needs a relay right.  An address that another mail server may read as
 * a further address (a source route, % ! @ \ " ( ) in the local part) is never
 * local.
 *
 * On failure: denies; mail is permitted only in the ways of enum policy_via.
 */
#ifndef DECISION_POLICY_H
#define DECISION_POLICY_H

#include "decision/domains.h"
#include "decision/path.h"
#include "decision/reason.h"
#include "decision/right.h"

#include <stdbool.h>

enum policy_result {
	POLICY_DENY = 0,
	POLICY_DENY_FOR_NOW, /* 4xx: a later try may find out */
	POLICY_PERMIT,
};

/* Why it is permitted. */
enum policy_via {
	POLICY_VIA_NONE = 0,
	POLICY_VIA_LOCAL,   /* a local domain, or <postmaster> */
	POLICY_VIA_NETWORK, /* a listed network */
	POLICY_VIA_GRANT,   /* a grant */
	POLICY_VIA_BACKEND, /* perhaps: the backend knows its domains */
	POLICY_VIA_AUTH,    /* a login in this session */
	POLICY_VIA_PERMIT,  /* a permit of the administrator */
};

struct policy_verdict {
	enum policy_result result;
	enum policy_via via;
	enum reason reason; /* why a right is needed */
	struct right right; /* the right that was judged */
};

/*
 * Decide about one recipient.
 * recipient: NULL stands for any recipient of a foreign domain.
 * requires_right: even for local domains.
 * right: as of now.
 * Source: RFC 5321, 4.5.1 (postmaster), 3.6.1 (source routes).
 */
struct policy_verdict policy_decide(const struct path *recipient,
    bool requires_right, const struct domains *domains,
    const struct right *right);

/*
 * The backend has answered that the recipient's domain is not local: change a
 * verdict of POLICY_VIA_BACKEND into what it would be with a list of domains.
 * via stays.
 */
void policy_learn_foreign(struct policy_verdict *verdict);

/*
 * The reason that a client is told whose recipient was denied by the gate: the
 * one with a reply.  It is the verdict's own, or why the client has no right.
 */
enum reason policy_answer(const struct policy_verdict *verdict);

/* How a right permits; POLICY_VIA_NONE: it does not. */
enum policy_via policy_via_right(const struct right *right);

/* Words of the log, popauth(7). */
const char *policy_result_name(enum policy_result result);
const char *policy_via_name(enum policy_via via);

#endif
