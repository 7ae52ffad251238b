/* SPDX-License-Identifier: ISC */
/* policy: who may send where. */
#include "decision/policy.h"

#include <criterion/criterion.h>
#include <fcntl.h>

static char exact[] = "example.org";
static char below[] = ".sub.example.org";
static char *items[] = {exact, below};
static const struct conf_strings listed = {.items = items, .n = 2};
static const struct domains domains = {.listed = &listed, .file = -1};

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

Test(decision_policy, anyone_may_send_to_a_local_domain)
{
	struct policy_verdict verdict = decide("<joe@example.org>", RIGHT_NONE);

	cr_expect_eq(verdict.result, POLICY_PERMIT);
	cr_expect_eq(verdict.via, POLICY_VIA_LOCAL);
	cr_expect_eq(verdict.reason, REASON_LOCAL);
	cr_expect(permits("<joe@Example.ORG.>", RIGHT_NONE));
	cr_expect(permits("<Postmaster>", RIGHT_NONE));
}

Test(decision_policy, an_address_literal_is_local_where_it_is_listed)
{
	char v4[] = "[192.0.2.25]", v6[] = "[IPv6:2001:db8::25]";
	char *literals[] = {v4, v6}, backend[] = CONF_DOMAINS_BACKEND;
	char *ask[] = {backend};
	const struct conf_strings some = {.items = literals, .n = 2};
	const struct conf_strings none = {.items = ask, .n = 1};
	const struct right stranger = {.kind = RIGHT_NONE};
	struct domains of = {.listed = &some, .file = -1};
	static const struct {
		const char *text;
		enum reason reason;
	} rows[] = {
	    {"<joe@[192.0.2.25]>", REASON_LOCAL},
	    {"<joe@[ipv6:2001:DB8:0::25]>", REASON_LOCAL},
	    {"<joe@[IPv6:::ffff:192.0.2.25]>", REASON_LOCAL},
	    {"<joe@[192.0.2.26]>", REASON_ADDRESS_LITERAL},
	    {"<joe@[IPv6:2001:db8::26]>", REASON_ADDRESS_LITERAL},
	    {"<x%e.com@[192.0.2.25]>", REASON_DANGEROUS_LOCAL_PART},
	    {"<@e.com:joe@[192.0.2.25]>", REASON_SOURCE_ROUTE},
	};
	struct path path;
	const char *rest;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(path_parse(rows[i].text, &path, &rest), 0);
		cr_expect_eq(policy_decide(&path, false, &of, &stranger).reason,
		    rows[i].reason, "%s", rows[i].text);
	}
	/* The backend is asked for domains alone. */
	of.listed = &none;
	cr_assert_eq(path_parse("<joe@[192.0.2.25]>", &path, &rest), 0);
	cr_expect_eq(
	    policy_decide(&path, false, &of, &stranger).result, POLICY_DENY);
}

Test(decision_policy, a_service_for_users_serves_nobody_else)
{
	const struct right stranger = {.kind = RIGHT_NONE};
	const struct right user = {.kind = RIGHT_GRANT};
	struct policy_verdict verdict;
	struct path path;
	const char *rest;

	cr_assert_eq(path_parse("<joe@example.org>", &path, &rest), 0);
	verdict = policy_decide(&path, true, &domains, &stranger);
	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.reason, REASON_SERVICE);
	verdict = policy_decide(&path, true, &domains, &user);
	cr_expect_eq(verdict.result, POLICY_PERMIT);
	cr_expect_eq(verdict.via, POLICY_VIA_GRANT);
}

Test(decision_policy, a_stranger_may_not_relay)
{
	struct policy_verdict verdict = decide("<x@far.example>", RIGHT_NONE);

	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.via, POLICY_VIA_NONE);
	cr_expect_eq(verdict.reason, REASON_FOREIGN_DOMAIN);
}

Test(decision_policy, a_right_relays_and_is_named)
{
	cr_expect_eq(
	    decide("<x@far.example>", RIGHT_GRANT).via, POLICY_VIA_GRANT);
	cr_expect_eq(
	    decide("<x@far.example>", RIGHT_NETWORK).via, POLICY_VIA_NETWORK);
	cr_expect(permits("<x@far.example>", RIGHT_GRANT));
	cr_expect(permits("<x@far.example>", RIGHT_NETWORK));
	cr_expect(permits("<@a:x%e@example.org>", RIGHT_GRANT));
}

