/* SPDX-License-Identifier: ISC */
/* policy: who may send where. */
#include "smtpgate/policy.h"

#include <criterion/criterion.h>

static char exact[] = "example.org";
static char below[] = ".sub.example.org";
static char *items[] = {exact, below};
static const struct conf_strings domains = {.items = items, .n = 2};

static struct policy_verdict
decide(const char *text, enum right_kind kind)
{
	struct right right = {.kind = kind};
	struct path path;
	const char *rest;

	cr_assert_eq(path_parse(text, &path, &rest), 0, "%s", text);
	return policy_decide(&path, false, &domains, &right);
}

static bool
permits(const char *text, enum right_kind kind)
{
	return decide(text, kind).result == POLICY_PERMIT;
}

Test(smtpgate_policy, a_local_domain_is_exact_or_below_a_dot)
{
	cr_expect(policy_domain_is_local("example.org", &domains));
	cr_expect(policy_domain_is_local("a.sub.example.org", &domains));
	cr_expect(policy_domain_is_local("a.b.sub.example.org", &domains));
	cr_expect_not(policy_domain_is_local("a.example.org", &domains));
	cr_expect_not(policy_domain_is_local("sub.example.org", &domains));
	cr_expect_not(policy_domain_is_local(".sub.example.org", &domains));
	cr_expect_not(policy_domain_is_local("xsub.example.org", &domains));
	cr_expect_not(policy_domain_is_local("notexample.org", &domains));
	cr_expect_not(policy_domain_is_local("example.org.far", &domains));
	cr_expect_not(policy_domain_is_local("", &domains));
}

Test(smtpgate_policy, anyone_may_send_to_a_local_domain)
{
	struct policy_verdict verdict = decide("<joe@example.org>", RIGHT_NONE);

	cr_expect_eq(verdict.result, POLICY_PERMIT);
	cr_expect_eq(verdict.via, POLICY_VIA_LOCAL);
	cr_expect_eq(verdict.reason, POLICY_NOT_NEEDED);
	cr_expect(permits("<joe@Example.ORG.>", RIGHT_NONE));
	cr_expect(permits("<Postmaster>", RIGHT_NONE));
}

Test(smtpgate_policy, a_service_for_users_serves_nobody_else)
{
	const struct right stranger = {.kind = RIGHT_NONE};
	const struct right user = {.kind = RIGHT_GRANT};
	struct policy_verdict verdict;
	struct path path;
	const char *rest;

	cr_assert_eq(path_parse("<joe@example.org>", &path, &rest), 0);
	verdict = policy_decide(&path, true, &domains, &stranger);
	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.reason, POLICY_SERVICE);
	verdict = policy_decide(&path, true, &domains, &user);
	cr_expect_eq(verdict.result, POLICY_PERMIT);
	cr_expect_eq(verdict.via, POLICY_VIA_GRANT);
}

Test(smtpgate_policy, a_stranger_may_not_relay)
{
	struct policy_verdict verdict = decide("<x@far.example>", RIGHT_NONE);

	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.via, POLICY_VIA_NONE);
	cr_expect_eq(verdict.reason, POLICY_FOREIGN_DOMAIN);
}

Test(smtpgate_policy, a_right_relays_and_is_named)
{
	cr_expect_eq(
	    decide("<x@far.example>", RIGHT_GRANT).via, POLICY_VIA_GRANT);
	cr_expect_eq(
	    decide("<x@far.example>", RIGHT_NETWORK).via, POLICY_VIA_NETWORK);
	cr_expect(permits("<x@far.example>", RIGHT_GRANT));
	cr_expect(permits("<x@far.example>", RIGHT_NETWORK));
	cr_expect(permits("<@a:x%e@example.org>", RIGHT_GRANT));
}

Test(smtpgate_policy, unreadable_table_denies_for_now_and_local_mail_goes_on)
{
	cr_expect_eq(decide("<x@far.example>", RIGHT_UNKNOWN).result,
	    POLICY_DENY_FOR_NOW);
	cr_expect_eq(decide("<x%e@example.org>", RIGHT_UNKNOWN).result,
	    POLICY_DENY_FOR_NOW);
	cr_expect(permits("<joe@example.org>", RIGHT_UNKNOWN));
}

Test(smtpgate_policy, an_address_that_may_mean_another_is_not_local)
{
	static const struct {
		const char *text;
		enum policy_reason reason;
	} rows[] = {
	    {"<x%e@example.org>", POLICY_DANGEROUS_LOCAL_PART},
	    {"<e!x@example.org>", POLICY_DANGEROUS_LOCAL_PART},
	    {"<\"x@e\"@example.org>", POLICY_DANGEROUS_LOCAL_PART},
	    {"<\"joe\"@example.org>", POLICY_DANGEROUS_LOCAL_PART},
	    {"<\"joe\\@e\"@example.org>", POLICY_DANGEROUS_LOCAL_PART},
	    {"<\"joe(e)\"@example.org>", POLICY_DANGEROUS_LOCAL_PART},
	    {"<@example.org:x@e.com>", POLICY_SOURCE_ROUTE},
	    {"<@e.com:joe@example.org>", POLICY_SOURCE_ROUTE},
	    {"<@e.com:postmaster>", POLICY_SOURCE_ROUTE},
	    {"<joe@[127.0.0.1]>", POLICY_ADDRESS_LITERAL},
	    {"<joe@[IPv6:::1]>", POLICY_ADDRESS_LITERAL},
	};
	struct policy_verdict verdict;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		verdict = decide(rows[i].text, RIGHT_NONE);
		cr_expect_eq(verdict.result, POLICY_DENY, "%s", rows[i].text);
		cr_expect_eq(
		    verdict.reason, rows[i].reason, "%s", rows[i].text);
	}
}

Test(smtpgate_policy, without_local_domains_nothing_but_postmaster_is_local)
{
	static const struct conf_strings none = {0};
	struct right right = {.kind = RIGHT_NONE};
	struct path path;
	const char *rest;

	path_parse("<joe@example.org>", &path, &rest);
	cr_expect_eq(
	    policy_decide(&path, false, &none, &right).result, POLICY_DENY);
	path_parse("<postmaster>", &path, &rest);
	cr_expect_eq(
	    policy_decide(&path, false, &none, &right).result, POLICY_PERMIT);
}

Test(smtpgate_policy, words_for_the_log)
{
	cr_expect_str_eq(policy_via_name(POLICY_VIA_NONE), "none");
	cr_expect_str_eq(policy_via_name(POLICY_VIA_LOCAL), "local");
	cr_expect_str_eq(policy_via_name(POLICY_VIA_NETWORK), "network");
	cr_expect_str_eq(policy_via_name(POLICY_VIA_GRANT), "grant");
	cr_expect_str_eq(
	    policy_reason_name(POLICY_SOURCE_ROUTE), "source-route");
}
