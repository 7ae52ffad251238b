/* SPDX-License-Identifier: ISC */
/*
 *               other                 LF
 *             +-------+         +-----------> LINE_DONE
 *             v       |         |
 *          LINE_TEXT --- CR --> LINE_CR <--+
 *             ^  | ^            |   |      | CR (the one before was bare)
 *             +--+ +-- other ---+   +------+
 *         LF (bare)   (the CR was bare)
 *
 * A gate that ended a command at a bare LF could read other commands than the
 * sender meant: the classic way to smuggle a RCPT through a web form.
 */
#include "smtpgate/wire/line.h"

void
line_init(struct line *line)
{
	line->state = LINE_TEXT;
	line->flaws = 0;
	line->n_bytes = 0;
	line->len = 0;
	line->text[0] = '\0';
}

static void
line_put(struct line *line, char c)
{
	if (line->len == LINE_TEXT_MAX_BYTES) {
		line->flaws |= LINE_TOO_LONG;
		return;
	}
	line->text[line->len++] = c;
}

static unsigned
flaw_of(unsigned char c)
{
	if (c == '\0')
		return LINE_NUL;
	if (c > 0x7f)
		return LINE_8BIT;
	if ((c < 0x20 && c != '\t') || c == 0x7f)
		return LINE_CONTROL;
	return 0;
}

static void
line_on_text(struct line *line, char c)
{
	if (c == '\r') {
		line->state = LINE_CR;
		return;
	}
	line->state = LINE_TEXT;
	if (c == '\n')
		line->flaws |= LINE_BARE_LF;
	else
		line->flaws |= flaw_of((unsigned char)c);
	line_put(line, c);
}

static void
line_on_cr(struct line *line, char c)
{
	if (c == '\n') {
		line->state = LINE_DONE;
		return;
	}
	line->flaws |= LINE_BARE_CR;
	line_put(line, '\r');
	line_on_text(line, c);
}

size_t
line_feed(struct line *line, const char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n && line->state != LINE_DONE; i++) {
		line->n_bytes++;
		if (line->state == LINE_CR)
			line_on_cr(line, bytes[i]);
		else
			line_on_text(line, bytes[i]);
	}
	line->text[line->len] = '\0';
	return i;
}

size_t
line_feed_lf(struct line *line, const char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n && line->state != LINE_DONE; i++) {
		line->n_bytes++;
		if (bytes[i] == '\n') {
			line->state = LINE_DONE;
			continue;
		}
		line->flaws |= flaw_of((unsigned char)bytes[i]);
		line_put(line, bytes[i]);
	}
	line->text[line->len] = '\0';
	return i;
}
