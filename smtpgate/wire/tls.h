/* SPDX-License-Identifier: ISC */
/*
 * tls - the interface between the gate and the library that speaks TLS.
 *
 * CONCEPT.  smtpgate-tls.so holds all that needs OpenSSL.  Only a gate that has
 * a certificate loads it: OpenSSL costs each process half a megabyte of private
 * memory and a millisecond at its start.
 *
 * LIFETIME.  The library stays loaded; keys must outlive the connections made
 * with them.
 *
 * CONCURRENCY.  One thread; keys may be shared by the children of a fork(2).
 *
 * TRUST.  The peer's bytes are hostile.  The certificates are the
 * administrator's.
 *
 * Source: RFC 8446 (TLS 1.3), RFC 5246 (TLS 1.2), RFC 6066 (SNI).
 */
#ifndef SMTPGATE_WIRE_TLS_H
#define SMTPGATE_WIRE_TLS_H

#include "config/conf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Increased when the struct below changes. */
#define TLS_LIBRARY_VERSION 2

#define TLS_WHY_BYTES 400
#define TLS_TEXT_BYTES 64

struct tls_keys; /* certificates and their keys, in memory */
struct tls;      /* one connection */

enum tls_result {
	TLS_DONE = 0,
	TLS_EOF,        /* the peer closed, with close_notify or without */
	TLS_WANT_READ,  /* again when the descriptor is readable */
	TLS_WANT_WRITE, /* again when it is writable */
};

/* One connection, before its handshake. */
struct tls_start {
	int fd; /* a connected stream socket */
	/* Bytes that were read from fd before; they must not change before the
	 * handshake has ended.  They belong to it. */
	const char *early;
	size_t n_early;
	/* Sessions of one service are not resumed at another. */
	unsigned char service;
};

/* The result of a handshake, for the log. */
struct tls_facts {
	char version[TLS_TEXT_BYTES]; /* "TLSv1.3" */
	char cipher[TLS_TEXT_BYTES];  /* "TLS_AES_256_GCM_SHA384" */
};

struct tls_library {
	uint32_t version; /* TLS_LIBRARY_VERSION */

	/*
	 * Read the certificates and keys.
	 * has_tickets: another process that has the same keys may resume the
	 * sessions.
	 * warn: called with a sentence for each problem that does not prevent
	 * TLS now: a certificate that expires soon, a readable key.
	 * Returns 0, or -EINVAL with a sentence in why.
	 */
	int (*keys_load)(const struct conf_smtpgate *conf, bool has_tickets,
	    void (*warn)(const char *sentence, void *arg), void *arg,
	    struct tls_keys **keys_out, char why[TLS_WHY_BYTES]);
	void (*keys_free)(struct tls_keys *keys);

	/*
	 * Begin as the server.  No function waits for the socket.
	 * Returns NULL when there is no memory.
	 */
	struct tls *(*begin)(
	    struct tls_keys *keys, const struct tls_start *start);

	/* Returns TLS_DONE, _EOF, _WANT_*, or -EPROTO. */
	int (*handshake)(struct tls *tls);

	/* n_out: at least 1 with TLS_DONE.  Return the same results. */
	int (*read)(struct tls *tls, char *buf, size_t size, size_t *n_out);
	int (*write)(
	    struct tls *tls, const char *bytes, size_t n, size_t *n_out);

	void (*describe)(const struct tls *tls, struct tls_facts *facts_out);

	/* The reason of the last -EPROTO, for a log line; owned by tls. */
	const char *(*error)(const struct tls *tls);

	/* Send close_notify if that needs no wait, and release tls. */
	void (*end)(struct tls *tls);
};

/*
 * Load the library.
 * why: a sentence, on failure.
 * Returns the library, or NULL.
 */
const struct tls_library *tls_load(char why[TLS_WHY_BYTES]);

/* The symbol that smtpgate-tls.so exports. */
#define TLS_LIBRARY_SYMBOL popauth_tls_library

#endif
