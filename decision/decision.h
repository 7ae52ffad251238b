/* SPDX-License-Identifier: ISC */
/*
 * decision - may this client send this mail, and why.
 *
 * CONCEPT.  The library's entry: one question, one verdict, and the same
 * answer for every program.  A program that is asked once a recipient calls
 * decision_make().  An SMTP session asks in two steps, because the right is
 * fixed at MAIL and can only be lost at RCPT: decision_mail() and
 * decision_rcpt().
 *
 * On failure: denies.
 */
#ifndef DECISION_DECISION_H
#define DECISION_DECISION_H

#include "decision/path.h"
#include "decision/policy.h"
#include "decision/right.h"
#include "decision/site.h"

#include <stdbool.h>

struct decision_question {
	const struct addr *client; /* NULL: unknown */
	const char *login;         /* of this session (SMTP AUTH); NULL: none */
	const char *user;    /* only this user's grant counts; NULL: any */
	bool requires_right; /* the service does, even for local domains */
	const struct path *sender;    /* NULL: any */
	const struct path *recipient; /* NULL: any of a foreign domain */
};

/* Decide about one recipient; a denial is explained.  Blocks: never. */
struct policy_verdict decision_make(
    const struct site *site, const struct decision_question *question);

/* The right at MAIL; question: without the recipient.  Blocks: never. */
void decision_mail(const struct site *site,
    const struct decision_question *question, struct right *right_out);

/* A recipient, with the right that is left of the one at MAIL.
 * Blocks: never. */
struct policy_verdict decision_rcpt(const struct site *site,
    const struct decision_question *question, struct right *right);

/*
 * Find out why the client has no right, if the verdict denies for want of one:
 * for policy_answer().  decision_rcpt() and decision_make() have done it.
 * right: the session's, which keeps the answer.
 * Blocks: never.
 */
void decision_explain(const struct site *site,
    const struct decision_question *question, struct right *right,
    struct policy_verdict *verdict);

#endif
