/* SPDX-License-Identifier: ISC */
#include "decision/policy.h"

/* Why the recipient's domain needs a right. */
static enum reason
reason_of_domain(const struct path *recipient, const struct domains *domains)
{
	/* Only <postmaster> has no domain (path.h). */
	if (recipient->domain[0] == '\0')
		return REASON_LOCAL;
	switch (domains_contain(domains, recipient->domain)) {
	case DOMAINS_NO:
		break;
	case DOMAINS_YES:
		return REASON_LOCAL;
	case DOMAINS_ASK_BACKEND:
		/* The backend is not asked about an address literal. */
		if (recipient->is_literal)
			break;
		return REASON_ASKED_BACKEND;
	case DOMAINS_UNKNOWN:
		return conf_asks_backend(domains->listed) &&
			       !recipient->is_literal
			   ? REASON_ASKED_BACKEND
			   : REASON_NOT_KNOWN;
	}
	return recipient->is_literal ? REASON_ADDRESS_LITERAL
				     : REASON_FOREIGN_DOMAIN;
}

static enum reason
why_a_right_is_needed(const struct path *recipient, bool requires_right,
    const struct domains *domains)
{
	enum reason reason;

	if (recipient == NULL)
		return REASON_FOREIGN_DOMAIN;
	if (recipient->has_route)
		return REASON_SOURCE_ROUTE;
	if (path_local_is_dangerous(recipient))
		return REASON_DANGEROUS_LOCAL_PART;
	reason = reason_of_domain(recipient, domains);
	if (requires_right &&
	    (reason == REASON_LOCAL || reason == REASON_ASKED_BACKEND ||
		reason == REASON_NOT_KNOWN))
		return REASON_SERVICE;
	return reason;
}

/* Decide for a client without a right. */
static void
decide_alone(struct policy_verdict *verdict)
{
	const struct right *right = &verdict->right;

	verdict->result = POLICY_DENY;
	verdict->via = POLICY_VIA_NONE;
	if (verdict->reason == REASON_LOCAL) {
		verdict->result = POLICY_PERMIT;
		verdict->via = POLICY_VIA_LOCAL;
	} else if (verdict->reason == REASON_ASKED_BACKEND) {
		verdict->result = POLICY_PERMIT;
		verdict->via = POLICY_VIA_BACKEND;
	} else if (verdict->reason == REASON_NOT_KNOWN ||
		   right->kind == RIGHT_UNKNOWN) {
		verdict->result = POLICY_DENY_FOR_NOW;
	} else if (right->kind == RIGHT_BLOCKED) {
		verdict->reason = REASON_BLOCKED;
	} else if (right->is_sender_foreign) {
		verdict->reason = REASON_SENDER;
	}
}

struct policy_verdict
policy_decide(const struct path *recipient, bool requires_right,
    const struct domains *domains, const struct right *right)
{
	struct policy_verdict verdict = {
	    .reason = why_a_right_is_needed(recipient, requires_right, domains),
	    .right = *right,
	};

	if (verdict.reason != REASON_LOCAL)
		verdict.via = policy_via_right(right);
	if (verdict.via != POLICY_VIA_NONE)
		verdict.result = POLICY_PERMIT;
	else
		decide_alone(&verdict);
	return verdict;
}

void
policy_learn_foreign(struct policy_verdict *verdict)
{
	verdict->reason = REASON_FOREIGN_DOMAIN;
	decide_alone(verdict);
	verdict->via = POLICY_VIA_BACKEND;
}

enum reason
policy_answer(const struct policy_verdict *verdict)
{
	enum reason lack = right_lack(&verdict->right);

	switch (verdict->reason) {
	case REASON_FOREIGN_DOMAIN:
	case REASON_ADDRESS_LITERAL:
	case REASON_SOURCE_ROUTE:
	case REASON_DANGEROUS_LOCAL_PART:
	case REASON_LOCAL:
	case REASON_ASKED_BACKEND:
		return lack;
	case REASON_SERVICE:
		/* Its reply names the ways; unless there is none of them. */
		return lack == REASON_NEVER_GRANTED ||
			       lack == REASON_UNKNOWN_CLIENT ||
			       verdict->result == POLICY_DENY_FOR_NOW
			   ? lack
			   : REASON_SERVICE;
	case REASON_NOT_KNOWN:
	case REASON_NO_LOGIN:
	case REASON_WINDOW_OVER:
	case REASON_REVOKED:
	case REASON_NEVER_GRANTED:
	case REASON_UNKNOWN_CLIENT:
	case REASON_SENDER:
	case REASON_BLOCKED:
	case REASON_SCOPE:
	case REASON_TABLE:
	case REASON_FOREIGN_CLOCK:
	case REASON_MAX_RECIPIENTS:
	case REASON_ONE_RECIPIENT:
	case REASON_UNKNOWN_RECIPIENT:
	case REASON_BACKEND_RELAYING:
	case REASON_BACKEND:
	case REASON_BACKEND_FAILED:
	case REASON_COUNT:
		break;
	}
	return verdict->reason;
}

enum policy_via
policy_via_right(const struct right *right)
{
	switch (right->kind) {
	case RIGHT_NETWORK:
		return POLICY_VIA_NETWORK;
	case RIGHT_GRANT:
		return POLICY_VIA_GRANT;
	case RIGHT_AUTH:
		return POLICY_VIA_AUTH;
	case RIGHT_PERMIT:
		return POLICY_VIA_PERMIT;
	case RIGHT_BLOCKED:
	case RIGHT_NONE:
	case RIGHT_UNKNOWN:
		break;
	}
	return POLICY_VIA_NONE;
}

const char *
policy_result_name(enum policy_result result)
{
	switch (result) {
	case POLICY_DENY_FOR_NOW:
		return "defer";
	case POLICY_PERMIT:
		return "permit";
	case POLICY_DENY:
		break;
	}
	return "deny";
}

const char *
policy_via_name(enum policy_via via)
{
	switch (via) {
	case POLICY_VIA_LOCAL:
		return "local";
	case POLICY_VIA_NETWORK:
		return "network";
	case POLICY_VIA_GRANT:
		return "grant";
	case POLICY_VIA_BACKEND:
		return "backend";
	case POLICY_VIA_AUTH:
		return "auth";
	case POLICY_VIA_PERMIT:
		return "permit";
	case POLICY_VIA_NONE:
		break;
	}
	return "none";
}
