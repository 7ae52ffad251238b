/* SPDX-License-Identifier: ISC */
/*
 * stack - ask the PAM stack of service "smtpgate" about one login.
 *
 * CONCEPT.  pam_authenticate(3), then pam_acct_mgmt(3).  No session is opened
 * and no credentials are set, because the user does not log in to this machine.
 * The first prompt without echo gets the password; any other prompt fails,
 * since no user can answer it.
 *
 * CONCURRENCY.  Call it in a child process that exits afterwards: modules may
 * leak memory, leave state, hang, or crash.
 *
 * TRUST.  The stack is the administrator's.  It may change the user's name,
 * which must still be request_user_is_clean().
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
	const char *stage;    /* the last one: service, auth, account, user */
	char why[STACK_WHY_BYTES]; /* a sentence for the log; "" when OK */
};

/*
 * Ask.
 * confdir: a directory with the service's file, in place of the system's; NULL
 * in production.
 * Blocks: without limit; the modules decide.
 */
void stack_ask(const char *confdir, const struct request *request,
    struct stack_verdict *verdict_out);

#endif
