/* SPDX-License-Identifier: ISC */
/*
 * policy - whether mail to a recipient is accepted from this client.
 */
#include "decision/policy.h"

/* Why a right is needed for its domain. */
static enum policy_reason
reason_of_domain(const struct path *recipient, const struct domains *domains)
{
	/* Without a domain it can only be the postmaster (path.h). */
	if (recipient->domain[0] == '\0')
		return POLICY_NOT_NEEDED;
	switch (domains_contain(domains, recipient->domain)) {
	case DOMAINS_NO:
		break;
	case DOMAINS_YES:
		return POLICY_NOT_NEEDED;
	case DOMAINS_ASK_BACKEND:
		/* An address is local where it is listed, and never guessed. */
		if (recipient->is_literal)
			break;
		return POLICY_NOT_KNOWN;
	case DOMAINS_UNKNOWN:
		return POLICY_NOT_KNOWN;
	}
	return recipient->is_literal ? POLICY_ADDRESS_LITERAL
				     : POLICY_FOREIGN_DOMAIN;
}

static enum policy_reason
why_a_right_is_needed(const struct path *recipient, bool requires_right,
    const struct domains *domains)
{
	enum policy_reason reason;

	if (recipient->has_route)
		return POLICY_SOURCE_ROUTE;
	if (path_local_is_dangerous(recipient))
		return POLICY_DANGEROUS_LOCAL_PART;
	reason = reason_of_domain(recipient, domains);
	return reason == POLICY_NOT_NEEDED && requires_right ? POLICY_SERVICE
							     : reason;
}

/* Without a right. */
static void
decide_alone(struct policy_verdict *verdict, bool requires_right,
    const struct domains *domains)
{
	if (verdict->reason == POLICY_NOT_NEEDED) {
		verdict->result = POLICY_PERMIT;
		verdict->via = POLICY_VIA_LOCAL;
	} else if (verdict->reason == POLICY_NOT_KNOWN && !requires_right) {
		verdict->result = POLICY_DENY_FOR_NOW;
		if (domains_ask_backend(domains)) {
			verdict->result = POLICY_PERMIT;
			verdict->via = POLICY_VIA_BACKEND;
		}
	}
}

struct policy_verdict
policy_decide(const struct path *recipient, bool requires_right,
    const struct domains *domains, const struct right *right)
{
	struct policy_verdict verdict = {
	    .result = POLICY_DENY,
	    .via = POLICY_VIA_NONE,
	    .reason = why_a_right_is_needed(recipient, requires_right, domains),
	};

	if (verdict.reason == POLICY_NOT_NEEDED) {
		decide_alone(&verdict, requires_right, domains);
		return verdict;
	}
	switch (right->kind) {
	case RIGHT_NONE:
		decide_alone(&verdict, requires_right, domains);
		break;
	case RIGHT_UNKNOWN:
		verdict.result = POLICY_DENY_FOR_NOW;
		decide_alone(&verdict, requires_right, domains);
		break;
	case RIGHT_NETWORK:
		verdict.result = POLICY_PERMIT;
		verdict.via = POLICY_VIA_NETWORK;
		break;
	case RIGHT_GRANT:
		verdict.result = POLICY_PERMIT;
		verdict.via = POLICY_VIA_GRANT;
		break;
	case RIGHT_AUTH:
		verdict.result = POLICY_PERMIT;
		verdict.via = POLICY_VIA_AUTH;
		break;
	}
	if (verdict.result == POLICY_DENY && right->is_sender_foreign)
		verdict.reason = POLICY_SENDER;
	return verdict;
}

const char *
policy_via_name(enum policy_via via)
{
	static const char *const names[] = {
	    [POLICY_VIA_NONE] = "none",
	    [POLICY_VIA_LOCAL] = "local",
	    [POLICY_VIA_NETWORK] = "network",
	    [POLICY_VIA_GRANT] = "grant",
	    [POLICY_VIA_BACKEND] = "backend",
	    [POLICY_VIA_AUTH] = "auth",
	};

	return names[via];
}

const char *
policy_reason_name(enum policy_reason reason)
{
	static const char *const names[] = {
	    [POLICY_NOT_NEEDED] = "local",
	    [POLICY_FOREIGN_DOMAIN] = "foreign-domain",
	    [POLICY_ADDRESS_LITERAL] = "address-literal",
	    [POLICY_SOURCE_ROUTE] = "source-route",
	    [POLICY_DANGEROUS_LOCAL_PART] = "dangerous-local-part",
	    [POLICY_SENDER] = "sender",
	    [POLICY_NOT_KNOWN] = "not-known",
	    [POLICY_SERVICE] = "service",
	};

	return names[reason];
}
