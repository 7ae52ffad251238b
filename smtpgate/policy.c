/* SPDX-License-Identifier: ISC */
/*
 * policy - whether mail to a recipient is accepted from this client.
 */
#include "smtpgate/policy.h"

#include <string.h>

bool
policy_domain_is_local(
    const char *domain, const struct conf_strings *local_domains)
{
	size_t i, len = strlen(domain), item_len;
	const char *item;

	for (i = 0; i < local_domains->n; i++) {
		item = local_domains->items[i];
		item_len = strlen(item);
		if (item[0] != '.') {
			if (strcmp(domain, item) == 0)
				return true;
		} else if (len > item_len &&
			   strcmp(domain + len - item_len, item) == 0) {
			return true;
		}
	}
	return false;
}

static enum policy_reason
why_a_right_is_needed(const struct path *recipient, bool requires_right,
    const struct conf_strings *local_domains)
{
	if (recipient->has_route)
		return POLICY_SOURCE_ROUTE;
	if (path_local_is_dangerous(recipient))
		return POLICY_DANGEROUS_LOCAL_PART;
	if (recipient->is_literal)
		return POLICY_ADDRESS_LITERAL;
	/* Without a domain it can only be the postmaster (path.h). */
	if (recipient->domain[0] == '\0' ||
	    policy_domain_is_local(recipient->domain, local_domains))
		return requires_right ? POLICY_SERVICE : POLICY_NOT_NEEDED;
	return POLICY_FOREIGN_DOMAIN;
}

struct policy_verdict
policy_decide(const struct path *recipient, bool requires_right,
    const struct conf_strings *local_domains, const struct right *right)
{
	struct policy_verdict verdict = {
	    .result = POLICY_DENY,
	    .via = POLICY_VIA_NONE,
	    .reason =
		why_a_right_is_needed(recipient, requires_right, local_domains),
	};

	if (verdict.reason == POLICY_NOT_NEEDED) {
		verdict.result = POLICY_PERMIT;
		verdict.via = POLICY_VIA_LOCAL;
		return verdict;
	}
	switch (right->kind) {
	case RIGHT_NONE:
		break;
	case RIGHT_UNKNOWN:
		verdict.result = POLICY_DENY_FOR_NOW;
		break;
	case RIGHT_NETWORK:
		verdict.result = POLICY_PERMIT;
		verdict.via = POLICY_VIA_NETWORK;
		break;
	case RIGHT_GRANT:
		verdict.result = POLICY_PERMIT;
		verdict.via = POLICY_VIA_GRANT;
		break;
	}
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
	    [POLICY_SERVICE] = "service",
	};

	return names[reason];
}
