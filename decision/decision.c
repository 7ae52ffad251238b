/* SPDX-License-Identifier: ISC */
#include "decision/decision.h"

#include "decision/ruling.h"
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
	ruling_apply(site, question->client, question->user, question->sender,
	    true, right_out);
}

/* A permit is narrow: each recipient has to be in its scope. */
static struct policy_verdict
decide(const struct site *site, const struct decision_question *question,
    const struct right *right)
{
	const struct right none = {.kind = RIGHT_NONE};
	const bool is_out_of_scope = right->kind == RIGHT_PERMIT &&
				     !ruling_permits(site, question->client,
					 question->sender, question->recipient);
	struct policy_verdict verdict =
	    policy_decide(question->recipient, question->requires_right,
		&site->domains, is_out_of_scope ? &none : right);

	if (is_out_of_scope && verdict.result == POLICY_DENY)
		verdict.reason = REASON_SCOPE;
	return verdict;
}

void
decision_explain(const struct site *site,
    const struct decision_question *question, struct right *right,
    struct policy_verdict *verdict)
{
	if (verdict->result == POLICY_PERMIT)
		return;
	right_explain(site, question->client, question->user, right);
	verdict->right = *right;
}

struct policy_verdict
decision_rcpt(const struct site *site, const struct decision_question *question,
    struct right *right)
{
	struct policy_verdict verdict;

	right_recheck(site, question->client, right);
	ruling_apply(site, question->client, question->user, question->sender,
	    false, right);
	verdict = decide(site, question, right);
	decision_explain(site, question, right, &verdict);
	return verdict;
}

struct policy_verdict
decision_make(const struct site *site, const struct decision_question *question)
{
	struct policy_verdict verdict;
	struct right right;

	decision_mail(site, question, &right);
	verdict = decide(site, question, &right);
	decision_explain(site, question, &right, &verdict);
	return verdict;
}
