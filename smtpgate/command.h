/* SPDX-License-Identifier: ISC */
/*
 * command - what a client's line says.
 *
 * CONCEPT.  A fixed list of verbs; whatever is not on it is COMMAND_UNKNOWN
 * and never passed on (a backend would obey an XCLIENT of its gate).  MAIL and
 * RCPT are read into structs; a parameter is known only if its extension was
 * offered to this client.
 *
 * CONCURRENCY.  Pure functions.
 *
 * TRUST.  The line is hostile, but a string: lines with flaws (line.h) do not
 * come here.
 */
#ifndef SMTPGATE_COMMAND_H
#define SMTPGATE_COMMAND_H

#include "smtpgate/ehlo.h"
#include "smtpgate/path.h"

#include <stddef.h>

enum command_verb {
	COMMAND_UNKNOWN = 0,
	COMMAND_BDAT, /* known, because a chunk follows it */
	COMMAND_DATA,
	COMMAND_EHLO,
	COMMAND_HELO,
	COMMAND_MAIL,
	COMMAND_NOOP,
	COMMAND_QUIT,
	COMMAND_RCPT,
	COMMAND_RSET,
	COMMAND_STARTTLS,
	COMMAND_VRFY,
	COMMAND_VERBS,
};

struct command {
	enum command_verb verb;
	const char *argument; /* into the line; "" without one */
};

/* RFC 1870, 3: at most 20 digits. */
#define COMMAND_SIZE_BYTES 21

enum command_body {
	COMMAND_BODY_NONE = 0, /* no BODY parameter */
	COMMAND_BODY_7BIT,
	COMMAND_BODY_8BITMIME,
};

struct command_mail {
	struct path sender;
	char size[COMMAND_SIZE_BYTES]; /* digits; "" without SIZE= */
	enum command_body body;
};

enum command_error {
	COMMAND_OK = 0,
	COMMAND_BAD_SYNTAX,    /* not FROM:<path>, not TO:<path> */
	COMMAND_BAD_PARAMETER, /* a known one with a wrong value, or twice */
	COMMAND_UNKNOWN_PARAMETER, /* 555 */
};

/*
 * Tell the verb, and cut white space off the end, which RFC 5321, 4.1.1 has a
 * server tolerate.
 * line: the text of a line, changed in place.
 */
void command_parse(char *line, struct command *command_out);

/* The longest line of the verb in bytes, CR LF included, with the parameters
 * of all that may be offered.  Source: RFC 5321, 4.5.3.1.4; RFC 1870, 4; RFC
 * 6152, 3. */
size_t command_max_bytes(enum command_verb verb);

/*
 * Read what stands behind MAIL.  Spaces behind the colon are let pass: old
 * clients send them, and the path that is passed on is written anew.
 * offered: what the client was offered; NULL after HELO.
 * Source: RFC 5321, 4.1.1.2 and 4.1.2; RFC 1870; RFC 6152.
 */
enum command_error command_parse_mail(const char *argument,
    const struct ehlo *offered, struct command_mail *mail_out);

/* Read what stands behind RCPT.  Source: RFC 5321, 4.1.1.3. */
enum command_error command_parse_rcpt(
    const char *argument, struct path *path_out);

#endif
