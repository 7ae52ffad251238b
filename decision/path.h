/* SPDX-License-Identifier: ISC */
/*
 * path - the mailbox syntax of RFC 5321.
 *
 * CONCEPT.  A path is parsed once.  The decision and the backend both get the
 * parsed path and never the client's bytes, so the backend gets what was
 * judged.  The domain is in lower case, without a final dot.  A source route is
 * noted and dropped (RFC 5321, 4.1.1.3).
 *
 * Tolerances:
 *   - an underscore in a domain: such senders exist, and every program reads it
 *     the same way;
 *   - a local part longer than the 64 bytes of 4.5.3.1.1 (SRS, BATV);
 *   - no "<" and ">" around a mailbox: old devices;
 *   - dots at the ends of a local part, or two in a row (some devices and mobile
 *     networks): its quoted form, <"a."@e>, is correct, is what is judged, and
 *     is what the backend gets.
 *
 * Bytes beyond ASCII are accepted (RFC 6531); the caller decides whether
 * SMTPUTF8 allows them.  Their case is not changed.
 *
 * TRUST.  The text is hostile, but valid UTF-8.
 */
#ifndef DECISION_PATH_H
#define DECISION_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_LOCAL_BYTES 256
/* RFC 5321, 4.5.3.1.2: 255 octets, an address literal's brackets included. */
#define PATH_DOMAIN_BYTES 256
/* "<" local "@" domain ">" and the final NUL. */
#define PATH_TEXT_BYTES (PATH_LOCAL_BYTES + PATH_DOMAIN_BYTES + 2)

struct path {
	bool is_null;    /* <> */
	bool has_route;  /* a source route came before the mailbox */
	bool is_literal; /* domain is an address literal, in its one form */
	bool is_dotted;  /* local is in quotes only because of its dots */
	char local[PATH_LOCAL_BYTES];   /* quotes included */
	char domain[PATH_DOMAIN_BYTES]; /* "" after a bare <postmaster> */
};

/*
 * Read the path that text begins with: "<" ... ">", or a mailbox and then a
 * space or the end.
 * rest_out: the byte after it.
 * Returns 0, or -EINVAL (nothing is written).
 * Source: RFC 5321, 4.1.2 (Path, Mailbox, <Postmaster>), 4.1.3; RFC 6531, 3.3.
 */
int path_parse(const char *text, struct path *path_out, const char **rest_out);

/* Write it as <local@domain>, <postmaster> or <>.  Returns text. */
const char *path_format(const struct path *path, char text[PATH_TEXT_BYTES]);

/*
 * Whether an MTA may read the local part as a further address: % and ! are
 * historic routing, and programs differ in how they read @ \ " ( ) and control
 * characters.
 */
bool path_local_is_dangerous(const struct path *path);

/*
 * Whether the text may be the argument of HELO and EHLO: an ASCII domain (a
 * final dot is accepted) or an address literal.
 * Source: RFC 5321, 4.1.1.1.
 */
bool path_is_helo_name(const char *text);

#endif