Test(decision_policy, unreadable_table_denies_for_now_and_local_mail_goes_on)
{
	cr_expect_eq(decide("<x@far.example>", RIGHT_UNKNOWN).result,
	    POLICY_DENY_FOR_NOW);
	cr_expect_eq(decide("<x%e@example.org>", RIGHT_UNKNOWN).result,
	    POLICY_DENY_FOR_NOW);
	cr_expect(permits("<joe@example.org>", RIGHT_UNKNOWN));
}

Test(decision_policy, an_address_that_may_mean_another_is_not_local)
{
	static const struct {
		const char *text;
		enum reason reason;
	} rows[] = {
	    {"<x%e@example.org>", REASON_DANGEROUS_LOCAL_PART},
	    {"<e!x@example.org>", REASON_DANGEROUS_LOCAL_PART},
	    {"<\"x@e\"@example.org>", REASON_DANGEROUS_LOCAL_PART},
	    {"<\"joe\"@example.org>", REASON_DANGEROUS_LOCAL_PART},
	    {"<\"joe\\@e\"@example.org>", REASON_DANGEROUS_LOCAL_PART},
	    {"<\"joe(e)\"@example.org>", REASON_DANGEROUS_LOCAL_PART},
	    {"<@example.org:x@e.com>", REASON_SOURCE_ROUTE},
	    {"<@e.com:joe@example.org>", REASON_SOURCE_ROUTE},
	    {"<@e.com:postmaster>", REASON_SOURCE_ROUTE},
	    {"<joe@[127.0.0.1]>", REASON_ADDRESS_LITERAL},
	    {"<joe@[IPv6:::1]>", REASON_ADDRESS_LITERAL},
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

Test(decision_policy, without_local_domains_nothing_but_postmaster_is_local)
{
	static const struct conf_strings nothing = {0};
	static const struct domains none = {.listed = &nothing, .file = -1};
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

Test(decision_policy, words_for_the_log)
{
	cr_expect_str_eq(policy_via_name(POLICY_VIA_NONE), "none");
	cr_expect_str_eq(policy_via_name(POLICY_VIA_LOCAL), "local");
	cr_expect_str_eq(policy_via_name(POLICY_VIA_NETWORK), "network");
	cr_expect_str_eq(policy_via_name(POLICY_VIA_GRANT), "grant");
	cr_expect_str_eq(reason_word(REASON_SOURCE_ROUTE), "source-route");
}

Test(decision_policy, the_backend_is_asked_of_a_stranger_alone)
{
	char word[] = CONF_DOMAINS_BACKEND, *word_items[] = {word};
	const struct conf_strings asked = {.items = word_items, .n = 1};
	const struct domains ask = {.listed = &asked, .file = -1};
	struct right right = {.kind = RIGHT_NONE};
	struct policy_verdict verdict;
	struct path path;
	const char *rest;

	path_parse("<joe@any.example>", &path, &rest);
	verdict = policy_decide(&path, false, &ask, &right);
	cr_expect_eq(verdict.result, POLICY_PERMIT);
	cr_expect_eq(verdict.via, POLICY_VIA_BACKEND);
	cr_expect_eq(verdict.reason, REASON_ASKED_BACKEND);
	verdict = policy_decide(&path, true, &ask, &right);
	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.reason, REASON_SERVICE);
	right.kind = RIGHT_GRANT;
	verdict = policy_decide(&path, false, &ask, &right);
	cr_expect_eq(verdict.via, POLICY_VIA_GRANT);
	right.kind = RIGHT_NONE;
	path_parse("<joe%x@any.example>", &path, &rest);
	verdict = policy_decide(&path, false, &ask, &right);
	cr_expect_eq(verdict.result, POLICY_DENY);
}

Test(decision_policy, a_list_that_cannot_be_read_denies_for_now)
{
	/* a directory can be opened and not read */
	const struct domains broken = {
	    .listed = &listed, .file = open("/", O_RDONLY)};
	struct right right = {.kind = RIGHT_NONE};
	struct path path;
	const char *rest;

	path_parse("<joe@any.example>", &path, &rest);
	cr_expect_eq(policy_decide(&path, false, &broken, &right).result,
	    POLICY_DENY_FOR_NOW);
	path_parse("<joe@example.org>", &path, &rest);
	cr_expect_eq(
	    policy_decide(&path, false, &broken, &right).result, POLICY_PERMIT);
}

Test(decision_policy, another_ones_sender_is_the_reason)
{
	struct right right = {.kind = RIGHT_NONE, .is_sender_foreign = true};
	struct policy_verdict verdict;
	struct path path;
	const char *rest;

	path_parse("<joe@any.example>", &path, &rest);
	verdict = policy_decide(&path, false, &domains, &right);
	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.reason, REASON_SENDER);
}

Test(decision_policy, a_domain_that_the_backend_refuses_is_as_not_listed)
{
	static const struct {
		struct right right;
		enum policy_result result;
		enum reason reason;
	} rows[] = {
	    {{.kind = RIGHT_NONE}, POLICY_DENY, REASON_FOREIGN_DOMAIN},
	    {{.kind = RIGHT_UNKNOWN}, POLICY_DENY_FOR_NOW,
		REASON_FOREIGN_DOMAIN},
	    {{.kind = RIGHT_NONE, .is_sender_foreign = true}, POLICY_DENY,
		REASON_SENDER},
	};
	struct policy_verdict verdict;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		verdict = (struct policy_verdict){.result = POLICY_PERMIT,
		    .via = POLICY_VIA_BACKEND,
		    .reason = REASON_ASKED_BACKEND,
		    .right = rows[i].right};
		policy_learn_foreign(&verdict);
		cr_expect_eq(verdict.result, rows[i].result, "%zu", i);
		cr_expect_eq(verdict.reason, rows[i].reason, "%zu", i);
		cr_expect_eq(verdict.via, POLICY_VIA_BACKEND);
	}
}

