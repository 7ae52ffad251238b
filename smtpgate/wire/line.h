/* SPDX-License-Identifier: ISC */
/*
 * line - one line of SMTP, assembled from bytes as they arrive.
 *
 * CONCEPT.  A line ends in CR LF and in nothing else.  A bare CR, a bare LF,
 * NUL, any other control and any 8-bit byte is a flaw of the line: the byte
 * stays in the line, the flaw is noted, and reading continues to the CR LF.
 * Text after a bare LF can therefore never become a command of its own.
 *
 * OWNERSHIP.  The caller's struct, no heap, fixed size: a longer line is cut
 * and its bytes are counted.
 *
 * TRUST.  Every byte is hostile.
 */
#ifndef SMTPGATE_WIRE_LINE_H
#define SMTPGATE_WIRE_LINE_H

#include <stddef.h>

/*
 * Room for any command with the parameters of its extensions, any reply line,
 * and a line of SMTP AUTH (RFC 4954, 4).  A longer line has the flaw
 * LINE_TOO_LONG.
 */
#define LINE_TEXT_MAX_BYTES 12288

enum line_state {
	LINE_TEXT = 0, /* before the CR */
	LINE_CR,       /* a CR was seen: its LF, or a bare CR */
	LINE_DONE,     /* CR LF */
};

enum line_flaw {
	LINE_TOO_LONG = 1 << 0, /* text holds the first bytes only */
	LINE_BARE_CR = 1 << 1,
	LINE_BARE_LF = 1 << 2,
	LINE_NUL = 1 << 3,
	LINE_CONTROL = 1 << 4, /* another control; a tab is allowed */
	LINE_8BIT = 1 << 5,
};

struct line {
	enum line_state state;
	unsigned flaws; /* of enum line_flaw; 0: text is a string of ASCII */
	size_t n_bytes; /* of the whole line, its CR LF included */
	size_t len;     /* of text */
	char text[LINE_TEXT_MAX_BYTES + 1]; /* without CR LF; ends in NUL */
};

/* Begin a line. */
void line_init(struct line *line);

/*
 * Take bytes until the line is done.
 * Returns how many were taken: n, or fewer when state is now LINE_DONE.
 * Source: RFC 5321, 2.3.8 and 4.1.1.
 */
size_t line_feed(struct line *line, const char *bytes, size_t n);

/* The same for a line that ends in LF alone (Dovecot's); a CR is a control. */
size_t line_feed_lf(struct line *line, const char *bytes, size_t n);

#endif
