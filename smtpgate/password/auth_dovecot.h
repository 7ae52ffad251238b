/* SPDX-License-Identifier: ISC */
/*
 * auth_dovecot - a client of Dovecot's SASL server (auth-client socket).
 *
 * CONCEPT.  The gate offers Dovecot's mechanisms, and passes base64 on in both
 * directions without reading it.
 *
 * LIFETIME.  An all-zero struct has no connection.  auth_dovecot_close() last.
 *
 * CONCURRENCY.  One thread.
 *
 * TRUST.  The server is the administrator's, but its lines are bounded and
 * checked, and the user's name must be request_user_is_clean().
 *
 * ERRORS.  Any error closes the connection and is AUTH_UNAVAILABLE.
 *
 * Source: Dovecot's design document "Authentication Protocol v1.1".
 */
#ifndef SMTPGATE_PASSWORD_AUTH_DOVECOT_H
#define SMTPGATE_PASSWORD_AUTH_DOVECOT_H

#include "smtpgate/gate.h"
#include "smtpgate/password/auth_answer.h"
#include "smtpgate/syntax/ehlo.h"
#include "smtpgate/wire/line.h"

struct auth_dovecot {
	bool is_open;
	int fd;
	uint32_t id;                            /* of the latest exchange */
	char mechanisms[AUTH_MECHANISMS_BYTES]; /* of ehlo.h */
};

/*
 * Connect, if not connected, and read the mechanisms.
 * Returns AUTH_OK or AUTH_UNAVAILABLE, with answer_out->why.
 * Blocks: some seconds at most.
 */
enum auth_result auth_dovecot_open(struct auth_dovecot *dovecot,
    const struct gate *gate, struct auth_answer *answer_out);

/* How an exchange begins. */
struct auth_start {
	const char *mechanism; /* one of the names */
	const char *initial;   /* response in base64; "": empty; NULL: none */
	bool is_tls;
};

/*
 * Begin an exchange on an open connection.
 * challenge_out: with AUTH_CHALLENGE, base64.
 * Returns answer_out->result: AUTH_OK, _DENIED, _UNAVAILABLE or _CHALLENGE.
 * Blocks: as smtpgate-auth (auth_pam.h).
 */
enum auth_result auth_dovecot_begin(struct auth_dovecot *dovecot,
    const struct gate *gate, const struct auth_start *start,
    struct line *challenge_out, struct auth_answer *answer_out);

/* Continue with the client's response, base64. */
enum auth_result auth_dovecot_go_on(struct auth_dovecot *dovecot,
    const struct gate *gate, const char *response, struct line *challenge_out,
    struct auth_answer *answer_out);

void auth_dovecot_close(struct auth_dovecot *dovecot);

#endif
