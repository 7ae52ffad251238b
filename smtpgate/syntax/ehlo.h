/* SPDX-License-Identifier: ISC */
/*
 * ehlo - which extensions the backend has, and which of them are offered on.
 *
 * CONCEPT.  What EHLO offers to a client is what the backend offers, less
 * what this gate does not understand: an extension that is not in this struct
 * does not exist.  PIPELINING is the gate's own on either side: what the backend
 * has of it says how the gate may speak to it, and is not offered on.
 *
 * CONCURRENCY.  Pure functions.
 */
#ifndef SMTPGATE_SYNTAX_EHLO_H
#define SMTPGATE_SYNTAX_EHLO_H

#include "smtpgate/syntax/response.h"

#include <stdbool.h>
#include <stddef.h>

/* RFC 1870, 3: at most 20 digits. */
#define EHLO_SIZE_BYTES 21
#define EHLO_OFFER_BYTES 1024

/* Attributes that the backend takes in XCLIENT (Postfix XCLIENT_README). */
enum ehlo_xclient {
	EHLO_XCLIENT_NAME = 1 << 0,
	EHLO_XCLIENT_ADDR = 1 << 1,
	EHLO_XCLIENT_PORT = 1 << 2,
	EHLO_XCLIENT_PROTO = 1 << 3,
	EHLO_XCLIENT_HELO = 1 << 4,
	EHLO_XCLIENT_LOGIN = 1 << 5,
};

struct ehlo {
	bool has_8bitmime;              /* RFC 6152 */
	bool has_chunking;              /* RFC 3030 */
	bool has_dsn;                   /* RFC 3461 */
	bool has_enhancedstatuscodes;   /* RFC 2034 */
	bool has_pipelining;            /* RFC 2920; never offered on */
	bool has_size;                  /* RFC 1870 */
	bool has_smtputf8;              /* RFC 6531 */
	char size_max[EHLO_SIZE_BYTES]; /* digits; "" when none is told */
	unsigned xclient; /* of enum ehlo_xclient; never offered on */
	/* the gate's own, whatever the backend says: whether MAIL may have
	 * AUTH= */
	bool has_auth;
};

/* Read the 250 of an EHLO (or of a HELO: no extensions). */
void ehlo_parse(const struct response *response, struct ehlo *ehlo_out);

/* The names of mechanisms, with a space between two. */
#define AUTH_MECHANISMS_BYTES 256

/* What the gate has of its own. */
struct ehlo_own {
	bool has_starttls;      /* RFC 3207 */
	const char *mechanisms; /* of AUTH (RFC 4954); NULL: none */
};

/* Write the 250 of our own.  host: a name.  Returns the length. */
size_t ehlo_offer(const struct ehlo *ehlo, const struct ehlo_own *own,
    const char *host, char wire[EHLO_OFFER_BYTES]);

#endif
