/* SPDX-License-Identifier: ISC */
/*
 * auth_answer - the answer of a server that checks passwords.
 */
#ifndef SMTPGATE_PASSWORD_AUTH_ANSWER_H
#define SMTPGATE_PASSWORD_AUTH_ANSWER_H

#include "smtpgate-auth/request.h"

#include <stddef.h>

enum auth_result {
	AUTH_UNAVAILABLE = 0, /* it cannot check now; why */
	AUTH_OK,              /* user */
	AUTH_DENIED,
	AUTH_TOO_MANY,  /* too many failures, of the session or the client */
	AUTH_CHALLENGE, /* the client must send more (Dovecot) */
	/* the gate's own */
	AUTH_MALFORMED, /* not the mechanism's format */
	AUTH_TOO_LONG,
	AUTH_CANCELLED, /* by the client */
	AUTH_LOST,      /* the client closed, or timed out */
};

#define AUTH_WHY_BYTES 160

struct auth_answer {
	enum auth_result result;
	/* with AUTH_OK, clean; else the client's name for it, for the log */
	char user[REQUEST_USER_MAX_BYTES + 1];
	char why[AUTH_WHY_BYTES]; /* of AUTH_UNAVAILABLE */
};

#endif
