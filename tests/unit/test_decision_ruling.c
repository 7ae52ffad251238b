/* SPDX-License-Identifier: ISC */
/* ruling: a block beats every right, and a permit is narrow. */
#include "decision/ruling.h"

#include "decision/decision.h"
#include "tests/unit/cache_fixture.h"

#define CLIENT "203.0.113.9"

static struct conf conf;
static struct inforce rules;
static struct site site;
static struct addr client;
static struct path sender, recipient;
static struct cidr network;
static struct decision_question question;

static void
parse(const char *text, struct path *path_out)
{
	const char *rest;

	cr_assert(eq(int, path_parse(text, path_out, &rest), 0), "%s", text);
}

static void
setup(void)
{
	static char local[] = "example.org";
	static char *domains[] = {local};

	fixture_setup();
	conf.smtpgate.local_domains.items = domains;
	conf.smtpgate.local_domains.n = 1;
	site_init(&site, &conf, cache, &rules);
	client = address(CLIENT);
	parse("<joe@example.org>", &sender);
	parse("<x@far.example>", &recipient);
	question = (struct decision_question){
	    .client = &client, .sender = &sender, .recipient = &recipient};
}

static void
teardown(void)
{
	inforce_free(&rules);
	fixture_teardown();
}

TestSuite(decision_ruling, .init = setup, .fini = teardown);

static void
rule(const char *text)
{
	cr_assert(eq(int, shmcache_set_rules(cache, text, strlen(text)), 0));
}

static void
list_network(void)
{
	cr_assert(eq(int, cidr_parse("203.0.113.0/24", &network), 0));
	conf.smtpgate.relay_networks = (struct conf_cidrs){&network, 1};
}

static void
expect_blocked(void)
{
	const struct policy_verdict verdict = decision_make(&site, &question);

	cr_expect(eq(int, verdict.result, POLICY_DENY));
	cr_expect(eq(int, verdict.reason, REASON_BLOCKED));
}

Test(decision_ruling, a_block_of_a_user_beats_grant_and_login)
{
	rule("block user=joe until=0 note=\n");
	grant(CLIENT, "joe");
	expect_blocked();
	question.login = "JOE";
	expect_blocked();
	question.login = "ann";
	cr_expect(
	    eq(int, decision_make(&site, &question).via, POLICY_VIA_AUTH));
}

Test(decision_ruling, a_block_of_a_network_beats_every_right)
{
	rule("permit net=203.0.113.9/32 until=0 note=\n"
	     "block net=203.0.113.0/24 until=0 note=\n");
	expect_blocked();
	grant(CLIENT, "ann");
	expect_blocked();
	question.login = "ann";
	expect_blocked();
	question.login = NULL;
	list_network();
	expect_blocked();
	conf.smtpgate.relay_networks.n = 0;
}

Test(decision_ruling, a_blocked_client_may_still_bring_local_mail)
{
	rule("block net=203.0.113.9/32 until=0 note=\n");
	parse("<x@example.org>", &recipient);
	cr_expect(
	    eq(int, decision_make(&site, &question).result, POLICY_PERMIT));
	question.requires_right = true;
	cr_expect(eq(int, decision_make(&site, &question).result, POLICY_DENY));
}

Test(decision_ruling, a_block_counts_at_the_next_rcpt)
{
	struct right right;

	question.login = "joe";
	decision_mail(&site, &question, &right);
	cr_expect(eq(int, decision_rcpt(&site, &question, &right).result,
	    POLICY_PERMIT));
	rule("block user=joe until=0 note=\n");
	cr_expect(eq(
	    int, decision_rcpt(&site, &question, &right).result, POLICY_DENY));
	rule("");
	cr_expect(eq(
	    int, decision_rcpt(&site, &question, &right).result, POLICY_DENY));
	decision_mail(&site, &question, &right);
	cr_expect(eq(int, decision_rcpt(&site, &question, &right).result,
	    POLICY_PERMIT));
}

