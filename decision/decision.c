/* SPDX-License-Identifier: ISC */
#include "decision/decision.h"

#include "decision/sender.h"

void
decision_mail(const struct site *site, const struct decision_question *question,
    struct right *right_out)
{
	const char *login = question->login != NULL ? question->login : "";

	if (question->user != NULL)
		right_ask_user(
		    site, question->client, question->user, right_out);
	else
		right_ask(site, question->client, login, right_out);
	if (question->sender != NULL)
		sender_bind(
		    site, question->client, question->sender, right_out);
}

struct policy_verdict
decision_rcpt(const struct site *site, const struct decision_question *question,
    struct right *right)
{
	right_recheck(site, question->client, right);
	return policy_decide(question->recipient, question->requires_right,
	    &site->domains, right);
}

struct policy_verdict
decision_make(const struct site *site, const struct decision_question *question)
{
	struct right right;

	decision_mail(site, question, &right);
	return policy_decide(question->recipient, question->requires_right,
	    &site->domains, &right);
}
