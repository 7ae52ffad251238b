/* SPDX-License-Identifier: ISC */
/*
 * stack - ask the PAM stack of service "smtpgate" about one login.
 *
 * CONCEPT.  pam_authenticate(3), then pam_acct_mgmt(3); no session is opened
 * and no credentials are set, for nobody logs in here.  One prompt that hides
 * its answer is given the password; any other prompt fails, since nobody is
 * there to be asked.
 *
 * CONCURRENCY.  In a child of its own, which ends afterwards: modules leave
 * behind what they like, hang, or crash.
 *
 * TRUST.  The stack is the administrator's.  The name that it makes of the
 * user's is held to request_user_is_clean() as the client's own.
 *
 * On failure: denies.
 */
#ifndef SMTPGATE_AUTH_STACK_H
#define SMTPGATE_AUTH_STACK_H

#include "smtpgate-auth/request.h"

#define STACK_SERVICE "smtpgate"

#define STACK_WHY_BYTES 256

struct stack_verdict {
	struct answer answer; /* OK, DENIED, UNAVAILABLE or TOO_MANY */
	const char *stage;    /* where it ended: service, auth, account, user */
	char why[STACK_WHY_BYTES]; /* a sentence for the log; "" when OK */
};

/*
 * Ask.
 * confdir: a directory with the service's file, in place of the system's; NULL
 * in production.
 * Blocks: as long as the modules like.
 */
void stack_ask(const char *confdir, const struct request *request,
    struct stack_verdict *verdict_out);

#endif
