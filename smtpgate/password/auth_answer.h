/* SPDX-License-Identifier: ISC */
/*
 * auth_answer - what those who check passwords say to the gate.
 */
#ifndef SMTPGATE_PASSWORD_AUTH_ANSWER_H
#define SMTPGATE_PASSWORD_AUTH_ANSWER_H

#include "smtpgate-auth/request.h"

#include <stddef.h>

enum auth_result {
	AUTH_UNAVAILABLE = 0, /* it cannot be told now; why */
	AUTH_OK,              /* user */
	AUTH_DENIED,
	AUTH_TOO_MANY,  /* too many failures, here or from this client */
	AUTH_CHALLENGE, /* the client is asked for more (Dovecot) */
	/* the gate's own */
	AUTH_MALFORMED, /* not what the mechanism sends */
	AUTH_TOO_LONG,
	AUTH_CANCELLED, /* by the client */
	AUTH_LOST,      /* the client is gone, or too slow */
};

#define AUTH_WHY_BYTES 160

struct auth_answer {
	enum auth_result result;
	/* of AUTH_OK, clean; else whom the client named, for the log */
	char user[REQUEST_USER_MAX_BYTES + 1];
	char why[AUTH_WHY_BYTES]; /* of AUTH_UNAVAILABLE */
};

#endif
