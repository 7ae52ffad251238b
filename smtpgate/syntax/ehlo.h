/* SPDX-License-Identifier: ISC */
/*
 * ehlo - which extensions the backend offers, and which the client is offered.
 *
 * CONCEPT.  The client is offered the extensions that both the backend and the
 * gate support; an extension that is not in this struct is not supported.
 * PIPELINING is the gate's own on both sides: the client is always offered it,
 * and the backend's offer only decides how the gate speaks to the backend.
 */
#ifndef SMTPGATE_SYNTAX_EHLO_H
#define SMTPGATE_SYNTAX_EHLO_H

#include "smtpgate/syntax/response.h"

#include <stdbool.h>
#include <stddef.h>

/* RFC 1870, 3: at most 20 digits. */
#define EHLO_SIZE_BYTES 21
#define EHLO_OFFER_BYTES 1024

/* Attributes that the backend accepts in XCLIENT (Postfix XCLIENT_README). */
enum ehlo_xclient {
	EHLO_XCLIENT_NAME = 1 << 0,
	EHLO_XCLIENT_ADDR = 1 << 1,
	EHLO_XCLIENT_PORT = 1 << 2,
	EHLO_XCLIENT_PROTO = 1 << 3,
	EHLO_XCLIENT_HELO = 1 << 4,
	EHLO_XCLIENT_LOGIN = 1 << 5,
	EHLO_XCLIENT_REVERSE_NAME = 1 << 6,
	EHLO_XCLIENT_DESTADDR = 1 << 7,
	EHLO_XCLIENT_DESTPORT = 1 << 8,
};

struct ehlo {
	bool has_8bitmime;              /* RFC 6152 */
	bool has_chunking;              /* RFC 3030 */
	bool has_dsn;                   /* RFC 3461 */
	bool has_enhancedstatuscodes;   /* RFC 2034 */
	bool has_pipelining;            /* RFC 2920; the backend's */
	bool has_size;                  /* RFC 1870 */
	bool has_smtputf8;              /* RFC 6531 */
	char size_max[EHLO_SIZE_BYTES]; /* digits; "" for no limit */
	unsigned xclient; /* of enum ehlo_xclient; not for the client */
	bool has_auth;    /* the gate's own: MAIL may have AUTH= */
};

/* Read the 250 to EHLO, or to HELO, which has no extensions. */
void ehlo_parse(const struct response *response, struct ehlo *ehlo_out);

/* The names of mechanisms, with a space between them. */
#define AUTH_MECHANISMS_BYTES 256

/* Extensions that the gate offers by itself. */
struct ehlo_own {
	bool has_starttls;      /* RFC 3207 */
	const char *mechanisms; /* of AUTH (RFC 4954); NULL: none */
};

/* Write the gate's own 250.  host: its name.  Returns the length. */
size_t ehlo_offer(const struct ehlo *ehlo, const struct ehlo_own *own,
    const char *host, char wire[EHLO_OFFER_BYTES]);

#endif
