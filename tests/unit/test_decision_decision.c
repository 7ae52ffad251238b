/* SPDX-License-Identifier: ISC */
/* decision: one question, one verdict. */
#include "decision/decision.h"

#include "tests/unit/cache_fixture.h"

TestSuite(decision_decision, .init = fixture_setup, .fini = fixture_teardown);

static char local[] = "example.org";
static char *domains[] = {local};
static struct conf conf;
static struct site site;
static struct addr client;
static struct path sender, recipient;
static struct decision_question question;

static void
parse(const char *text, struct path *path_out)
{
	const char *rest;

	cr_assert_eq(path_parse(text, path_out, &rest), 0, "%s", text);
}

static void
ask_about(const char *from, const char *to)
{
	conf.smtpgate.local_domains.items = domains;
	conf.smtpgate.local_domains.n = 1;
	site_init(&site, &conf, cache, NULL);
	client = address("203.0.113.9");
	parse(from, &sender);
	parse(to, &recipient);
	question = (struct decision_question){
	    .client = &client, .sender = &sender, .recipient = &recipient};
}

Test(decision_decision, a_grant_relays_and_is_named_with_its_user)
{
	struct policy_verdict verdict;

	grant("203.0.113.9", "joe");
	ask_about("<joe@example.org>", "<x@far.example>");
	verdict = decision_make(&site, &question);
	cr_expect_eq(verdict.result, POLICY_PERMIT);
	cr_expect_eq(verdict.via, POLICY_VIA_GRANT);
	cr_expect_eq(verdict.reason, REASON_FOREIGN_DOMAIN);
	cr_expect_str_eq(right_user(&verdict.right), "joe");
}

Test(decision_decision, without_a_right_the_reason_is_named)
{
	struct policy_verdict verdict;

	ask_about("<joe@example.org>", "<x@far.example>");
	verdict = decision_make(&site, &question);
	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.reason, REASON_FOREIGN_DOMAIN);
	parse("<x@example.org>", &recipient);
	cr_expect_eq(decision_make(&site, &question).result, POLICY_PERMIT);
	question.requires_right = true;
	verdict = decision_make(&site, &question);
	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.reason, REASON_SERVICE);
}

Test(decision_decision, an_unknown_client_without_a_login_is_denied)
{
	ask_about("<joe@example.org>", "<x@far.example>");
	question.client = NULL;
	cr_expect_eq(decision_make(&site, &question).result, POLICY_DENY);
	question.login = "joe";
	cr_expect_eq(decision_make(&site, &question).via, POLICY_VIA_AUTH);
}

Test(decision_decision, the_sender_is_bound_to_the_grants_user)
{
	struct policy_verdict verdict;

	conf.smtpgate.bind_sender = true;
	grant("203.0.113.9", "joe");
	ask_about("<mary@example.org>", "<x@far.example>");
	verdict = decision_make(&site, &question);
	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.reason, REASON_SENDER);
	grant("203.0.113.9", "mary");
	verdict = decision_make(&site, &question);
	cr_expect_eq(verdict.result, POLICY_PERMIT);
	cr_expect_str_eq(right_user(&verdict.right), "mary");
	question.sender = NULL;
	cr_expect_eq(decision_make(&site, &question).result, POLICY_PERMIT);
}

Test(decision_decision, only_a_named_users_grant_counts)
{
	grant("203.0.113.9", "joe");
	ask_about("<>", "<x@far.example>");
	question.user = "joe";
	cr_expect_eq(decision_make(&site, &question).via, POLICY_VIA_GRANT);
	question.user = "mary";
	cr_expect_eq(decision_make(&site, &question).result, POLICY_DENY);
}

Test(decision_decision, without_a_recipient_a_foreign_one_is_meant)
{
	ask_about("<joe@example.org>", "<x@far.example>");
	question.sender = question.recipient = NULL;
	cr_expect_eq(decision_make(&site, &question).result, POLICY_DENY);
	grant("203.0.113.9", "joe");
	cr_expect_eq(decision_make(&site, &question).result, POLICY_PERMIT);
}

Test(decision_decision, without_a_table_denial_is_temporary)
{
	struct policy_verdict verdict;

	ask_about("<joe@example.org>", "<x@far.example>");
	site_init(&site, &conf, NULL, NULL);
	site.table_error = -ENOENT;
	verdict = decision_make(&site, &question);
	cr_expect_eq(verdict.result, POLICY_DENY_FOR_NOW);
	cr_expect_eq(verdict.right.error, -ENOENT);
}

Test(decision_decision, the_right_of_mail_can_only_be_lost_at_rcpt)
{
	struct right right;

	ask_about("<joe@example.org>", "<x@far.example>");
	decision_mail(&site, &question, &right);
	grant("203.0.113.9", "joe");
	cr_expect_eq(
	    decision_rcpt(&site, &question, &right).result, POLICY_DENY);
	decision_mail(&site, &question, &right);
	cr_expect_eq(
	    decision_rcpt(&site, &question, &right).result, POLICY_PERMIT);
	fixture_now_s += FIXTURE_WINDOW_S;
	cr_expect_eq(
	    decision_rcpt(&site, &question, &right).result, POLICY_DENY);
}

/* Why a client without a right is denied relaying. */
static enum reason
lack(void)
{
	const struct policy_verdict verdict = decision_make(&site, &question);

	return policy_answer(&verdict);
}

Test(decision_decision, a_denial_says_why_the_client_has_no_right)
{
	const struct addr joe = address("203.0.113.9");
	const struct addr loopback = address("127.0.0.1");
	size_t n_others;

	ask_about("<joe@example.org>", "<x@far.example>");
	cr_expect_eq(lack(), REASON_NO_LOGIN);
	grant("203.0.113.9", "joe");
	fixture_now_s += FIXTURE_WINDOW_S + 3;
	cr_expect_eq(lack(), REASON_WINDOW_OVER);
	cr_expect_eq(decision_make(&site, &question).right.ago_s, 3);
	grant("203.0.113.9", "joe");
	cr_assert_eq(shmcache_revoke(cache, &joe, NULL, &n_others), 0);
	cr_expect_eq(lack(), REASON_REVOKED);
	question.client = &loopback;
	cr_expect_eq(lack(), REASON_NEVER_GRANTED);
	question.client = NULL;
	cr_expect_eq(lack(), REASON_UNKNOWN_CLIENT);
}

Test(decision_decision, a_session_asks_once_why_it_has_no_right)
{
	struct policy_verdict verdict;
	struct right right;

	ask_about("<joe@example.org>", "<x@far.example>");
	decision_mail(&site, &question, &right);
	cr_expect_eq(right.lack, REASON_LOCAL);
	decision_rcpt(&site, &question, &right);
	cr_expect_eq(right.lack, REASON_NO_LOGIN);
	site.table = NULL;
	verdict = decision_rcpt(&site, &question, &right);
	cr_expect_eq(policy_answer(&verdict), REASON_NO_LOGIN);
}
