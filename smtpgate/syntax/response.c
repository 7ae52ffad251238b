/* SPDX-License-Identifier: ISC */
#include "smtpgate/syntax/response.h"

#include "common/ascii.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* ---- refusals ------------------------------------------------------------ */

/* How a line begins after the enhanced code and the address.  What another
 * server said, which a check of the address may quote, comes later in it. */
static const struct {
	const char *text;
	enum response_refusal refusal;
} phrases[] = {
    {"Relay access denied", RESPONSE_REFUSES_RELAYING},    /* Postfix */
    {"relay not permitted", RESPONSE_REFUSES_RELAYING},    /* Exim */
    {"relaying not permitted", RESPONSE_REFUSES_RELAYING}, /* Exim */
    {"Relaying denied", RESPONSE_REFUSES_RELAYING},        /* sendmail */
    {"SMTP; Unable to relay", RESPONSE_REFUSES_RELAYING},  /* Exchange */
    {"Unable to relay", RESPONSE_REFUSES_RELAYING},        /* Exchange */
    {"Relay not allowed", RESPONSE_REFUSES_RELAYING},      /* Stalwart */
    {"sorry, that domain isn't in my list of allowed rcpthosts",
	RESPONSE_REFUSES_RELAYING},                         /* qmail */
    {"Unrouteable address", RESPONSE_REFUSES_RECIPIENT},    /* Exim */
    {"Unknown user", RESPONSE_REFUSES_RECIPIENT},           /* Exim */
    {"Invalid recipient", RESPONSE_REFUSES_RECIPIENT},      /* OpenSMTPD */
    {"User unknown", RESPONSE_REFUSES_RECIPIENT},           /* Courier */
    {"No such user", RESPONSE_REFUSES_RECIPIENT},           /* many */
    {"sorry, no mailbox here", RESPONSE_REFUSES_RECIPIENT}, /* qmail */
};

/* RFC 3463, 3.2, and 5.1.10 of RFC 7505. */
static const char *const recipient_codes[] = {"5.1.1 ", "5.1.6 ", "5.1.10 "};

static bool
begins_with(const char *line, const char *prefix)
{
	return strncasecmp(line, prefix, strlen(prefix)) == 0;
}

/* The line without its enhanced code: 5.7.1. */
static const char *
skip_code(const char *line)
{
	size_t len = strspn(line, "0123456789.");

	return len >= strlen("5.7.1") && line[len] == ' ' ? line + len + 1
							  : line;
}

/* The line without an address: <a@b>: or <a@b>... */
static const char *
skip_address(const char *line)
{
	const char *end = line[0] == '<' ? strpbrk(line, ">\n") : NULL;

	return end != NULL && *end == '>' ? end + 1 + strspn(end + 1, ":. ")
					  : line;
}

static enum response_refusal
refusal_of_line(const char *line)
{
	const char *text = skip_address(skip_code(line));
	size_t i;

	for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (begins_with(text, phrases[i].text))
			return phrases[i].refusal;
	for (i = 0; i < sizeof(recipient_codes) / sizeof(recipient_codes[0]);
	     i++)
		if (begins_with(line, recipient_codes[i]))
			return RESPONSE_REFUSES_RECIPIENT;
	return RESPONSE_REFUSES;
}

enum response_refusal
response_refusal(const struct response *response)
{
	enum response_refusal refusal = RESPONSE_REFUSES;
	const char *line;

	if (!response_is(response, 5))
		return RESPONSE_REFUSES;
	for (line = response->text;
	     *line != '\0' && refusal == RESPONSE_REFUSES;
	     line = strchr(line, '\n') + 1)
		refusal = refusal_of_line(line);
	return refusal;
}

/* ---- queue ids ----------------------------------------------------------- */

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
