/* SPDX-License-Identifier: ISC */
/*
 * mta - the backend of a harness: it says what the input has it say, or else
 * what an MTA would, and reads what the gate sends as strictly as any reader.
 *
 * CONCEPT.  Pieces of the input are its replies, one for each thing that is to
 * be answered: a connection, a command, a message, a chunk.  An empty piece,
 * and any behind the last, is the right answer; what the first byte may mean
 * otherwise is in enum mta_mark.
 *
 * It aborts when the gate
 *  - sends what is no command, message or chunk in its place: a bare CR or LF,
 *    a control, a verb that is none, a message that nobody asked for;
 *  - does not wait for a reply, or goes on when what came was none, or more
 *    than one; RCPT behind RCPT need not wait where it offers PIPELINING;
 *  - names a recipient that a client without rights may not have, or brings
 *    such a client to backend_relay;
 *  - tells who the client is twice, or where it should not.
 *
 * LIFETIME.  mta_reset() before each input; there is one.
 */
#ifndef POPAUTH_TESTS_FUZZ_MTA_H
#define POPAUTH_TESTS_FUZZ_MTA_H

#include "smtpgate/gate.h"
#include "tests/fuzz/lib/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MTA_DIVIDER 0xff /* between pieces */

enum mta_mark {
	MTA_SILENT = 0xfe,  /* it says nothing, whatever comes */
	MTA_CLOSES = 0xfd,  /* the rest, and then it closes */
	MTA_REFUSES = 0xfc, /* no connection */
};

enum mta_offer {
	MTA_CHUNKING = 1 << 0,
	MTA_DSN = 1 << 1, /* and SIZE */
	MTA_8BITMIME = 1 << 2,
	MTA_SMTPUTF8 = 1 << 3,
	MTA_XCLIENT = 1 << 4,
	MTA_PIPELINING = 1 << 5,
};

/* A message that was answered with 2xx; in it Received: of the gate's. */
struct mta_message {
	const char *bytes; /* without dot-stuffing, and its end */
	size_t len;
};

struct mta_script {
	const uint8_t *pieces;
	size_t len;
	unsigned offers; /* of enum mta_offer: what EHLO is told */
	bool is_slow;    /* speaks when it is waited for, not before */
	const struct gate *gate;
};

void mta_reset(const struct mta_script *script);

/* For wire_reset(). */
struct wire *mta_dialled(const struct sockaddr *addr);

/* What was answered with 2xx. */
struct mta_record {
	const struct mta_message *messages; /* in their order */
	size_t n_messages, n_mails, n_rcpts;
};

struct mta_record mta_record(void);

#endif
