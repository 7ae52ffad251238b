/* SPDX-License-Identifier: ISC */
/*
 * smtp_client - whether the answers that a client got match its commands.
 */
#include "tests/fuzz/lib/smtp_client.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_BYTES 510

struct text {
	const char *at, *end;
};

static struct {
	struct text said, heard;
	const struct mta_message *accepted, *accepted_end;
	char chunks[(size_t)64 * 1024]; /* of this message */
	size_t chunks_len, n_mails, n_rcpts;
	char message[(size_t)128 * 1024];
} client;

static void
insist(bool what)
{
	if (!what)
		abort();
}

/* ---- answers ------------------------------------------------------------ */

static unsigned
take_answer_line(bool *is_last)
{
	const char *p = client.heard.at;
	const char *end = memmem(p, (size_t)(client.heard.end - p), "\r\n", 2);

	insist(end != NULL && end - p >= 3 && end - p <= LINE_MAX_BYTES);
	insist(p[0] >= '2' && p[0] <= '5' && isdigit((unsigned char)p[1]) &&
	       isdigit((unsigned char)p[2]));
	*is_last = end - p == 3 || p[3] == ' ';
	insist(*is_last || p[3] == '-');
	for (const char *c = p; c < end; c++)
		insist(*c >= 0x20 && *c <= 0x7e);
	client.heard.at = end + 2;
	return (unsigned)((p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0');
}

/* Returns the code, or 0 when there are no more. */
static unsigned
take_answer(void)
{
	unsigned code, first = 0;
	bool is_last = false;

	if (client.heard.at == client.heard.end)
		return 0;
	while (!is_last) {
		code = take_answer_line(&is_last);
		insist(first == 0 || code == first);
		first = code;
	}
	return first;
}

/* The remaining answers may only end the session. */
static void
check_end(unsigned n_max)
{
	unsigned n = 0, code;

	while ((code = take_answer()) != 0) {
		insist(code >= 400);
		n++;
	}
	insist(n <= n_max);
}

/* ---- messages ----------------------------------------------------------- */

/* A message as normalize() makes it. */
struct meaning {
	char *out;
	bool has_text; /* in its last line */
	bool is_body;  /* an empty line was there */
};

static void
mean(struct meaning *meaning, char c)
{
	*meaning->out++ = c;
	meaning->has_text = true;
}

static void
mean_line_end(struct meaning *meaning)
{
	meaning->is_body = meaning->is_body || !meaning->has_text;
	mean(meaning, '\r');
	mean(meaning, '\n');
	meaning->has_text = false;
}

static void
mean_lone_cr(struct meaning *meaning)
{
	if (meaning->is_body)
		mean_line_end(meaning);
	else if (meaning->has_text)
		mean(meaning, ' ');
}

/*
 * The message as it is meant: without the client's dots and the CRs before CR LF,
 * and each CR LF and LF the end of a line; so is a lone CR of the body.
 * Returns its length.
 */
static size_t
normalize(const char *in, size_t n)
{
	struct meaning meaning = {.out = client.message};
	bool begins = true;
	size_t i, end;

	for (i = 0; i < n; i++) {
		/* Only a dot that the client has stuffed, or that ends a line
		 * in the wrong way, is not the transport's. */
		if (begins && in[i] == '.') {
			begins = false;
			if (i + 2 < n && in[i + 1] == '\r' && in[i + 2] == '\r')
				mean(&meaning, '.');
			continue;
		}
		begins = false;
		for (end = i; end < n && in[end] == '\r'; end++)
			;
		if (end == i && in[i] == '\n') {
			mean_line_end(&meaning);
		} else if (end == i) {
			mean(&meaning, in[i]);
		} else if (end < n && in[end] == '\n') {
			mean_line_end(&meaning);
			begins = true;
			i = end;
		} else {
			mean_lone_cr(&meaning);
			i = end - 1;
		}
	}
	return (size_t)(meaning.out - client.message);
}

/* The MTA must have accepted it, after those that were matched before. */
static void
check_accepted(const char *message, size_t n)
{
	static const char header[] = "Received: from ";
	const struct mta_message *taken;

	for (;;) {
		insist(client.accepted < client.accepted_end);
		taken = client.accepted++;
		if (taken->len < n ||
		    memcmp(taken->bytes + taken->len - n, message, n) != 0)
			continue;
		if (taken->len == n ||
		    (taken->len > n + sizeof(header) &&
			memcmp(taken->bytes, header, sizeof(header) - 1) == 0))
			return;
	}
}

/* ---- commands ----------------------------------------------------------- */

static bool
is_verb(const char *line, size_t len, const char *verb)
{
	size_t n = strlen(verb);

	return len >= n && strncasecmp(line, verb, n) == 0 &&
	       (len == n || line[n] == ' ' || line[n] == '\t');
}

/* It is unknown how many bytes that are no commands follow. */
static bool
is_bdat_of_no_size(const char *line, size_t len)
{
	return len > 4 && strncasecmp(line, "BDAT", 4) == 0 && line[4] != ' ' &&
	       !isalpha((unsigned char)line[4]);
}

/* After 354.  Returns whether the session goes on. */
static bool
check_message(void)
{
	const char *begin = client.said.at;
	/* An end in the first line has the CR LF of DATA before it. */
	const char *end = memmem(
	    begin - 2, (size_t)(client.said.end - begin) + 2, "\r\n.\r\n", 5);
	unsigned code;

	if (end == NULL) {
		check_end(1);
		return false;
	}
	client.said.at = end + 5;
	code = take_answer();
	if (code / 100 == 2)
		check_accepted(client.message,
		    normalize(begin, (size_t)(end + 2 - begin)));
	return code != 0;
}

static bool
check_chunk(const char *argument, const char *argument_end)
{
	unsigned long long n = 0;
	unsigned code;
	bool is_last;

	while (argument < argument_end && isdigit((unsigned char)*argument) &&
	       n < 1ULL << 40)
		n = n * 10 + (unsigned)(*argument++ - '0');
	is_last = argument_end - argument >= 5 &&
		  strncasecmp(argument, " LAST", 5) == 0;
	if (n > (size_t)(client.said.end - client.said.at)) {
		check_end(2);
		return false;
	}
	code = take_answer();
	if (code / 100 == 2) {
		insist(n <= sizeof(client.chunks) - client.chunks_len);
		memcpy(client.chunks + client.chunks_len, client.said.at,
		    (size_t)n);
		client.chunks_len += (size_t)n;
	}
	if (code / 100 == 2 && is_last)
		check_accepted(client.chunks, client.chunks_len);
	client.said.at += n;
	return code != 0;
}

/* Returns whether there may be another command. */
static bool
check_command(void)
{
	const char *line = client.said.at;
	const char *end =
	    memmem(line, (size_t)(client.said.end - line), "\r\n", 2);
	unsigned code;
	size_t len;

	if (end == NULL) {
		check_end(2);
		return false;
	}
	len = (size_t)(end - line);
	client.said.at = end + 2;
	if (is_bdat_of_no_size(line, len)) {
		check_end(2);
		return false;
	}
	if (is_verb(line, len, "BDAT"))
		return check_chunk(line + (len > 4 ? 5 : 4), end);
	code = take_answer();
	if (is_verb(line, len, "MAIL") && code / 100 == 2) {
		client.chunks_len = 0;
		client.n_mails++;
	}
	client.n_rcpts += is_verb(line, len, "RCPT") && code / 100 == 2;
	insist((code == 354) == (code / 100 == 3));
	insist(code != 221 || is_verb(line, len, "QUIT"));
	/* The gate's own word for VRFY; these two are answered by the MTA. */
	insist(code != 252 || is_verb(line, len, "VRFY") ||
	       is_verb(line, len, "MAIL") || is_verb(line, len, "RCPT"));
	if (code == 354) {
		insist(is_verb(line, len, "DATA"));
		return check_message();
	}
	return code != 0;
}

void
smtp_client_check(const char *said, size_t said_len, const char *heard,
    size_t heard_len, const struct mta_record *record)
{
	client.said = (struct text){said, said + said_len};
	client.heard = (struct text){heard, heard + heard_len};
	client.accepted = record->messages;
	client.accepted_end = record->messages + record->n_messages;
	client.chunks_len = client.n_mails = client.n_rcpts = 0;
	if (take_answer() != 220) {
		check_end(0);
		return;
	}
	while (check_command())
		;
	check_end(0);
	insist(client.n_mails <= record->n_mails);
	insist(client.n_rcpts <= record->n_rcpts);
}
