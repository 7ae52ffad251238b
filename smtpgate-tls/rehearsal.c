/* SPDX-License-Identifier: ISC */
/*
 * rehearsal - a handshake with ourselves, in memory.
 *
 * OpenSSL fetches its algorithms at a process's first handshake, and keeps them
 * on the heap.  A listener does this before it forks: its workers share the
 * memory, and their first clients need not wait.
 */
#include "smtpgate-tls/openssl.h"

#include <openssl/err.h>

/* A handshake takes fewer. */
#define TURNS_MAX 16

static void
take_turns(SSL *gate, SSL *client)
{
	char byte = 0;
	int i;

	for (i = 0; i < TURNS_MAX; i++) {
		(void)SSL_do_handshake(client);
		(void)SSL_do_handshake(gate);
		(void)SSL_write(client, &byte, 1);
		(void)SSL_read(gate, &byte, 1);
		(void)SSL_write(gate, &byte, 1);
		(void)SSL_read(client, &byte, 1);
	}
}

void
rehearse(const struct tls_keys *keys)
{
	struct tls tls = {
	    .keys = keys, .ssl = SSL_new(keys->certificates[0].context)};
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *client = ctx != NULL ? SSL_new(ctx) : NULL;
	BIO *near = NULL, *far = NULL;

	if (tls.ssl != NULL && client != NULL &&
	    BIO_new_bio_pair(&near, 0, &far, 0) == 1) {
		SSL_set_app_data(tls.ssl, &tls);
		SSL_set_bio(tls.ssl, near, near);
		SSL_set_bio(client, far, far);
		SSL_set_accept_state(tls.ssl);
		SSL_set_connect_state(client);
		take_turns(tls.ssl, client);
	}
	SSL_free(tls.ssl);
	SSL_free(client);
	SSL_CTX_free(ctx);
	/* A failure costs no more than the time it would have saved. */
	ERR_clear_error();
}
