/* SPDX-License-Identifier: ISC */
#include "smtpgate/syntax/ehlo.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* One word of an EHLO line, of len bytes. */
struct word {
	const char *begin;
	size_t len;
};

static bool
word_is(const struct word *word, const char *text)
{
	return strlen(text) == word->len &&
	       strncasecmp(word->begin, text, word->len) == 0;
}

/* The next word before the end of the line; false when there is none. */
static bool
word_next(const char **cursor, struct word *word_out)
{
	const char *p = *cursor;

	while (*p == ' ')
		p++;
	word_out->begin = p;
	while (*p != ' ' && *p != '\n' && *p != '\0')
		p++;
	word_out->len = (size_t)(p - word_out->begin);
	*cursor = p;
	return word_out->len > 0;
}

static void
parse_size(const char *cursor, struct ehlo *ehlo)
{
	struct word word;

	ehlo->has_size = true;
	if (!word_next(&cursor, &word) || word.len >= sizeof(ehlo->size_max) ||
	    strspn(word.begin, "0123456789") < word.len)
		return;
	memcpy(ehlo->size_max, word.begin, word.len);
	ehlo->size_max[word.len] = '\0';
}

static void
parse_xclient(const char *cursor, struct ehlo *ehlo)
{
	static const struct {
		const char *name;
		unsigned bit;
	} attributes[] = {
	    {"ADDR", EHLO_XCLIENT_ADDR},
	    {"DESTADDR", EHLO_XCLIENT_DESTADDR},
	    {"DESTPORT", EHLO_XCLIENT_DESTPORT},
	    {"HELO", EHLO_XCLIENT_HELO},
	    {"LOGIN", EHLO_XCLIENT_LOGIN},
	    {"NAME", EHLO_XCLIENT_NAME},
	    {"PORT", EHLO_XCLIENT_PORT},
	    {"PROTO", EHLO_XCLIENT_PROTO},
	    {"REVERSE_NAME", EHLO_XCLIENT_REVERSE_NAME},
	};
	struct word word;
	size_t i;

	while (word_next(&cursor, &word))
		for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
			if (word_is(&word, attributes[i].name))
				ehlo->xclient |= attributes[i].bit;
}

/* Extensions without parameters. */
static const struct {
	const char *name;
	size_t offset; /* of a bool in struct ehlo */
} flags[] = {
    {"8BITMIME", offsetof(struct ehlo, has_8bitmime)},
    {"CHUNKING", offsetof(struct ehlo, has_chunking)},
    {"DSN", offsetof(struct ehlo, has_dsn)},
    {"ENHANCEDSTATUSCODES", offsetof(struct ehlo, has_enhancedstatuscodes)},
    {"SMTPUTF8", offsetof(struct ehlo, has_smtputf8)},
};

#define N_FLAGS (sizeof(flags) / sizeof(flags[0]))

static void
parse_extension(const struct word *word, const char *cursor, struct ehlo *ehlo)
{
	size_t i;

	if (word_is(word, "SIZE"))
		parse_size(cursor, ehlo);
	if (word_is(word, "PIPELINING"))
		ehlo->has_pipelining = true;
	if (word_is(word, "XCLIENT"))
		parse_xclient(cursor, ehlo);
	for (i = 0; i < N_FLAGS; i++)
		if (word_is(word, flags[i].name))
			*(bool *)((char *)ehlo + flags[i].offset) = true;
}

void
ehlo_parse(const struct response *response, struct ehlo *ehlo_out)
{
	struct ehlo ehlo = {0};
	const char *cursor = strchr(response->text, '\n');
	struct word word;

	/* The first line is the server's name. */
	while (cursor != NULL && *++cursor != '\0') {
		if (word_next(&cursor, &word))
			parse_extension(&word, cursor, &ehlo);
		cursor = strchr(cursor, '\n');
	}
	/* RFC 6531, 3.1 (8): SMTPUTF8 needs 8BITMIME. */
	ehlo.has_smtputf8 = ehlo.has_smtputf8 && ehlo.has_8bitmime;
	*ehlo_out = ehlo;
}

size_t
ehlo_offer(const struct ehlo *ehlo, const struct ehlo_own *own,
    const char *host, char wire[EHLO_OFFER_BYTES])
{
	char size[sizeof("SIZE ") + EHLO_SIZE_BYTES];
	char auth[sizeof("AUTH ") + AUTH_MECHANISMS_BYTES];
	const char *lines[5 + N_FLAGS];
	size_t n = 0, i, len = 0;

	lines[n++] = host;
	/* The gate answers in order, whatever the backend supports. */
	lines[n++] = "PIPELINING";
	snprintf(size, sizeof(size), "SIZE%s%s",
	    ehlo->size_max[0] != '\0' ? " " : "", ehlo->size_max);
	if (ehlo->has_size)
		lines[n++] = size;
	for (i = 0; i < N_FLAGS; i++)
		if (*(const bool *)((const char *)ehlo + flags[i].offset))
			lines[n++] = flags[i].name;
	if (own->has_starttls)
		lines[n++] = "STARTTLS";
	if (own->mechanisms != NULL) {
		snprintf(auth, sizeof(auth), "AUTH %s", own->mechanisms);
		lines[n++] = auth;
	}
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(wire + len, EHLO_OFFER_BYTES - len,
		    "250%c%s\r\n", i + 1 < n ? '-' : ' ', lines[i]);
	return len;
}
