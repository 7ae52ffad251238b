/* SPDX-License-Identifier: ISC */
/*
 * response - the backend's reply to one command.
 *
 * CONCEPT.  A reply has one or more lines with one code (RFC 5321, 4.2.1).  It
 * is gathered, cleaned and bounded, so that the gate can act on it and pass it
 * on to the client.  Lines are kept without their code; a byte that is not
 * printable ASCII becomes "?".
 *
 * OWNERSHIP.  The caller's struct, fixed size.  A line that is too long ends in
 * "..."; in place of the lines that do not fit there is one that says so.  A reply
 * of more than RESPONSE_LINES_MAX lines is RESPONSE_GARBAGE.
 *
 * TRUST.  A backend is trusted to relay mail, but not to speak correct SMTP.
 */
#ifndef SMTPGATE_SYNTAX_RESPONSE_H
#define SMTPGATE_SYNTAX_RESPONSE_H

#include "smtpgate/wire/line.h"

#include <stdbool.h>
#include <stddef.h>

#define RESPONSE_LINES_MAX 1000
#define RESPONSE_TEXT_BYTES 4096
/* RFC 5321, 4.5.3.1.5: a reply line of 512 bytes, less code and CR LF. */
#define RESPONSE_LINE_MAX_BYTES 506
/* The longest of response_format(): code and CR LF, and its NUL. */
#define RESPONSE_WIRE_BYTES (RESPONSE_LINE_MAX_BYTES + 7)

#define RESPONSE_QUEUE_ID_BYTES 64

struct response {
	unsigned code;  /* 0: nothing yet */
	size_t n_lines; /* read; some may have been cut */
	bool is_cut;
	size_t len;
	char text[RESPONSE_TEXT_BYTES]; /* lines, each ending in '\n' */
};

enum response_progress {
	RESPONSE_MORE = 0, /* another line follows */
	RESPONSE_DONE,
	RESPONSE_GARBAGE, /* not SMTP, or too many lines */
};

void response_init(struct response *response);

/* Add the next line, which may have flaws. */
enum response_progress response_add(
    struct response *response, const struct line *line);

/* Whether code is 2xx, 4xx, 5xx and so on.  class: the first digit. */
bool response_is(const struct response *response, unsigned class);

/*
 * Write its next line for the client.
 * next: points to response->text at first, and to its NUL after the last line.
 * Returns the length.
 */
size_t response_format(const struct response *response, const char **next,
    char wire[RESPONSE_WIRE_BYTES]);

/* Why a recipient is refused, as far as the reply says it. */
enum response_refusal {
	RESPONSE_REFUSES = 0,
	RESPONSE_REFUSES_RELAYING,  /* to this client, whatever the mailbox */
	RESPONSE_REFUSES_RECIPIENT, /* there is no such mailbox */
};

/*
 * Read a 5xx to RCPT as Postfix, Exim, sendmail, OpenSMTPD, Exchange, qmail and
 * others write it.  OpenSMTPD has one text for both.
 */
enum response_refusal response_refusal(const struct response *response);

/*
 * Find the queue id in the reply to a message, as Postfix ("queued as ID"),
 * Exim ("id=ID"), sendmail and OpenSMTPD ("ID Message accepted") write it.
 * Returns whether there is one.
 */
bool response_queue_id(
    const struct response *response, char id_out[RESPONSE_QUEUE_ID_BYTES]);

#endif
