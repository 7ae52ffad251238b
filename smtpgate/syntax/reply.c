/* SPDX-License-Identifier: ISC */
/*
 * Codes: RFC 5321, 4.2.2 and 4.2.3; enhanced codes: RFC 3463, and RFC 5248's
 * registry.  Each text says what is wrong and what to do.
 */
#include "smtpgate/syntax/reply.h"

#include "common/template.h"

#include <string.h>

/* The longest text below, and some. */
#define TEMPLATE_BYTES 192

/* clang-format off */
/* Arrays and not pointers: these would be relocated, and so be private memory
 * of each gate. */
static const char replies[REPLY_COUNT][TEMPLATE_BYTES] = {
    [REPLY_NONE] = "",
    [REPLY_GREETING] =
	"220 %h ESMTP",
    [REPLY_HELO] =
	"250 %h",
    [REPLY_OK] =
	"250 2.0.0 Ok",
    [REPLY_VRFY] =
	"252 2.0.0 Cannot verify a user; send a message to find out",
    [REPLY_QUIT] =
	"221 2.0.0 %h closing connection",
    [REPLY_START_DATA] =
	"354 End the message with <CR><LF>.<CR><LF>",
    [REPLY_START_TLS] =
	"220 2.0.0 Begin TLS",
    [REPLY_AUTH_OK] =
	"235 2.7.0 Logged in",

    [REPLY_BARE_LF] =
	"500 5.5.2 A line must end with CR LF, not with LF alone",
    [REPLY_LINE_TOO_LONG] =
	"500 5.5.2 The line is too long",
    [REPLY_LINE_HAS_CONTROL] =
	"500 5.5.2 The line contains a control character",
    [REPLY_LINE_IS_8BIT] =
	"500 5.5.2 The line is not ASCII",
    [REPLY_UNKNOWN_COMMAND] =
	"502 5.5.1 Command not implemented",
    [REPLY_BAD_HELO] =
	"501 5.5.4 Send your host name or [address]",
    [REPLY_BAD_MAIL] =
	"501 5.1.7 The syntax is MAIL FROM:<user@domain>",
    [REPLY_BAD_RCPT] =
	"501 5.1.3 The syntax is RCPT TO:<user@domain>",
    [REPLY_BAD_PARAMETER] =
	"501 5.5.4 A parameter is invalid or repeated",
    [REPLY_UNKNOWN_PARAMETER] =
	"555 5.5.4 A parameter is not supported; use what EHLO offers",
    [REPLY_NOT_ASCII] =
	"553 5.6.7 A non-ASCII address needs SMTPUTF8",
    [REPLY_BAD_CHUNK] =
	"501 5.5.4 The syntax is BDAT size [LAST]",
    [REPLY_NO_ARGUMENT_WANTED] =
	"501 5.5.4 This command takes no argument",
    [REPLY_ARGUMENT_WANTED] =
	"501 5.5.4 This command needs an argument",
    [REPLY_HELO_FIRST] =
	"503 5.5.1 Send EHLO or HELO first",
    [REPLY_MAIL_FIRST] =
	"503 5.5.1 Send MAIL first",
    [REPLY_NESTED_MAIL] =
	"503 5.5.1 A message has already begun; send RSET to begin again",
    [REPLY_NESTED_DATA] =
	"503 5.5.1 The message has begun with BDAT; end it with BDAT LAST",
    [REPLY_RCPT_FIRST] =
	"503 5.5.1 Send RCPT first",
    [REPLY_TLS_FIRST] =
	"530 5.7.0 Send STARTTLS first",
    [REPLY_TLS_ALREADY] =
	"503 5.5.1 TLS already active",
    [REPLY_AUTH_DENIED] =
	"535 5.7.8 Wrong user name or password",
    [REPLY_AUTH_UNAVAILABLE] =
	"454 4.7.0 Cannot check passwords now; try again later",
    [REPLY_AUTH_MALFORMED] =
	"501 5.5.2 Invalid base64, or invalid data for this mechanism",
    [REPLY_AUTH_CANCELLED] =
	"501 5.7.0 Cancelled",
    [REPLY_AUTH_TOO_LONG] =
	"500 5.5.6 The line is too long",
    [REPLY_AUTH_NO_MECHANISM] =
	"504 5.5.4 Mechanism not supported; use one that EHLO lists",
    [REPLY_AUTH_NEEDS_EHLO] =
	"503 5.5.1 Send EHLO first",
    [REPLY_AUTH_NEEDS_TLS] =
	"538 5.7.11 Send STARTTLS first; passwords need TLS",
    [REPLY_AUTH_TWICE] =
	"503 5.5.1 Already logged in",

    [REPLY_NO_VALID_RECIPIENTS] =
	"554 5.5.1 No valid recipients",
    [REPLY_NO_8BIT] =
	"554 5.6.3 The mail server does not accept 8-bit text; send it encoded",
    [REPLY_NO_SMTPUTF8] =
	"553 5.6.7 The mail server behind this gate does not support SMTPUTF8",
    [REPLY_NO_CHUNKING] =
	"554 5.5.1 BDAT is not possible for this message; use DATA",
    [REPLY_TOO_LARGE] =
	"552 5.3.4 The message is larger than EHLO's SIZE allows",
    [REPLY_BARE_NEWLINE_IN_MESSAGE] =
	"554 5.6.0 The message contains a bare CR or LF; lines must end with "
	"CR LF",
    [REPLY_NUL_IN_MESSAGE] =
	"554 5.6.0 The message contains a NUL character",
    [REPLY_BACKEND_FAILED] =
	"451 4.3.0 The mail server behind this gate failed; try again later",
    [REPLY_BACKEND_MISCONFIGURED] =
	"451 4.3.5 The mail server behind this gate is not configured for it; "
	"the log of this gate has the reason",

    [REPLY_CLOSING_BACKEND] =
	"421 4.3.0 %h The mail server behind this gate is not available; "
	"try again later",
    [REPLY_CLOSING_STOP] =
	"421 4.3.2 %h Server shutting down; try again in a minute",
    [REPLY_CLOSING_TOO_MANY] =
	"421 4.7.0 %h Too many connections; try again later",
    [REPLY_CLOSING_CONFIGURATION] =
	"421 4.3.5 The server is misconfigured; try again later",
    [REPLY_CLOSING_EARLY_TALKER] =
	"421 4.7.0 %h Command sent before the greeting; wait for 220",
    [REPLY_CLOSING_FOREIGN] =
	"421 4.7.0 %h This is an SMTP server; another protocol was received",
    [REPLY_CLOSING_PIPELINED_DATA] =
	"421 4.7.0 %h DATA pipelined before 354; wait for 354",
    [REPLY_CLOSING_CHUNK] =
	"421 4.7.0 %h Chunk size invalid or unknown",
    [REPLY_CLOSING_PROXY] =
	"421 4.7.0 %h No valid PROXY header received",
    [REPLY_CLOSING_BARE_LF] =
	"421 4.7.0 %h No line ended with CR LF",
    [REPLY_CLOSING_TIMEOUT] =
	"421 4.4.2 %h Timeout: nothing received for too long",
    [REPLY_CLOSING_SESSION_TIME] =
	"421 4.4.2 %h Session time limit exceeded",
    [REPLY_CLOSING_ERRORS] =
	"421 4.7.0 %h Too many errors",
    [REPLY_CLOSING_COMMANDS] =
	"421 4.7.0 %h Too many commands in one session",
    [REPLY_CLOSING_AUTH] =
	"421 4.7.0 %h Too many failed logins; try again later",
};
/* clang-format on */

static const char *
word_of(char placeholder, const void *arg)
{
	const struct reply_words *words = arg;

	return placeholder == 'h' ? words->host : "";
}

size_t
reply_format(
    enum reply reply, const struct reply_words *words, char text[REPLY_BYTES])
{
	size_t len;

	text[0] = '\0';
	if (reply == REPLY_NONE)
		return 0;
	len = template_fill(
	    replies[reply], word_of, words, text, REPLY_BYTES - 2);
	memcpy(text + len, "\r\n", 3);
	return len + 2;
}

unsigned
reply_code(enum reply reply)
{
	const char *text = replies[reply];

	if (text[0] == '\0')
		return 0;
	return (unsigned)(text[0] - '0') * 100 +
	       (unsigned)(text[1] - '0') * 10 + (unsigned)(text[2] - '0');
}

bool
reply_is_error(enum reply reply)
{
	return replies[reply][0] == '5';
}
