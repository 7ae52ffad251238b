/* SPDX-License-Identifier: ISC */
/*
 * sasl - base64, and the messages of the mechanisms PLAIN and LOGIN.
 *
 * TRUST.  Every byte is hostile.  The caller wipes its buffers that contain a
 * password.
 */
#ifndef SMTPGATE_PASSWORD_SASL_H
#define SMTPGATE_PASSWORD_SASL_H

#include "smtpgate-auth/request.h"
#include "smtpgate/syntax/command.h"

#include <stdbool.h>
#include <stddef.h>

/* The longest line of an exchange holds no more. */
#define SASL_MESSAGE_MAX_BYTES (COMMAND_SASL_LINE_BYTES / 4 * 3)

enum sasl_result {
	SASL_OK = 0,
	SASL_MALFORMED, /* not the mechanism's format */
	SASL_REFUSED,   /* well formed, but cannot be a valid login */
};

/*
 * Decode base64, strictly: no white space, complete padding, unused bits 0.
 * text: at most COMMAND_SASL_LINE_BYTES.
 * Returns 0, or -EINVAL (message_out and len_out are then undefined).
 * Source: RFC 4648, 3.2, 3.3, 3.5 and 4.
 */
int sasl_decode(const char *text, char message_out[SASL_MESSAGE_MAX_BYTES],
    size_t *len_out);

/*
 * Read the message of PLAIN: [authzid] NUL authcid NUL passwd.
 * request_out: only user and password are set.
 * Returns SASL_OK; SASL_MALFORMED unless there are two NULs; SASL_REFUSED when
 * authzid is another user, or when user or password does not fit a request.
 * Source: RFC 4616, 2.
 */
enum sasl_result sasl_read_plain(
    const char *message, size_t len, struct request *request_out);

/*
 * Read a message of LOGIN: the first has the user, the second the password.
 * request_out: only that one is set.
 * Source: draft-murchison-sasl-login-00.
 */
enum sasl_result sasl_read_login(const char *message, size_t len,
    bool is_password, struct request *request_out);

#endif
