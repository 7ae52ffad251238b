/* SPDX-License-Identifier: ISC */
/*
 * mta - the backend of a harness.
 *
 *   HEADER --a header---> COMMAND --DATA, 354--> MESSAGE
 *                             ^  ^ |                   |
 *                             |  | +--BDAT n--> CHUNK  |
 *                             |  +----n bytes-----+    |
 *                             +----CR LF . CR LF-------+
 */
#include "tests/fuzz/lib/mta.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_BYTES 4096
#define REPLY_MAX_BYTES 512
#define MESSAGES_MAX 2048
#define ARENA_BYTES ((size_t)2 << 20)

enum phase {
	PHASE_HEADER = 0,
	PHASE_COMMAND,
	PHASE_MESSAGE,
	PHASE_CHUNK,
};

static struct {
	struct mta_script script;
	const uint8_t *at, *end; /* of the pieces to come */
	bool is_silent;
	/* this connection */
	enum phase phase;
	bool is_out_of_step;  /* it said what is no reply, or more than one */
	bool was_out_of_step; /* ever: its answers may belong to other RCPTs */
	bool is_named;        /* MAIL, XCLIENT or PROXY has come */
	bool is_local;        /* the PROXY header named no client */
	bool may_pipeline;
	bool was_waited_for; /* when this command began */
	bool is_after_rcpt;
	bool has_mail;    /* MAIL was answered with 2xx */
	bool may_keep_it; /* no 2xx to a message or to RSET since MAIL */
	unsigned n_rcpts; /* answered with 2xx */
	uint64_t chunk_left;
	bool is_last_chunk;
	char line[LINE_BYTES];
	size_t line_len;
	bool is_cr;  /* of the message: the latest byte */
	bool is_end; /* of the message: what its line is, so far */
	/* replies that wait for being waited for */
	char slow[WIRE_BYTES];
	size_t slow_len;
	bool ends_then;
	/* all connections */
	struct mta_message accepted[MESSAGES_MAX];
	struct mta_record record;
	char arena[ARENA_BYTES];
	size_t arena_len, begin; /* begin: of this message */
} mta;

static struct wire wire;

static void
insist(bool what)
{
	if (!what)
		abort();
}

/* ---- replies ------------------------------------------------------------ */

/* The code of the reply at the beginning of the bytes, or 0. */
static unsigned
code_of(const char *bytes, size_t n, bool *has_more)
{
	unsigned code = 0;

	for (;;) {
		const char *end = memmem(bytes, n, "\r\n", 2);
		unsigned this;

		if (end == NULL || end - bytes < 3 ||
		    !isdigit((unsigned char)bytes[0]) ||
		    !isdigit((unsigned char)bytes[1]) ||
		    !isdigit((unsigned char)bytes[2]))
			return 0;
		this = (unsigned)(bytes[0] - '0') * 100 +
		       (unsigned)(bytes[1] - '0') * 10 +
		       (unsigned)(bytes[2] - '0');
		if (code != 0 && this != code)
			return 0;
		code = this;
		if (end - bytes == 3 || bytes[3] == ' ') {
			*has_more = end + 2 < bytes + n;
			return code;
		}
		if (bytes[3] != '-')
			return 0;
		n -= (size_t)(end + 2 - bytes);
		bytes = end + 2;
	}
}

static void
speak(void)
{
	wire_say(&wire, mta.slow, mta.slow_len);
	mta.slow_len = 0;
	if (mta.ends_then)
		wire_end(&wire);
}

/* Take the next piece.  Returns false for an empty one, and after the last. */
static bool
next_piece(const uint8_t **piece_out, size_t *n_out)
{
	const uint8_t *divider;

	if (mta.at == mta.end)
		return false;
	divider = memchr(mta.at, MTA_DIVIDER, (size_t)(mta.end - mta.at));
	if (divider == NULL)
		divider = mta.end;
	*piece_out = mta.at;
	*n_out = (size_t)(divider - mta.at);
	mta.at = divider < mta.end ? divider + 1 : divider;
	return *n_out > 0;
}

