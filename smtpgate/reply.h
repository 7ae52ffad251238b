/* SPDX-License-Identifier: ISC */
/*
 * reply - everything the gate itself says to a client, in one table.
 *
 * CONCEPT.  The other replies are the backend's and are handed on
 * (response.h); EHLO's answer is made of what the backend offers (ehlo.h).
 *
 * CONCURRENCY.  Pure functions.
 */
#ifndef SMTPGATE_REPLY_H
#define SMTPGATE_REPLY_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 5321, 4.5.3.1.5: a reply line with its CR LF; the NUL is ours. */
#define REPLY_BYTES 513

enum reply {
	REPLY_GREETING = 0,
	REPLY_HELO,
	REPLY_OK,
	REPLY_VRFY,
	REPLY_QUIT,
	REPLY_START_DATA,
	REPLY_START_TLS,

	REPLY_BARE_LF,
	REPLY_LINE_TOO_LONG,
	REPLY_LINE_HAS_CONTROL,
	REPLY_LINE_IS_8BIT,
	REPLY_UNKNOWN_COMMAND,
	REPLY_BAD_HELO,
	REPLY_BAD_MAIL,
	REPLY_BAD_RCPT,
	REPLY_BAD_PARAMETER,
	REPLY_UNKNOWN_PARAMETER,
	REPLY_NOT_ASCII,
	REPLY_BAD_CHUNK,
	REPLY_NO_ARGUMENT_WANTED,
	REPLY_ARGUMENT_WANTED,
	REPLY_HELO_FIRST,
	REPLY_MAIL_FIRST,
	REPLY_NESTED_MAIL,
	REPLY_RCPT_FIRST,
	REPLY_TLS_FIRST,
	REPLY_TLS_ALREADY,
	REPLY_NESTED_DATA,

	REPLY_RELAYING_DENIED,
	REPLY_RELAYING_DENIED_UNKNOWN,
	REPLY_RELAYING_DENIED_FOR_NOW,
	REPLY_RIGHT_REQUIRED,
	REPLY_SENDER_NOT_YOURS,
	REPLY_TOO_MANY_RECIPIENTS,
	REPLY_ONE_RECIPIENT,
	REPLY_NO_VALID_RECIPIENTS,
	REPLY_NO_8BIT,
	REPLY_NO_SMTPUTF8,
	REPLY_NO_CHUNKING,
	REPLY_TOO_LARGE,
	REPLY_NUL_IN_MESSAGE,
	REPLY_BARE_NEWLINE_IN_MESSAGE,
	REPLY_BACKEND_FAILED,
	REPLY_BACKEND_MISCONFIGURED,

	REPLY_CLOSING_BACKEND,
	REPLY_CLOSING_STOP,
	REPLY_CLOSING_TOO_MANY,
	REPLY_CLOSING_CONFIGURATION,
	REPLY_CLOSING_EARLY_TALKER,
	REPLY_CLOSING_PIPELINED_DATA,
	REPLY_CLOSING_CHUNK,
	REPLY_CLOSING_BARE_LF,
	REPLY_CLOSING_PROXY,
	REPLY_CLOSING_TIMEOUT,
	REPLY_CLOSING_SESSION_TIME,
	REPLY_CLOSING_ERRORS,
	REPLY_CLOSING_COMMANDS,
	REPLY_COUNT,
};

/* What the table's placeholders stand for. */
struct reply_words {
	const char *host;   /* %h: our name */
	const char *client; /* %c: the client's address */
	const char *window; /* %w: how long a login is good for */
};

/* Write a reply with its CR LF.  Returns the length. */
size_t reply_format(
    enum reply reply, const struct reply_words *words, char text[REPLY_BYTES]);

/* Whether it is a 5xx: one more error of the client's. */
bool reply_is_error(enum reply reply);

#endif
