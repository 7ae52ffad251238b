/* SPDX-License-Identifier: ISC */
/*
 * policy - whether mail to a recipient is accepted from this client.
 *
 * CONCEPT.  Mail to a local domain is accepted from anyone, any other needs a
 * relay right.  An address that some MTA behind may read as another one (a
 * source route, % ! @ \ " ( ) in the local part) is never local.
 *
 * CONCURRENCY.  No state.
 *
 * On failure: denies; there is no way to permit but the ones named in enum
 * policy_via.
 */
#ifndef DECISION_POLICY_H
#define DECISION_POLICY_H

#include "decision/domains.h"
#include "decision/path.h"
#include "decision/right.h"

#include <stdbool.h>

enum policy_result {
	POLICY_DENY = 0,
	POLICY_DENY_FOR_NOW, /* 4xx: it cannot be told whether */
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
};

/* Why a right is needed. */
enum policy_reason {
	POLICY_NOT_NEEDED = 0,
	POLICY_FOREIGN_DOMAIN,
	POLICY_ADDRESS_LITERAL,
	POLICY_SOURCE_ROUTE,
	POLICY_DANGEROUS_LOCAL_PART,
	POLICY_SENDER,    /* a right there is, for another sender */
	POLICY_NOT_KNOWN, /* whether it is local */
	POLICY_SERVICE,   /* it serves nobody without a right */
};

struct policy_verdict {
	enum policy_result result;
	enum policy_via via;
	enum policy_reason reason;
};

/*
 * Decide about one recipient.
 * requires_right: even for local domains.
 * right: as of now.
 * Source: RFC 5321, 4.5.1 (postmaster), 3.6.1 (source routes).
 */
struct policy_verdict policy_decide(const struct path *recipient,
    bool requires_right, const struct domains *domains,
    const struct right *right);

/* Words for a log. */
const char *policy_via_name(enum policy_via via);
const char *policy_reason_name(enum policy_reason reason);

#endif
