/* SPDX-License-Identifier: ISC */
/*
 * No value can forge a line or a key:
 *   - a bare value has no space, '=' or '"';
 *   - inside quotes every '"' and '\' is escaped, so that the first unescaped
 *     quote ends the value;
 *   - no byte below 0x20 or above 0x7e is written, so that a value cannot end
 *     the line.
 *
 * The last FULL_MARK_BYTES of the buffer are kept free for " ...", which marks
 * a line that left keys out.
 */
#include "common/logline.h"

#include "common/ascii.h"

#include <stdio.h>
#include <string.h>

static const char cut_mark[] = "...";
static const char full_mark[] = " ...";

#define CUT_MARK_BYTES (sizeof(cut_mark) - 1)
#define FULL_MARK_BYTES (sizeof(full_mark) - 1)
/* Two quotes and the mark: the shortest cut value. */
#define CUT_VALUE_MIN_BYTES (CUT_MARK_BYTES + 2)

static size_t
line_room(const struct logline *line)
{
	return sizeof(line->text) - 1 - FULL_MARK_BYTES - line->len;
}

static void
line_append(struct logline *line, const char *bytes, size_t len)
{
	memcpy(line->text + line->len, bytes, len);
	line->len += len;
	line->text[line->len] = '\0';
}

static void
line_leave_out(struct logline *line)
{
	line->is_full = true;
	line_append(line, full_mark, FULL_MARK_BYTES);
}

/* A character that no log reader splits at. */
static bool
is_bare(unsigned char c)
{
	return ascii_is_alnum((char)c) ||
	       (c != '\0' && strchr("-_.:/@+,[]<>", c) != NULL);
}

/* Write one byte as it is inside quotes.  Returns the length. */
static size_t
escape(unsigned char c, char out[5])
{
	if (c == '"' || c == '\\')
		return (size_t)snprintf(out, 5, "\\%c", c);
	if (c < 0x20 || c > 0x7e)
		return (size_t)snprintf(out, 5, "\\x%02x", c);
	out[0] = (char)c;
	return 1;
}

/* Write the value into at most limit bytes (CUT_VALUE_MIN_BYTES or more). */
static void
add_quoted(struct logline *line, const char *value, size_t len, size_t limit)
{
	char piece[5];
	size_t i, n, full = 2, used = 2, max = limit;

	for (i = 0; i < len && full <= limit; i++)
		full += escape((unsigned char)value[i], piece);
	if (full > limit)
		max -= CUT_MARK_BYTES;

	line_append(line, "\"", 1);
	for (i = 0; i < len; i++) {
		n = escape((unsigned char)value[i], piece);
		if (used + n > max)
			break;
		line_append(line, piece, n);
		used += n;
	}
	if (full > limit)
		line_append(line, cut_mark, CUT_MARK_BYTES);
	line_append(line, "\"", 1);
}

static void
add_value(struct logline *line, const char *key, const char *value, size_t len,
    size_t limit)
{
	size_t i, key_len = strlen(key), room = line_room(line);
	size_t least = len < CUT_VALUE_MIN_BYTES ? len : CUT_VALUE_MIN_BYTES;
	bool bare = len > 0;

	if (line->is_full)
		return;
	for (i = 0; i < len && bare; i++)
		bare = is_bare((unsigned char)value[i]);
	if (!bare)
		least = CUT_VALUE_MIN_BYTES;
	if (room < key_len + 2 + least) {
		line_leave_out(line);
		return;
	}
	room -= key_len + 2;
	if (limit > room)
		limit = room;

	line_append(line, " ", 1);
	line_append(line, key, key_len);
	line_append(line, "=", 1);
	if (bare && len <= limit)
		line_append(line, value, len);
	else
		add_quoted(line, value, len, limit);
}

void
logline_init(struct logline *line, const char *event)
{
	size_t len = strlen(event);

	line->len = 0;
	line->is_full = false;
	if (len > line_room(line))
		len = line_room(line);
	line_append(line, event, len);
}

void
logline_add(struct logline *line, const char *key, const char *value)
{
	if (value != NULL)
		logline_add_bytes(line, key, value, strlen(value));
}

void
logline_add_bytes(
    struct logline *line, const char *key, const char *value, size_t len)
{
	add_value(line, key, value, len, LOGLINE_VALUE_MAX_BYTES);
}

void
logline_add_sentence(struct logline *line, const char *key, const char *value)
{
	if (value != NULL)
		add_value(line, key, value, strlen(value), LOGLINE_BYTES);
}

void
logline_add_u64(struct logline *line, const char *key, uint64_t value)
{
	char text[24];
	int len =
	    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);

	/* A number that is cut is another number. */
	if (!line->is_full && line_room(line) < strlen(key) + 2 + (size_t)len) {
		line_leave_out(line);
		return;
	}
	add_value(line, key, text, (size_t)len, LOGLINE_VALUE_MAX_BYTES);
}
