/* SPDX-License-Identifier: ISC */
/* denial: what each answer of a backend makes of a verdict. */
#include "smtpgate/session/denial.h"

#include <criterion/criterion.h>
#include <stdio.h>

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
	cr_expect_eq(policy_answer(&verdict), REASON_TABLE);
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
