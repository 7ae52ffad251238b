/* SPDX-License-Identifier: ISC */
/*
 * identity - the client of a transaction, as the backend gets to know it.
 *
 * CONCEPT.  An identity is fixed at MAIL and bound to a backend connection.
 * The backend gets it by XCLIENT before MAIL, by a PROXY header when the
 * connection is made, or else in a Received: header.
 *
 * TRUST.  The HELO name is any text without control characters (command.h).
 * XCLIENT encodes it.  Other servers, and Received:, get only a name of RFC
 * 5321 (path.h), else the client's address.  The user's name comes from the
 * table, or from the server that checks passwords, and is encoded or cleaned.
 */
#ifndef SMTPGATE_BACKEND_IDENTITY_H
#define SMTPGATE_BACKEND_IDENTITY_H

#include "decision/right.h"
#include "smtpgate-auth/request.h"
#include "smtpgate/wire/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define IDENTITY_HELO_BYTES 256
#define IDENTITY_USER_BYTES (REQUEST_USER_MAX_BYTES + 1)
/* xtext may need three bytes for one; 256 for the other attributes. */
#define IDENTITY_XCLIENT_BYTES                                                 \
	(3 * IDENTITY_HELO_BYTES + 3 * IDENTITY_USER_BYTES + 256)
#define IDENTITY_RECEIVED_BYTES 1280

struct identity {
	const struct client *client;
	char helo[IDENTITY_HELO_BYTES];
	bool is_esmtp; /* the client said EHLO */
	bool is_tls;   /* over TLS; not compared */
	enum right_kind kind;
	/* the login of SMTP AUTH, or the grant's user if certain; else "" */
	char user[IDENTITY_USER_BYTES];
	uint32_t age_s; /* of a grant; not compared */
};

void identity_set(struct identity *identity, const struct client *client,
    const char *helo, bool is_esmtp, bool is_tls, const struct right *right);

/* "[IPv6:", an address and "]". */
#define IDENTITY_LITERAL_BYTES (sizeof("[IPv6:]") + ADDR_TEXT_BYTES)

/*
 * The client's name in a form that each server accepts: as the client wrote it,
 * if it is a domain or an address literal exactly as in RFC 5321, else the
 * client's address as a literal, or "unknown".
 * literal: room for it.
 */
const char *identity_plain_helo(
    const struct identity *identity, char literal[IDENTITY_LITERAL_BYTES]);

/* Whether a backend connection of one identity may serve the other. */
bool identity_equal(const struct identity *a, const struct identity *b);

/* The same for the part that a PROXY header and EHLO contain. */
bool identity_equal_outside(const struct identity *a, const struct identity *b);

/*
 * Write "XCLIENT ..." with the attributes that the backend accepts: all but
 * LOGIN, which only a client has that logged in.
 * attributes: of enum ehlo_xclient (ehlo.h).
 * Returns line.
 * Source: Postfix XCLIENT_README; RFC 3461, 4 (xtext).
 */
const char *identity_xclient(const struct identity *identity,
    unsigned attributes, char line[IDENTITY_XCLIENT_BYTES]);

/*
 * Write the Received: header, its last CR LF included.
 * host: the gate's name; now: seconds of the wall clock.
 * Returns the length.
 * Source: RFC 5321, 4.4; RFC 3848 (its "A" is only for SMTP AUTH).
 */
size_t identity_received(const struct identity *identity, const char *host,
    time_t now, char header[IDENTITY_RECEIVED_BYTES]);

#endif
