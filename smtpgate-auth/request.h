/* SPDX-License-Identifier: ISC */
/*
 * request - the protocol between the gate and smtpgate-auth.
 *
 * CONCEPT.  A unix socket of type SOCK_SEQPACKET, so that a record is read
 * whole or not at all.  Each connection has one request:
 *
 *   server   answer READY, or BUSY and the end
 *   gate     request
 *   server   answer
 *
 * The server speaks first, so that no password is sent to a busy server.
 *
 *   request  version:1 flags:1 address:16 session:12 user length:2
 *            password length:2 user password    lengths in network order
 *   answer   version:1 answer:1 user     (the user only with ANSWER_OK)
 *
 * TRUST.  An attacker may control either side: both check what they read in the
 * same way.  The user's name is request_user_is_clean() in each record.
 */
#ifndef SMTPGATE_AUTH_REQUEST_H
#define SMTPGATE_AUTH_REQUEST_H

#include "common/addr.h"

#include <stdbool.h>
#include <stddef.h>

#define REQUEST_USER_MAX_BYTES 255
/* libpam's limit for an answer (PAM_MAX_RESP_SIZE, with its NUL). */
#define REQUEST_PASSWORD_MAX_BYTES 511
#define REQUEST_SESSION_BYTES 12
#define REQUEST_HEAD_BYTES (22 + REQUEST_SESSION_BYTES)
#define REQUEST_BYTES                                                          \
	(REQUEST_HEAD_BYTES + REQUEST_USER_MAX_BYTES +                         \
	    REQUEST_PASSWORD_MAX_BYTES)

struct request {
	bool is_client_known; /* client is set */
	bool is_tls;          /* the password came over TLS */
	struct addr client;
	/* the gate's name of the session, for the log: letters and digits */
	char session[REQUEST_SESSION_BYTES + 1];
	char user[REQUEST_USER_MAX_BYTES + 1];
	char password[REQUEST_PASSWORD_MAX_BYTES + 1];
};

enum answer_kind {
	ANSWER_READY = 0,   /* send the request */
	ANSWER_BUSY,        /* too many requests at once; PAM was not asked */
	ANSWER_OK,          /* answer.user has logged in */
	ANSWER_DENIED,      /* whatever the reason */
	ANSWER_UNAVAILABLE, /* the password cannot be checked now */
	ANSWER_TOO_MANY,    /* too many failures; try much later */
};

#define ANSWER_HEAD_BYTES 2
#define ANSWER_BYTES (ANSWER_HEAD_BYTES + REQUEST_USER_MAX_BYTES)

struct answer {
	enum answer_kind kind;
	char user[REQUEST_USER_MAX_BYTES + 1]; /* with ANSWER_OK; else "" */
};

/*
 * Whether a name may be given to a PAM stack: 1 to 255 bytes, no white space
 * or other control, no '/' (pam_faillock and others use it as a file name), no
 * '-' at the beginning (pam_exec may pass it as an argument).
 */
bool request_user_is_clean(const char *user);

/*
 * Write a request.
 * Returns its length; 0 for an unclean name or session, and for an empty or too
 * long password.
 */
size_t request_format(
    const struct request *request, unsigned char record[REQUEST_BYTES]);

/*
 * Read a request.
 * Returns 0, or -EBADMSG (request_out is not written): another version,
 * unknown flags, a length that does not fit, NUL in a text, an unclean name or
 * session, no password.
 */
int request_parse(
    const unsigned char *record, size_t len, struct request *request_out);

/* Write an answer.  Returns its length, at least ANSWER_HEAD_BYTES. */
size_t answer_format(
    const struct answer *answer, unsigned char record[ANSWER_BYTES]);

/* Read an answer.  Returns 0, or -EBADMSG (answer_out is not written). */
int answer_parse(
    const unsigned char *record, size_t len, struct answer *answer_out);

#endif
