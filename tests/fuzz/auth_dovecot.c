/* SPDX-License-Identifier: ISC */
/*
 * An exchange with a SASL server of Dovecot's that sends anything.
 *
 * The first byte chooses the client's behaviour; the server's pieces follow,
 * divided by a byte ff.  The server sends one piece whenever the gate waits.
 * After the last piece it closes, or sends nothing more.
 *
 * For all inputs: the gate offers names of mechanisms only; a client is logged
 * in only after an OK of the server, under a valid name; a challenge is base64
 * and fits into a line; and the gate sends whole lines.
 */
#include "smtpgate/password/auth_dovecot.h"
#include "smtpgate/password/sasl.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/lib/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIVIDER 0xff
#define ROUNDS_MAX 8

enum choice { /* bits of the first byte; its lowest two are a size of pieces */
	CHOICE_STALLS = 1 << 2,
	CHOICE_INITIAL = 1 << 3, /* an initial response */
	CHOICE_TLS = 1 << 4,
	CHOICE_KNOWN = 1 << 5, /* the client */
	CHOICE_TWICE = 1 << 6, /* another exchange */
};

static struct {
	struct wire wire;
	const uint8_t *at, *end;
	bool stalls;
	bool is_mid_line; /* of the gate's output */
	size_t n_lines;
	char said[WIRE_BYTES]; /* by the server, in all */
	size_t said_len;
} server;

static void
insist(bool what)
{
	if (!what)
		abort();
}

static void
on_heard(struct wire *wire, const char *bytes, size_t n)
{
	(void)wire;
	for (size_t i = 0; i < n; i++) {
		insist(bytes[i] == '\t' || bytes[i] == '\n' ||
		       (bytes[i] >= 0x20 && bytes[i] <= 0x7e));
		server.is_mid_line = bytes[i] != '\n';
		server.n_lines += !server.is_mid_line;
	}
}

static bool
on_idle(struct wire *wire)
{
	const uint8_t *divider;
	size_t n;

	/* The gate waits, and has said all it has to. */
	insist(!server.is_mid_line);
	if (server.at == server.end) {
		if (server.stalls)
			return false;
		wire_end(wire);
		return true;
	}
	divider = memchr(server.at, DIVIDER, (size_t)(server.end - server.at));
	if (divider == NULL)
		divider = server.end;
	n = (size_t)(divider - server.at);
	wire_say(wire, (const char *)server.at, n);
	memcpy(server.said + server.said_len, server.at, n);
	server.said_len += n;
	server.at = divider < server.end ? divider + 1 : divider;
	return n > 0;
}

static struct wire *
dialled(const struct sockaddr *addr)
{
	(void)addr;
	return &server.wire;
}

static void
check_mechanisms(const struct auth_dovecot *dovecot)
{
	char names[sizeof(dovecot->mechanisms)], *rest = names, *name;

	strcpy(names, dovecot->mechanisms);
	while (names[0] != '\0' && (name = strsep(&rest, " ")) != NULL) {
		insist(name[0] != '\0' && strlen(name) <= 20);
		insist(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_") == strlen(name));
		insist(strcmp(name, "ANONYMOUS") != 0);
		insist(strcmp(name, "EXTERNAL") != 0);
		insist(strstr(name, "-PLUS") == NULL ||
		       strcmp(strstr(name, "-PLUS"), "-PLUS") != 0);
	}
}

static void
check_answer(const struct auth_dovecot *dovecot, enum auth_result result,
    const struct auth_answer *answer, const struct line *challenge)
{
	char ok[32];

	insist(answer->result == result);
	insist(memchr(answer->why, '\0', sizeof(answer->why)) != NULL);
	insist(memchr(answer->user, '\0', sizeof(answer->user)) != NULL);
	if (result == AUTH_OK) {
		snprintf(ok, sizeof(ok), "OK\t%u\t", dovecot->id);
		insist(request_user_is_clean(answer->user));
		insist(memmem(server.said, server.said_len, ok, strlen(ok)) !=
		       NULL);
	} else if (result == AUTH_CHALLENGE) {
		insist(strlen(challenge->text) == challenge->len);
		insist(challenge->len + strlen("334 \r\n") <=
		       COMMAND_SASL_LINE_BYTES);
		insist(strpbrk(challenge->text, "\r\n\t ") == NULL);
	} else {
		insist(result == AUTH_DENIED || result == AUTH_UNAVAILABLE);
	}
}

static void
exchange(struct auth_dovecot *dovecot, const struct gate *gate, unsigned choice)
{
	static struct line challenge;
	struct auth_start start = {
	    .mechanism = "PLAIN",
	    .initial = (choice & CHOICE_INITIAL) != 0 ? "AGEAYg==" : NULL,
	    .is_tls = (choice & CHOICE_TLS) != 0,
	};
	struct auth_answer answer;
	enum auth_result result;

	result = auth_dovecot_open(dovecot, gate, &answer);
	insist((result == AUTH_OK) == dovecot->is_open);
	check_mechanisms(dovecot);
	if (result != AUTH_OK)
		return;
	insist(server.n_lines >= 2);
	result = auth_dovecot_begin(dovecot, gate, &start, &challenge, &answer);
	check_answer(dovecot, result, &answer, &challenge);
	for (int i = 0; i < ROUNDS_MAX && result == AUTH_CHALLENGE; i++) {
		result = auth_dovecot_go_on(
		    dovecot, gate, "AGEAYg==", &challenge, &answer);
		check_answer(dovecot, result, &answer, &challenge);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t piece_bytes[] = {0, 1, 7, 100};
	static struct gate gate;
	struct auth_dovecot dovecot = {0};

	if (size < 1 || size > WIRE_BYTES / 2)
		return 0;
	gate.client.is_known = (data[0] & CHOICE_KNOWN) != 0;
	strcpy(gate.client.text, "198.51.100.7");
	gate.conf.auth_server.timeout_s = 30;
	server.wire.heard = on_heard;
	server.wire.idle = on_idle;
	server.at = data + 1;
	server.end = data + size;
	server.stalls = (data[0] & CHOICE_STALLS) != 0;
	server.is_mid_line = false;
	server.n_lines = server.said_len = 0;
	wire_reset(dialled, piece_bytes[data[0] & 3]);
	exchange(&dovecot, &gate, data[0]);
	if ((data[0] & CHOICE_TWICE) != 0)
		exchange(&dovecot, &gate, data[0]);
	auth_dovecot_close(&dovecot);
	insist(wire_count() == 0);
	return 0;
}
