/* SPDX-License-Identifier: ISC */
/*
 * openssl - shared by the parts of smtpgate-tls.so: keys.c reads certificates,
 * choice.c chooses among them for a client, connection.c serves one client.
 * The contract is in smtpgate/wire/tls.h.
 */
#ifndef SMTPGATE_TLS_OPENSSL_H
#define SMTPGATE_TLS_OPENSSL_H

#include "smtpgate/wire/tls.h"

#include <openssl/ssl.h>

/* A certificate, its key and its chain.  All but the context are its own. */
struct certificate {
	SSL_CTX *context;
	X509 *leaf;
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* may be NULL */
};

/* The first certificate is for clients without SNI. */
struct tls_keys {
	struct certificate *certificates;
	size_t n;
	BIO_METHOD *socket; /* of all connections */
};

struct tls {
	SSL *ssl;
	const struct tls_keys *keys;
	struct tls_start start; /* early: what OpenSSL has not read yet */
	bool is_named; /* a certificate is good for the name it asked for */
	char error[TLS_WHY_BYTES];
};

int keys_load(const struct conf_smtpgate *conf, bool has_tickets,
    void (*warn)(const char *sentence, void *arg), void *arg,
    struct tls_keys **keys_out, char why[TLS_WHY_BYTES]);
void keys_free(struct tls_keys *keys);

/* Whether the certificate is good for a host. */
bool choice_is_good_for(
    const struct certificate *certificate, const char *name);

/*
 * Prepare the choice in all contexts.  A client without SNI gets the first
 * certificate, and those of other key types that are good for all its names.
 */
void choice_set_up(struct tls_keys *keys);

/* Whether no client is ever shown a certificate: earlier ones of its key type
 * have its names. */
bool choice_is_idle(const struct tls_keys *keys, size_t number);

/* Do once what OpenSSL does at a process's first handshake. */
void rehearse(const struct tls_keys *keys);

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