/* Answer with the piece, or correctly.  Returns the code of the answer. */
static unsigned
answer(const char *rightly)
{
	const uint8_t *piece;
	bool has_more = false;
	unsigned code;
	size_t n;

	if (!next_piece(&piece, &n)) {
		piece = (const uint8_t *)rightly;
		n = strlen(rightly);
	}
	if (piece[0] == MTA_SILENT)
		mta.is_silent = true;
	if (mta.is_silent)
		return 0;
	if (piece[0] == MTA_CLOSES) {
		piece++;
		n--;
		mta.ends_then = true;
	}
	insist(n <= sizeof(mta.slow) - mta.slow_len);
	memcpy(mta.slow + mta.slow_len, piece, n);
	mta.slow_len += n;
	if (!mta.script.is_slow)
		speak();
	code = code_of((const char *)piece, n, &has_more);
	mta.is_out_of_step = code == 0 || has_more;
	mta.was_out_of_step |= mta.is_out_of_step;
	return code;
}

static bool
on_idle(struct wire *of)
{
	(void)of;
	if (mta.slow_len == 0 && !mta.ends_then)
		return false;
	speak();
	return true;
}

/* ---- recipients --------------------------------------------------------- */

static bool
may_relay(void)
{
	const struct client *client = &mta.script.gate->client;
	const struct conf_cidrs *networks =
	    &mta.script.gate->conf.smtpgate.relay_networks;

	return client->is_known &&
	       cidr_list_contains(networks->items, networks->n, &client->addr);
}

/* <local@example.org>, with a local part that each MTA reads alike. */
static void
check_rcpt(const char *path)
{
	size_t n = strcspn(path, ">");
	const char *at = memchr(path, '@', n);

	insist(path[0] == '<' && path[n] == '>');
	if (may_relay() || strncasecmp(path, "<postmaster>", 12) == 0)
		return;
	insist(at != NULL && at > path + 1);
	insist(strncmp(at, "@example.org>", 13) == 0);
	for (const char *p = path + 1; p < at; p++)
		insist(strchr("%!\\\"()<", *p) == NULL);
}

/* ---- commands ----------------------------------------------------------- */

static bool
is_verb(const char *verb)
{
	size_t len = strlen(verb);

	return strncmp(mta.line, verb, len) == 0 &&
	       (mta.line[len] == ' ' || mta.line[len] == '\0' ||
		   mta.line[len] == ':');
}

static void
forget_transaction(void)
{
	mta.has_mail = false;
	mta.n_rcpts = 0;
	mta.arena_len = mta.begin;
}

static void
on_hello(bool is_esmtp)
{
	static const struct {
		enum mta_offer offer;
		const char *words;
	} offers[] = {
	    {MTA_CHUNKING, "250-CHUNKING\r\n"},
	    {MTA_DSN, "250-DSN\r\n250-SIZE 5000\r\n"},
	    {MTA_8BITMIME, "250-8BITMIME\r\n"},
	    {MTA_SMTPUTF8, "250-SMTPUTF8\r\n"},
	    {MTA_XCLIENT, "250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN\r\n"},
	    {MTA_PIPELINING, "250-PIPELINING\r\n"},
	};
	char text[REPLY_MAX_BYTES] = "250-mta\r\n";

	forget_transaction();
	if (!is_esmtp) {
		(void)answer("250 mta\r\n");
		return;
	}
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
		if ((mta.script.offers & offers[i].offer) != 0)
			strcat(text, offers[i].words);
	strcat(text, "250 ENHANCEDSTATUSCODES\r\n");
	(void)answer(text);
	/* A scripted reply may offer anything. */
	mta.may_pipeline =
	    memmem(wire.said, wire.n_said, "PIPELINING", 10) != NULL ||
	    memmem(mta.slow, mta.slow_len, "PIPELINING", 10) != NULL;
}

static void
on_mail(void)
{
	insist(strncmp(mta.line, "MAIL FROM:<", 11) == 0);
	/* As Postfix may do after it has refused a message. */
	insist(!mta.may_keep_it || mta.was_out_of_step);
	mta.may_keep_it = true;
	insist(!mta.is_local);
	mta.is_named = true;
	mta.has_mail = answer("250 2.1.0 Ok\r\n") / 100 == 2;
	mta.record.n_mails += mta.has_mail;
}