Test(decision_policy, each_denial_has_an_answer_with_a_reply)
{
	static const enum reason needs[] = {REASON_FOREIGN_DOMAIN,
	    REASON_ADDRESS_LITERAL, REASON_SOURCE_ROUTE,
	    REASON_DANGEROUS_LOCAL_PART, REASON_NOT_KNOWN, REASON_SERVICE,
	    REASON_SENDER};
	static const enum reason lacks[] = {REASON_LOCAL, REASON_NO_LOGIN,
	    REASON_WINDOW_OVER, REASON_REVOKED, REASON_NEVER_GRANTED,
	    REASON_UNKNOWN_CLIENT};
	const struct reason_words words = {.client = "c", .window = "w"};
	struct policy_verdict verdict = {.result = POLICY_DENY};
	char text[REASON_REPLY_BYTES];
	size_t i, j;

	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		for (j = 0; j < sizeof(lacks) / sizeof(lacks[0]); j++) {
			verdict.reason = needs[i];
			verdict.right.lack = lacks[j];
			cr_expect_gt(
			    reason_reply(policy_answer(&verdict), &words, text),
			    0, "%s", reason_word(needs[i]));
		}
}

Test(decision_policy, the_answer_is_why_the_client_has_no_right)
{
	struct policy_verdict verdict = {
	    .result = POLICY_DENY, .reason = REASON_FOREIGN_DOMAIN};

	cr_expect_eq(policy_answer(&verdict), REASON_NO_LOGIN);
	verdict.right.lack = REASON_NEVER_GRANTED;
	cr_expect_eq(policy_answer(&verdict), REASON_NEVER_GRANTED);
	verdict.reason = REASON_SERVICE;
	cr_expect_eq(policy_answer(&verdict), REASON_NEVER_GRANTED);
	verdict.right.lack = REASON_REVOKED;
	cr_expect_eq(policy_answer(&verdict), REASON_SERVICE);
	verdict.reason = REASON_SENDER;
	cr_expect_eq(policy_answer(&verdict), REASON_SENDER);
	verdict.result = POLICY_DENY_FOR_NOW;
	verdict.reason = REASON_SERVICE;
	verdict.right.kind = RIGHT_UNKNOWN;
	cr_expect_eq(policy_answer(&verdict), REASON_TABLE);
	verdict.right.error = SHMCACHE_FOREIGN_CLOCK;
	cr_expect_eq(policy_answer(&verdict), REASON_FOREIGN_CLOCK);
}
