/* SPDX-License-Identifier: ISC */
/* denial: each reason has its reply. */
#include "smtpgate/session/denial.h"

#include <criterion/criterion.h>
#include <stdio.h>

static char
first_digit(enum reply reply)
{
	const struct reply_words words = {
	    .host = "h", .client = "c", .window = "w"};
	char text[REPLY_BYTES];

	cr_assert_gt(reply_format(reply, &words, text), 0);
	return text[0];
}

static enum reply
reply_to(enum policy_result result, enum reason reason)
{
	const struct policy_verdict verdict = {
	    .result = result, .reason = reason};

	return denial_reply(&verdict, true, false);
}

Test(smtpgate_denial, each_reason_has_a_5xx_and_is_4xx_for_now)
{
	int i;

	for (i = REASON_LOCAL + 1; i < REASON_COUNT; i++) {
		enum reason reason = (enum reason)i;

		cr_expect_eq(first_digit(reply_to(POLICY_DENY, reason)), '5',
		    "%s", reason_word(reason));
		cr_expect_eq(first_digit(reply_to(POLICY_DENY_FOR_NOW, reason)),
		    '4', "%s", reason_word(reason));
	}
}

Test(smtpgate_denial, a_sender_and_a_service_have_replies_of_their_own)
{
	cr_expect_eq(
	    reply_to(POLICY_DENY, REASON_SENDER), REPLY_SENDER_NOT_YOURS);
	cr_expect_eq(
	    reply_to(POLICY_DENY, REASON_SERVICE), REPLY_RIGHT_REQUIRED);
	cr_expect_eq(reply_to(POLICY_DENY, REASON_FOREIGN_DOMAIN),
	    REPLY_RELAYING_DENIED);
}

Test(smtpgate_denial, a_login_is_mentioned_where_the_client_can_log_in)
{
	const struct policy_verdict verdict = {
	    .result = POLICY_DENY, .reason = REASON_FOREIGN_DOMAIN};

	cr_expect_eq(
	    denial_reply(&verdict, true, true), REPLY_RELAYING_DENIED_LOGIN);
}

Test(smtpgate_denial, a_client_of_unknown_address_gets_a_reply_of_its_own)
{
	const struct policy_verdict verdict = {
	    .result = POLICY_DENY, .reason = REASON_SENDER};

	cr_expect_eq(
	    denial_reply(&verdict, false, true), REPLY_RELAYING_DENIED_UNKNOWN);
}

/* A verdict that permitted, after the backend's answer. */
static struct policy_verdict
learn(
    enum policy_via via, enum right_kind kind, unsigned code, const char *text)
{
	struct policy_verdict verdict = {
	    .result = POLICY_PERMIT, .via = via, .right.kind = kind};
	static struct response response;
	bool is_own;

	response_init(&response);
	response.code = code;
	response.len = (size_t)snprintf(
	    response.text, sizeof(response.text), "%s\n", text);
	is_own = denial_learn(&verdict, &response);
	cr_expect_eq(is_own, via == POLICY_VIA_BACKEND && code == 554 &&
				 verdict.reason == REASON_FOREIGN_DOMAIN);
	return verdict;
}

#define NO_RELAY "5.7.1 <x@far.example>: Relay access denied"

Test(smtpgate_denial, a_domain_that_the_backend_does_not_know_is_foreign)
{
	struct policy_verdict verdict =
	    learn(POLICY_VIA_BACKEND, RIGHT_NONE, 554, NO_RELAY);

	cr_expect_eq(verdict.result, POLICY_DENY);
	cr_expect_eq(verdict.reason, REASON_FOREIGN_DOMAIN);
	cr_expect_eq(verdict.via, POLICY_VIA_BACKEND);
}

Test(smtpgate_denial, it_is_foreign_for_now_when_the_table_cannot_be_read)
{
	struct policy_verdict verdict =
	    learn(POLICY_VIA_BACKEND, RIGHT_UNKNOWN, 554, NO_RELAY);

	cr_expect_eq(verdict.result, POLICY_DENY_FOR_NOW);
	cr_expect_eq(
	    denial_reply(&verdict, true, false), REPLY_RELAYING_DENIED_FOR_NOW);
}

Test(smtpgate_denial, a_temporary_refusal_stays_temporary)
{
	struct policy_verdict verdict = learn(POLICY_VIA_BACKEND, RIGHT_NONE,
	    454, "4.7.1 <x@far.example>: Relay access denied");

	cr_expect_eq(verdict.result, POLICY_DENY_FOR_NOW);
	cr_expect_eq(verdict.reason, REASON_BACKEND);
}

Test(smtpgate_denial, a_backend_that_does_not_relay_for_a_right_is_at_fault)
{
	static const enum policy_via vias[] = {POLICY_VIA_LOCAL,
	    POLICY_VIA_GRANT, POLICY_VIA_AUTH, POLICY_VIA_NETWORK};
	size_t i;

	for (i = 0; i < sizeof(vias) / sizeof(vias[0]); i++)
		cr_expect_eq(learn(vias[i], RIGHT_NONE, 554, NO_RELAY).reason,
		    REASON_BACKEND_RELAYING);
}

Test(smtpgate_denial, an_unknown_recipient_has_a_word_of_its_own)
{
	cr_expect_eq(learn(POLICY_VIA_LOCAL, RIGHT_NONE, 550,
			 "5.1.1 <a@b>: User unknown")
			 .reason,
	    REASON_UNKNOWN_RECIPIENT);
	cr_expect_eq(
	    learn(POLICY_VIA_BACKEND, RIGHT_NONE, 550, "5.2.1 Mailbox disabled")
		.reason,
	    REASON_BACKEND);
	cr_expect_eq(
	    learn(POLICY_VIA_LOCAL, RIGHT_NONE, 250, "2.1.5 Ok").result,
	    POLICY_PERMIT);
}
