/* SPDX-License-Identifier: ISC */
#include "smtpgate/syntax/response.h"

#include "common/ascii.h"

#include <stdio.h>
#include <string.h>

#define CODE_BYTES 3

#define LINE_CUT "..."
#define REPLY_CUT "[the rest of this reply was cut]"

void
response_init(struct response *response)
{
	response->code = 0;
	response->n_lines = 0;
	response->is_cut = false;
	response->len = 0;
	response->text[0] = '\0';
}

/* Returns the code, or 0.  RFC 5321, 4.2 has no second digit above 5, but some
 * servers refuse with 571 or 590. */
static unsigned
code_of(const char *text, size_t len)
{
	if (len < CODE_BYTES || text[0] < '2' || text[0] > '5' ||
	    text[1] < '0' || text[1] > '9' || text[2] < '0' || text[2] > '9')
		return 0;
	return (unsigned)(text[0] - '0') * 100 +
	       (unsigned)(text[1] - '0') * 10 + (unsigned)(text[2] - '0');
}

static void
append(struct response *response, const char *text, size_t len)
{
	memcpy(response->text + response->len, text, len);
	response->len += len;
	response->text[response->len] = '\0';
}

/* Append a line, or REPLY_CUT if it does not fit. */
static void
append_clean(struct response *response, const char *text, size_t len)
{
	bool is_too_long = len > RESPONSE_LINE_MAX_BYTES;
	char line[RESPONSE_LINE_MAX_BYTES + 1];
	size_t i;

	if (response->is_cut)
		return;
	if (is_too_long)
		len = RESPONSE_LINE_MAX_BYTES - (sizeof(LINE_CUT) - 1);
	for (i = 0; i < len; i++)
		line[i] = text[i] >= 0x20 && text[i] <= 0x7e ? text[i] : '?';
	if (is_too_long) {
		memcpy(line + len, LINE_CUT, sizeof(LINE_CUT) - 1);
		len += sizeof(LINE_CUT) - 1;
	}
	response->is_cut = response->len + len + sizeof("\n" REPLY_CUT "\n") >
			   sizeof(response->text);
	if (response->is_cut)
		append(response, REPLY_CUT, sizeof(REPLY_CUT) - 1);
	else
		append(response, line, len);
	append(response, "\n", 1);
}

enum response_progress
response_add(struct response *response, const struct line *line)
{
	unsigned code = code_of(line->text, line->len);
	bool is_last = line->len == CODE_BYTES || line->text[CODE_BYTES] == ' ';

	if (code == 0 || (!is_last && line->text[CODE_BYTES] != '-'))
		return RESPONSE_GARBAGE;
	if (response->n_lines > 0 && code != response->code)
		return RESPONSE_GARBAGE;
	if (response->n_lines == RESPONSE_LINES_MAX)
		return RESPONSE_GARBAGE;
	response->code = code;
	response->n_lines++;
	if (line->len > CODE_BYTES)
		append_clean(response, line->text + CODE_BYTES + 1,
		    line->len - CODE_BYTES - 1);
	else
		append_clean(response, "", 0);
	return is_last ? RESPONSE_DONE : RESPONSE_MORE;
}

bool
response_is(const struct response *response, unsigned class)
{
	return response->code / 100 == class;
}

size_t
response_format(const struct response *response, const char **next,
    char wire[RESPONSE_WIRE_BYTES])
{
	const char *begin = *next, *end = strchr(begin, '\n');

	*next = end + 1;
	return (size_t)snprintf(wire, RESPONSE_WIRE_BYTES, "%03u%c%.*s\r\n",
	    response->code, end[1] != '\0' ? '-' : ' ', (int)(end - begin),
	    begin);
}

bool
response_denies_relaying(const struct response *response)
{
	static const char *const phrases[] = {"Relay access denied",
	    "relay not permitted", "Relaying denied", "Unable to relay"};
	size_t i;

	if (!response_is(response, 5))
		return false;
	for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (strcasestr(response->text, phrases[i]) != NULL)
			return true;
	return false;
}

static bool
is_id_char(char c)
{
	return ascii_is_alnum(c) || c == '-' || c == '.';
}

static bool
take_id(const char *begin, char id_out[RESPONSE_QUEUE_ID_BYTES])
{
	size_t len = 0;

	while (is_id_char(begin[len]))
		len++;
	if (len == 0 || len >= RESPONSE_QUEUE_ID_BYTES)
		return false;
	memcpy(id_out, begin, len);
	id_out[len] = '\0';
	return true;
}

bool
response_queue_id(
    const struct response *response, char id_out[RESPONSE_QUEUE_ID_BYTES])
{
	static const char *const before[] = {" queued as ", " id="};
	const char *p;
	size_t i;

	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		p = strstr(response->text, before[i]);
		if (p != NULL)
			return take_id(p + strlen(before[i]), id_out);
	}
	p = strstr(response->text, " Message accepted");
	if (p == NULL)
		return false;
	while (p > response->text && is_id_char(p[-1]))
		p--;
	return take_id(p, id_out);
}