static void
on_rcpt(void)
{
	insist(strncmp(mta.line, "RCPT TO:<", 9) == 0);
	insist(mta.has_mail);
	check_rcpt(mta.line + strlen("RCPT TO:"));
	if (answer("250 2.1.5 Ok\r\n") / 100 == 2 && mta.has_mail) {
		mta.n_rcpts++;
		mta.record.n_rcpts++;
	}
}

/* The gate notices an extra reply only after the RCPTs that were accepted. */
static bool
has_recipients(void)
{
	return mta.n_rcpts > 0 || (mta.may_pipeline && mta.was_out_of_step);
}

static void
on_data(void)
{
	unsigned code;

	insist(has_recipients());
	code = answer(
	    mta.n_rcpts > 0 ? "354 go on\r\n" : "503 5.5.1 No recipient\r\n");
	if (code != 354)
		return;
	mta.phase = PHASE_MESSAGE;
	mta.line_len = 0;
	mta.is_cr = false;
}

/* At the end of a message, or of a chunk. */
static void
on_content(bool is_last)
{
	struct mta_message *message = &mta.accepted[mta.record.n_messages];
	bool is_accepted = answer("250 2.0.0 Ok: queued as 4F\r\n") / 100 == 2;

	mta.phase = PHASE_COMMAND;
	mta.line_len = 0;
	if (!is_last)
		return;
	if (is_accepted) {
		mta.may_keep_it = false;
		insist(mta.record.n_messages < MESSAGES_MAX);
		message->bytes = mta.arena + mta.begin;
		message->len = mta.arena_len - mta.begin;
		mta.record.n_messages++;
		mta.begin = mta.arena_len;
	}
	forget_transaction();
}

static void
on_bdat(void)
{
	char *rest;

	insist(has_recipients());
	insist(isdigit((unsigned char)mta.line[5]));
	mta.chunk_left = strtoull(mta.line + 5, &rest, 10);
	mta.is_last_chunk = strcmp(rest, " LAST") == 0;
	insist(mta.is_last_chunk || *rest == '\0');
	mta.phase = PHASE_CHUNK;
	if (mta.chunk_left == 0)
		on_content(mta.is_last_chunk);
}

static void
on_command(void)
{
	bool is_rcpt;

	mta.line[mta.line_len] = '\0';
	mta.line_len = 0;
	is_rcpt = is_verb("RCPT");
	/* QUIT needs no earlier reply, and a RCPT not those of other RCPTs. */
	insist(mta.was_waited_for || is_verb("QUIT") ||
	       (mta.may_pipeline && is_rcpt && mta.is_after_rcpt));
	mta.is_after_rcpt = is_rcpt;
	if (is_verb("EHLO") || is_verb("HELO")) {
		on_hello(is_verb("EHLO"));
	} else if (is_verb("XCLIENT")) {
		insist(!mta.is_named);
		mta.is_named = true;
		(void)answer("220 mta\r\n");
	} else if (is_verb("MAIL")) {
		on_mail();
	} else if (is_verb("RCPT")) {
		on_rcpt();
	} else if (is_verb("DATA")) {
		on_data();
	} else if (is_verb("BDAT")) {
		on_bdat();
	} else if (is_verb("RSET")) {
		forget_transaction();
		mta.may_keep_it = answer("250 Ok\r\n") / 100 != 2;
	} else {
		insist(is_verb("QUIT"));
		mta.is_silent = true;
	}
}

/* ---- bytes -------------------------------------------------------------- */

static void
hear_header(char c)
{
	static const char v2[] = "\r\n\r\n\0\r\nQUIT\n";
	size_t len = mta.line_len;

	insist(len >= sizeof(v2) - 1 || c == v2[len]);
	insist(len != sizeof(v2) - 1 || c == 0x20 || c == 0x21);
	if (len == sizeof(v2) - 1)
		mta.is_local = c == 0x20;
	mta.line[mta.line_len++] = c;
	if (len < 15 || len + 1 < 16 + (size_t)(unsigned char)mta.line[15])
		return;
	mta.line_len = 0;
	mta.phase = PHASE_COMMAND;
	mta.is_named = !mta.is_local;
	(void)answer("220 mta\r\n");
}

