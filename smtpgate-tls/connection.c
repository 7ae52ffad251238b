/* SPDX-License-Identifier: ISC */
/*
 * connection - one client's TLS, without waiting for its socket.
 *
 * The socket's flags are not changed, because the program that started the gate
 * may share its file description.  So OpenSSL gets a BIO that calls recv(2) and
 * send(2) with MSG_DONTWAIT.  It reads the bytes that the gate took from the
 * socket before TLS began (after a PROXY header) first.
 */
#include "smtpgate-tls/openssl.h"

#include <errno.h>
#include <malloc.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- the socket --------------------------------------------------------- */

static int
take_early(struct tls_start *start, char *buf, size_t size)
{
	size_t n = start->n_early < size ? start->n_early : size;

	memcpy(buf, start->early, n);
	start->early += n;
	start->n_early -= n;
	return (int)n;
}

static int
socket_read(BIO *bio, char *buf, int size)
{
	struct tls_start *start = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	if (start->n_early > 0)
		return take_early(start, buf, (size_t)size);
	n = recv(start->fd, buf, (size_t)size, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	if (n == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return (int)n;
}

static int
socket_write(BIO *bio, const char *bytes, int n)
{
	const struct tls_start *start = BIO_get_data(bio);
	ssize_t written =
	    send(start->fd, bytes, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (written < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	return (int)written;
}

static long
socket_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	default:
		return 0;
	}
}

BIO_METHOD *
socket_method_new(void)
{
	BIO_METHOD *method =
	    BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

	if (method == NULL)
		return NULL;
	if (BIO_meth_set_read(method, socket_read) != 1 ||
	    BIO_meth_set_write(method, socket_write) != 1 ||
	    BIO_meth_set_ctrl(method, socket_ctrl) != 1) {
		BIO_meth_free(method);
		return NULL;
	}
	return method;
}

/* ---- the connection ----------------------------------------------------- */

struct tls *
connection_begin(struct tls_keys *keys, const struct tls_start *start)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	BIO *bio = BIO_new(keys->socket);

	if (tls != NULL)
		tls->ssl = SSL_new(keys->certificates[0].context);
	if (tls == NULL || tls->ssl == NULL || bio == NULL) {
		BIO_free(bio);
		connection_end(tls);
		return NULL;
	}
	tls->keys = keys;
	tls->start = *start;
	SSL_set_app_data(tls->ssl, tls);
	BIO_set_data(bio, &tls->start);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio); /* owns it now */
	SSL_set_accept_state(tls->ssl);
	return tls;
}

static void
note_error(struct tls *tls, int saved_errno)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	if (reason != NULL)
		snprintf(tls->error, sizeof(tls->error), "%s", reason);
	else
		snprintf(
		    tls->error, sizeof(tls->error), "errno %d", saved_errno);
}

/* SSL_get_error(3) as a result of smtpgate/wire/tls.h. */
static int
result_of(struct tls *tls, int returned)
{
	int saved_errno = errno;

	switch (SSL_get_error(tls->ssl, returned)) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_EOF;
	case SSL_ERROR_SYSCALL:
		return TLS_EOF; /* reset, or closed without close_notify */
	default:
		note_error(tls, saved_errno);
		return ERR_GET_REASON(ERR_peek_last_error()) ==
			       SSL_R_UNEXPECTED_EOF_WHILE_READING
			   ? TLS_EOF
			   : -EPROTO;
	}
}

int
connection_handshake(struct tls *tls)
{
	int result;

	ERR_clear_error();
	result = result_of(tls, SSL_do_handshake(tls->ssl));
	/* A session needs much less memory than its handshake. */
	if (result == TLS_DONE)
		(void)malloc_trim(0);
	return result;
}

int
connection_read(struct tls *tls, char *buf, size_t size, size_t *n_out)
{
	ERR_clear_error();
	return result_of(tls, SSL_read_ex(tls->ssl, buf, size, n_out));
}

int
connection_write(struct tls *tls, const char *bytes, size_t n, size_t *n_out)
{
	ERR_clear_error();
	return result_of(tls, SSL_write_ex(tls->ssl, bytes, n, n_out));
}

void
connection_describe(const struct tls *tls, struct tls_facts *facts_out)
{
	snprintf(facts_out->version, sizeof(facts_out->version), "%s",
	    SSL_get_version(tls->ssl));
	snprintf(facts_out->cipher, sizeof(facts_out->cipher), "%s",
	    SSL_get_cipher_name(tls->ssl));
}

const char *
connection_error(const struct tls *tls)
{
	return tls->error;
}

void
connection_end(struct tls *tls)
{
	if (tls == NULL)
		return;
	ERR_clear_error();
	/* Called once only: the peer's close_notify is not awaited. */
	if (tls->ssl != NULL && SSL_is_init_finished(tls->ssl))
		(void)SSL_shutdown(tls->ssl);
	SSL_free(tls->ssl);
	free(tls);
}
