/* SPDX-License-Identifier: ISC */
/*
 * command - the verb and the argument of a client's line.
 *
 * CONCEPT.  A fixed list of verbs; any other verb is COMMAND_UNKNOWN and never
 * passed on (the backend would obey an XCLIENT from the gate).  envelope.h
 * reads the arguments of MAIL and RCPT.
 *
 * TRUST.  The line is hostile, but a string: the caller rejects lines with
 * flaws (line.h).
 */
#ifndef SMTPGATE_SYNTAX_COMMAND_H
#define SMTPGATE_SYNTAX_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* AUTH, and each line of the exchange that follows it, CR LF included.
 * Source: RFC 4954, 4. */
#define COMMAND_SASL_LINE_BYTES 12288

/* The longest name of a client: that of a domain (RFC 5321, 4.5.3.1.2). */
#define COMMAND_HELLO_MAX_BYTES 255

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
 * no argument then.  More spaces after the verb are accepted, as servers do.
 * line: the text of a line, changed in place.
 */
void command_parse(char *line, struct command *command_out);

/*
 * Whether the argument of EHLO or HELO may name the client: any text without
 * control characters.  RFC 5321, 4.1.4 forbids to refuse a client because of
 * its name, and servers accept spaces, ports, zones, apostrophes and UTF-8.
 * Only path_is_helo_name() is fit for a server that does not (identity.h).
 * argument: valid UTF-8.
 */
bool command_is_hello(const char *argument);

/* The longest line of the verb in bytes, CR LF included, with the parameters
 * of all extensions that may be offered.  Source: RFC 5321, 4.5.3.1.4; RFC
 * 1870, 4; RFC 3461, 4; RFC 4954, 3 and 4; RFC 6152, 2; RFC 6531, 3.4. */
size_t command_max_bytes(enum command_verb verb);

#endif
