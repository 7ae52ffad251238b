/* SPDX-License-Identifier: ISC */
/*
 * identity - who a transaction is from, and how the backend is told.
 *
 * CONCEPT.  An identity is fixed at MAIL and bound to a backend connection.
 * It is told by XCLIENT before MAIL, by a PROXY header when the connection is
 * made, or else by a Received: header.
 *
 * CONCURRENCY.  Pure functions.
 *
 * TRUST.  The HELO name was checked (path.h), the user's name comes from
 * whoever may write the table, or checks passwords: both are encoded or
 * cleaned here.
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
/* xtext makes three bytes of one; the rest is the other attributes. */
#define IDENTITY_XCLIENT_BYTES                                                 \
	(3 * IDENTITY_HELO_BYTES + 3 * IDENTITY_USER_BYTES + 256)
#define IDENTITY_RECEIVED_BYTES 1280

struct identity {
	const struct client *client;
	char helo[IDENTITY_HELO_BYTES];
	bool is_esmtp; /* the client said EHLO */
	bool is_tls;   /* over TLS; told, not compared */
	enum right_kind kind;
	/* who logged in; of a grant, when certain; else "" */
	char user[IDENTITY_USER_BYTES];
	uint32_t age_s; /* of a grant; told, not compared */
};

void identity_set(struct identity *identity, const struct client *client,
    const char *helo, bool is_esmtp, bool is_tls, const struct right *right);

/* Whether a backend connection of the one may serve the other. */
bool identity_equal(const struct identity *a, const struct identity *b);

/* The same for what a PROXY header and EHLO tell, which is less. */
bool identity_equal_outside(const struct identity *a, const struct identity *b);

/*
 * Write "XCLIENT ..." with what the backend takes.
 * attributes: of enum ehlo_xclient (ehlo.h).
 * Returns line.
 * Source: Postfix XCLIENT_README; RFC 3461, 4 (xtext).
 */
const char *identity_xclient(const struct identity *identity,
    unsigned attributes, char line[IDENTITY_XCLIENT_BYTES]);

/*
 * Write the Received: header, its last CR LF included.
 * host: our own name; now: seconds of the wall clock.
 * Returns the length.
 * Source: RFC 5321, 4.4; RFC 3848 (its "A" is for SMTP AUTH alone).
 */
size_t identity_received(const struct identity *identity, const char *host,
    time_t now, char header[IDENTITY_RECEIVED_BYTES]);

#endif