Test(decision_ruling, a_permit_is_for_its_senders_and_domains)
{
	static const struct {
		const char *from, *to;
		enum policy_result result;
	} cases[] = {
	    {"<scan@example.org>", "<x@far.example>", POLICY_PERMIT},
	    {"<SCAN@example.org>", "<x@FAR.example>", POLICY_PERMIT},
	    {"<scan@example.org>", "<x@a.near.example>", POLICY_PERMIT},
	    {"<scan@example.org>", "<x@near.example>", POLICY_DENY},
	    {"<scan@example.org>", "<x@a.far.example>", POLICY_DENY},
	    {"<scan@example.org>", "<x@other.example>", POLICY_DENY},
	    {"<joe@example.org>", "<x@far.example>", POLICY_DENY},
	    {"<>", "<x@far.example>", POLICY_DENY},
	    {"<scan@example.org>", "<x%other.example@far.example>",
		POLICY_DENY},
	    {"<scan@example.org>", "<@far.example:x@far.example>", POLICY_DENY},
	};

	rule("permit net=203.0.113.9/32 until=0 sender=scan@example.org "
	     "to=far.example,.near.example note=\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_verdict verdict;

		parse(cases[i].from, &sender);
		parse(cases[i].to, &recipient);
		verdict = decision_make(&site, &question);
		cr_expect(eq(int, verdict.result, cases[i].result), "%s to %s",
		    cases[i].from, cases[i].to);
		cr_expect(eq(int, verdict.via == POLICY_VIA_PERMIT,
		    cases[i].result == POLICY_PERMIT));
	}
	client = address("203.0.113.10");
	parse("<scan@example.org>", &sender);
	parse("<x@far.example>", &recipient);
	cr_expect(eq(int, decision_make(&site, &question).result, POLICY_DENY));
}

Test(decision_ruling, out_of_its_scope_is_a_reason)
{
	struct right right;
	struct policy_verdict verdict;

	rule("permit net=203.0.113.9/32 until=0 to=near.example note=\n");
	decision_mail(&site, &question, &right);
	verdict = decision_rcpt(&site, &question, &right);
	cr_expect(eq(int, verdict.reason, REASON_SCOPE));
	parse("<x@near.example>", &recipient);
	cr_expect(eq(int, decision_rcpt(&site, &question, &right).via,
	    POLICY_VIA_PERMIT));
	rule("");
	cr_expect(eq(
	    int, decision_rcpt(&site, &question, &right).result, POLICY_DENY));
}

Test(decision_ruling, a_permit_that_comes_after_mail_is_for_the_next)
{
	struct right right;

	decision_mail(&site, &question, &right);
	rule("permit net=203.0.113.9/32 until=0 note=\n");
	cr_expect(eq(
	    int, decision_rcpt(&site, &question, &right).result, POLICY_DENY));
	decision_mail(&site, &question, &right);
	cr_expect(eq(int, decision_rcpt(&site, &question, &right).result,
	    POLICY_PERMIT));
}

Test(decision_ruling, rules_that_cannot_be_read_deny_for_now)
{
	rule("unreadable\n");
	grant(CLIENT, "ann");
	cr_expect(eq(
	    int, decision_make(&site, &question).result, POLICY_DENY_FOR_NOW));
	question.login = "ann";
	cr_expect(eq(
	    int, decision_make(&site, &question).result, POLICY_DENY_FOR_NOW));
	question.login = NULL;
	list_network();
	cr_expect(eq(
	    int, decision_make(&site, &question).result, POLICY_DENY_FOR_NOW));
	conf.smtpgate.relay_networks.n = 0;
	parse("<x@example.org>", &recipient);
	cr_expect(
	    eq(int, decision_make(&site, &question).result, POLICY_PERMIT));
}

Test(decision_ruling, without_a_table_a_login_goes_on)
{
	site_init(&site, &conf, NULL, &rules);
	question.login = "ann";
	cr_expect(
	    eq(int, decision_make(&site, &question).via, POLICY_VIA_AUTH));
}
