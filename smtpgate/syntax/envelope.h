/* SPDX-License-Identifier: ISC */
/*
 * envelope - the arguments of MAIL and RCPT.
 *
 * CONCEPT.  Path and parameters are read into structs and formatted again for
 * the backend: nothing is passed on that was not understood.  A parameter is
 * known only if this client was offered its extension.
 *
 * TRUST.  The text is hostile, but a string without controls, and valid UTF-8
 * where it is not ASCII (dispatch.c).
 */
#ifndef SMTPGATE_SYNTAX_ENVELOPE_H
#define SMTPGATE_SYNTAX_ENVELOPE_H

#include "decision/path.h"
#include "smtpgate/syntax/ehlo.h"

#include <stdbool.h>

/* RFC 1870, 3: at most 20 digits. */
#define ENVELOPE_SIZE_BYTES 21
#define ENVELOPE_ENVID_BYTES 101 /* RFC 3461, 4.4 */
#define ENVELOPE_ORCPT_BYTES 501 /* RFC 3461, 4.2 */

/* The longest lines of envelope_format_mail() and _rcpt(). */
#define ENVELOPE_MAIL_BYTES                                                    \
	(PATH_TEXT_BYTES + ENVELOPE_SIZE_BYTES + ENVELOPE_ENVID_BYTES + 80)
#define ENVELOPE_RCPT_BYTES (PATH_TEXT_BYTES + ENVELOPE_ORCPT_BYTES + 64)

enum envelope_body {
	ENVELOPE_BODY_NONE = 0, /* no BODY parameter */
	ENVELOPE_BODY_7BIT,
	ENVELOPE_BODY_8BITMIME,
};

enum envelope_ret {
	ENVELOPE_RET_NONE = 0,
	ENVELOPE_RET_FULL,
	ENVELOPE_RET_HDRS,
};

struct envelope_mail {
	struct path sender;
	char size[ENVELOPE_SIZE_BYTES]; /* digits; "" without SIZE= */
	enum envelope_body body;
	enum envelope_ret ret;
	char envid[ENVELOPE_ENVID_BYTES]; /* xtext; "" without ENVID= */
	bool is_smtputf8;
	bool has_auth; /* AUTH= was given; it is ignored */
};

enum envelope_notify {
	ENVELOPE_NOTIFY_NEVER = 1 << 0, /* excludes the others */
	ENVELOPE_NOTIFY_SUCCESS = 1 << 1,
	ENVELOPE_NOTIFY_FAILURE = 1 << 2,
	ENVELOPE_NOTIFY_DELAY = 1 << 3,
};

struct envelope_rcpt {
	struct path recipient;
	unsigned notify;                  /* of enum envelope_notify; 0: none */
	char orcpt[ENVELOPE_ORCPT_BYTES]; /* "type;xtext"; "" without ORCPT= */
};

enum envelope_error {
	ENVELOPE_OK = 0,
	ENVELOPE_BAD_SYNTAX,    /* not FROM:<path>, not TO:<path> */
	ENVELOPE_BAD_PARAMETER, /* a known one, given twice or a wrong value */
	ENVELOPE_UNKNOWN_PARAMETER, /* 555 */
	ENVELOPE_NOT_ASCII,         /* needs SMTPUTF8 */
};

/*
 * Read the argument of MAIL.  More spaces than RFC 5321 has are accepted: old
 * clients send them, and the backend gets the command formatted again.
 * offered: what the client was offered; NULL after HELO.
 * Source: RFC 5321, 4.1.1.2 and 4.1.2; RFC 1870; RFC 6152; RFC 3461, 4.3 and
 * 4.4; RFC 4954, 5; RFC 6531, 3.4.
 */
enum envelope_error envelope_parse_mail(const char *argument,
    const struct ehlo *offered, struct envelope_mail *mail_out);

/*
 * Read the argument of RCPT.
 * is_smtputf8: MAIL had SMTPUTF8.
 * Source: RFC 5321, 4.1.1.3; RFC 3461, 4.1 and 4.2; RFC 6533, 3.
 */
enum envelope_error envelope_parse_rcpt(const char *argument,
    const struct ehlo *offered, bool is_smtputf8,
    struct envelope_rcpt *rcpt_out);

/* Whether SIZE= is above the limit in EHLO.  Source: RFC 1870, 6.1. */
bool envelope_is_too_large(
    const struct envelope_mail *mail, const struct ehlo *offered);

/*
 * Write the command for a backend with these extensions.  SIZE, BODY=7BIT and
 * DSN parameters are optional and left out if the backend does not know them.
 * The caller has checked that it knows BODY=8BITMIME and SMTPUTF8 if needed.
 * Returns line.
 */
const char *envelope_format_mail(const struct envelope_mail *mail,
    const struct ehlo *ehlo, char line[ENVELOPE_MAIL_BYTES]);
const char *envelope_format_rcpt(const struct envelope_rcpt *rcpt,
    const struct ehlo *ehlo, char line[ENVELOPE_RCPT_BYTES]);

#endif
