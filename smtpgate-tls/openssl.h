/* SPDX-License-Identifier: ISC */
/*
 * openssl - shared by the two parts of smtpgate-tls.so: keys.c reads
 * certificates, connection.c serves one client.  The contract is in
 * smtpgate/wire/tls.h.
 */
#ifndef SMTPGATE_TLS_OPENSSL_H
#define SMTPGATE_TLS_OPENSSL_H

#include "smtpgate/wire/tls.h"

#include <openssl/ssl.h>

/* One context for each certificate; the first is for clients without SNI. */
struct tls_keys {
	SSL_CTX **contexts;
	size_t n;
	BIO_METHOD *socket; /* of all connections */
};

int keys_load(const struct conf_smtpgate *conf, bool has_tickets,
    void (*warn)(const char *sentence, void *arg), void *arg,
    struct tls_keys **keys_out, char why[TLS_WHY_BYTES]);
void keys_free(struct tls_keys *keys);

/* recv(2) and send(2) that never wait and raise no SIGPIPE.  NULL: ENOMEM. */
BIO_METHOD *socket_method_new(void);

struct tls *connection_begin(
    struct tls_keys *keys, const struct tls_start *start);
int connection_handshake(struct tls *tls);
int connection_read(struct tls *tls, char *buf, size_t size, size_t *n_out);
int connection_write(
    struct tls *tls, const char *bytes, size_t n, size_t *n_out);
void connection_describe(const struct tls *tls, struct tls_facts *facts_out);
const char *connection_error(const struct tls *tls);
void connection_end(struct tls *tls);

#endif
