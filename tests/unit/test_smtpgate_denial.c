/* SPDX-License-Identifier: ISC */
/* denial: each reason has its reply. */
#include "smtpgate/session/denial.h"

#include <criterion/criterion.h>

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
