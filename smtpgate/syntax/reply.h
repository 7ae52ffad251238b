/* SPDX-License-Identifier: ISC */
/*
 * reply - the gate's own replies to a client, in one table.
 *
 * CONCEPT.  All other replies are the backend's and are passed on
 * (response.h).  The answer to EHLO depends on the backend too (ehlo.h), and
 * decision/reason.c has the replies to recipients that are denied.
 */
#ifndef SMTPGATE_SYNTAX_REPLY_H
#define SMTPGATE_SYNTAX_REPLY_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 5321, 4.5.3.1.5: a reply line with its CR LF, and a NUL. */
#define REPLY_BYTES 513

enum reply {
	REPLY_NONE = 0, /* no reply, or no reason for one */
	REPLY_GREETING,
	REPLY_HELO,
	REPLY_OK,
	REPLY_VRFY,
	REPLY_QUIT,
	REPLY_START_DATA,
	REPLY_START_TLS,
	REPLY_AUTH_OK,

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
	REPLY_AUTH_DENIED,
	REPLY_AUTH_UNAVAILABLE,
	REPLY_AUTH_MALFORMED,
	REPLY_AUTH_CANCELLED,
	REPLY_AUTH_TOO_LONG,
	REPLY_AUTH_NO_MECHANISM,
	REPLY_AUTH_NEEDS_EHLO,
	REPLY_AUTH_NEEDS_TLS,
	REPLY_AUTH_TWICE,

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
	REPLY_CLOSING_FOREIGN,
	REPLY_CLOSING_PIPELINED_DATA,
	REPLY_CLOSING_CHUNK,
	REPLY_CLOSING_BARE_LF,
	REPLY_CLOSING_PROXY,
	REPLY_CLOSING_TIMEOUT,
	REPLY_CLOSING_SESSION_TIME,
	REPLY_CLOSING_ERRORS,
	REPLY_CLOSING_COMMANDS,
	REPLY_CLOSING_AUTH,
	REPLY_COUNT,
};

/* The values of the placeholders. */
struct reply_words {
	const char *host; /* %h: our name */
};

/* Write a reply with its CR LF.  Returns the length; of REPLY_NONE, 0. */
size_t reply_format(
    enum reply reply, const struct reply_words *words, char text[REPLY_BYTES]);

/* 550; of REPLY_NONE, 0. */
unsigned reply_code(enum reply reply);

/* Whether the reply is a 5xx, which counts as an error of the client. */
bool reply_is_error(enum reply reply);

#endif
