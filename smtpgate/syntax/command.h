/* SPDX-License-Identifier: ISC */
/*
 * command - the verb and the argument of a client's line.
 *
 * CONCEPT.  A fixed list of verbs; any other verb is COMMAND_UNKNOWN and never
 * passed on (the backend would obey an XCLIENT from the gate).  envelope.h
 * reads the arguments of MAIL and RCPT.
 *
 * CONCURRENCY.  Pure functions.
 *
 * TRUST.  The line is hostile, but a string: the caller rejects lines with
 * flaws (line.h).
 */
#ifndef SMTPGATE_SYNTAX_COMMAND_H
#define SMTPGATE_SYNTAX_COMMAND_H

#include <stddef.h>

/* AUTH, and each line of the exchange that follows it, CR LF included.
 * Source: RFC 4954, 4. */
#define COMMAND_SASL_LINE_BYTES 12288

enum command_verb {
	COMMAND_UNKNOWN = 0,
	COMMAND_AUTH,
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

/*
 * Find the verb, and cut white space off the end, which a server should
 * tolerate (RFC 5321, 4.1.1).  A space ends the verb.  BDAT is recognised
 * before any other character too, because a chunk may follow the line; it has
 * no argument then.
 * line: the text of a line, changed in place.
 */
void command_parse(char *line, struct command *command_out);

/* The longest line of the verb in bytes, CR LF included, with the parameters
 * of all extensions that may be offered.  Source: RFC 5321, 4.5.3.1.4; RFC
 * 1870, 4; RFC 3461, 4; RFC 4954, 3 and 4; RFC 6152, 2; RFC 6531, 3.4. */
size_t command_max_bytes(enum command_verb verb);

#endif
