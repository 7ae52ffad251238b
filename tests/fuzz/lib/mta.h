/* SPDX-License-Identifier: ISC */
/*
 * mta - the backend of a harness: it sends the replies of the input, or else
 * those of an MTA, and reads the gate's bytes as strictly as any reader.
 *
 * CONCEPT.  Pieces of the input are its replies, one for each connection,
 * command, message and chunk.  An empty piece, and each one after the last, is
 * the correct answer; enum mta_mark has the other meanings of the first byte.
 *
 * It aborts when the gate
 *  - sends bytes that are no command, message or chunk in their place: a bare
 *    CR or LF, a control, an unknown verb, a message before 354;
 *  - does not wait for a reply, or continues after bytes that are no reply, or
 *    more than one; RCPT after RCPT need not wait if it offers PIPELINING;
 *  - sends MAIL after a MAIL, without a 2xx to a message or to RSET between them;
 *  - names a recipient that a client without rights may not have, or brings
 *    such a client to backend_relay;
 *  - sends the client's identity twice, or where it must not.
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
	unsigned offers; /* of enum mta_offer: in the reply to EHLO */
	bool is_slow;    /* sends only while the gate waits */
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