static void
hear_command(char c)
{
	bool is_cr = mta.line_len > 0 && mta.line[mta.line_len - 1] == '\r';

	insist(mta.line_len < sizeof(mta.line) - 1);
	insist(is_cr == (c == '\n'));
	insist((unsigned char)c >= 0x20 || c == '\r' || c == '\n');
	if (mta.line_len == 0)
		mta.was_waited_for = wire_is_read(&wire) && mta.slow_len == 0 &&
				     !mta.is_out_of_step;
	if (c != '\n') {
		mta.line[mta.line_len++] = c;
		return;
	}
	mta.line_len--;
	on_command();
}

static void
keep(char c)
{
	insist(mta.arena_len < sizeof(mta.arena));
	mta.arena[mta.arena_len++] = c;
}

static void
hear_message(char c)
{
	insist(c != '\0' && mta.is_cr == (c == '\n'));
	if (mta.line_len == 0 && mta.arena_len == mta.begin)
		insist(wire_is_read(&wire) && mta.slow_len == 0 &&
		       !mta.is_out_of_step);
	mta.is_cr = c == '\r';
	if (mta.line_len == 0)
		mta.is_end = c == '.';
	else if (mta.line_len == 1)
		mta.is_end = mta.is_end && c == '\r';
	/* The first dot of a line is not part of the text. */
	if (mta.line_len > 0 || c != '.')
		keep(c);
	mta.line_len++;
	if (c != '\n')
		return;
	mta.line_len = 0;
	if (mta.is_end) {
		mta.arena_len -= 2;
		on_content(true);
	}
}

static void
hear_chunk(char c)
{
	insist(c != '\0');
	keep(c);
	if (--mta.chunk_left == 0)
		on_content(mta.is_last_chunk);
}

static void
on_heard(struct wire *of, const char *bytes, size_t n)
{
	(void)of;
	for (size_t i = 0; i < n; i++) {
		switch (mta.phase) {
		case PHASE_HEADER:
			hear_header(bytes[i]);
			break;
		case PHASE_COMMAND:
			hear_command(bytes[i]);
			break;
		case PHASE_MESSAGE:
			hear_message(bytes[i]);
			break;
		case PHASE_CHUNK:
			hear_chunk(bytes[i]);
			break;
		}
	}
}

/* ---- connections -------------------------------------------------------- */

static void
on_begun(struct wire *of)
{
	(void)of;
	if (mta.phase == PHASE_COMMAND)
		(void)answer("220 mta\r\n");
}

void
mta_reset(const struct mta_script *script)
{
	mta.script = *script;
	mta.at = script->pieces;
	mta.end = script->pieces + script->len;
	mta.record = (struct mta_record){.messages = mta.accepted};
	mta.arena_len = mta.begin = 0;
	wire.begun = on_begun;
	wire.heard = on_heard;
	wire.idle = on_idle;
	wire.is_open = false;
}

struct wire *
mta_dialled(const struct sockaddr *addr)
{
	const struct conf_smtpgate *conf = &mta.script.gate->conf.smtpgate;
	bool is_relay =
	    conf->backend_relay.is_set &&
	    memcmp(addr, &conf->backend_relay.addr, sizeof(*addr)) == 0;
	enum conf_identity identity =
	    is_relay ? conf->backend_relay_identity : conf->backend_identity;
	const uint8_t *piece;
	size_t n;

	/* One at a time. */
	insist(!wire.is_open);
	insist(!is_relay || may_relay());
	if (mta.at < mta.end && *mta.at == MTA_REFUSES) {
		(void)next_piece(&piece, &n);
		return NULL;
	}
	mta.phase =
	    identity == CONF_IDENTITY_PROXY ? PHASE_HEADER : PHASE_COMMAND;
	mta.is_silent = mta.ends_then = mta.is_named = mta.may_pipeline = false;
	mta.is_local = false;
	mta.is_out_of_step = mta.was_out_of_step = false;
	mta.is_after_rcpt = mta.may_keep_it = false;
	mta.line_len = mta.slow_len = 0;
	forget_transaction();
	return &wire;
}

struct mta_record
mta_record(void)
{
	return mta.record;
}
