/* SPDX-License-Identifier: ISC */
/*
 * sasl - base64, and what the mechanisms PLAIN and LOGIN send in it.
 *
 * CONCURRENCY.  Pure functions.
 *
 * TRUST.  Every byte is a stranger's.  Whoever passes a buffer with a password
 * in it wipes that himself.
 */
#ifndef SMTPGATE_PASSWORD_SASL_H
#define SMTPGATE_PASSWORD_SASL_H

#include "smtpgate-auth/request.h"
#include "smtpgate/syntax/command.h"

#include <stddef.h>

/* The longest line of an exchange holds no more. */
#define SASL_MESSAGE_MAX_BYTES (COMMAND_SASL_LINE_BYTES / 4 * 3)

enum sasl_result {
	SASL_OK = 0,
	SASL_MALFORMED, /* not what the mechanism sends */
	SASL_REFUSED,   /* well formed, and can be nobody's login */
};

/*
 * Decode base64, strictly: no white space, all of the padding, no bits left.
 * text: at most COMMAND_SASL_LINE_BYTES.
 * Returns 0, or -EINVAL (message_out and len_out are not to be read).
 * Source: RFC 4648, 3.2, 3.3, 3.5 and 4.
 */
int sasl_decode(const char *text, char message_out[SASL_MESSAGE_MAX_BYTES],
    size_t *len_out);

/*
 * Read the one message of PLAIN: [authzid] NUL authcid NUL passwd.
 * request_out: user and password are set, nothing else.
 * Returns SASL_OK; SASL_MALFORMED: the two NULs are not there; SASL_REFUSED:
 * somebody else is to be acted for, or no request can hold it.
 * Source: RFC 4616, 2.
 */
enum sasl_result sasl_read_plain(
    const char *message, size_t len, struct request *request_out);

/*
 * Read the first and the second message of LOGIN.
 * request_out: user or password is set, nothing else.
 * Source: draft-murchison-sasl-login-00.
 */
enum sasl_result sasl_read_login_user(
    const char *message, size_t len, struct request *request_out);
enum sasl_result sasl_read_login_password(
    const char *message, size_t len, struct request *request_out);

#endif
