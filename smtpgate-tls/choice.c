/* SPDX-License-Identifier: ISC */
/*
 * choice - which certificates a client is shown, and which protocol it speaks.
 *
 * A client that names a host (SNI) gets the certificates that are good for the
 * host, the first of each key type in the list: old clients know RSA only,
 * others prefer ECDSA.  Any other client gets the first certificate of the
 * list: a mail server with opportunistic TLS prefers encryption to an alert.
 *
 * The choice is made before OpenSSL looks for a session to resume.  A session
 * belongs to a service and a certificate: with a ticket from another one, the
 * client gets a full handshake.
 *
 * A client that offers protocols (ALPN) and not "smtp" is refused: its request
 * was meant for another server (the ALPACA attack, 2021).
 */
#include "smtpgate-tls/openssl.h"

#include <openssl/x509v3.h>
#include <string.h>

#define NAME_BYTES 256
#define PROTOCOL "smtp"

bool
choice_is_good_for(const struct certificate *certificate, const char *name)
{
	return X509_check_host(certificate->leaf, name, 0, 0, NULL) == 1;
}

/* ---- the client's name for us ------------------------------------------- */

static size_t
get_u16(const unsigned char *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/*
 * The host name of the hello, without a final dot.  OpenSSL parses the
 * extension later, and refuses one that is malformed.
 */
static bool
asked_name(SSL *ssl, char name[NAME_BYTES])
{
	const unsigned char *p;
	size_t n, len;

	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &n) !=
		1 ||
	    n < 5 || p[2] != TLSEXT_NAMETYPE_host_name)
		return false;
	len = get_u16(p + 3);
	if (len == 0 || len > n - 5 || len >= NAME_BYTES ||
	    memchr(p + 5, '\0', len) != NULL)
		return false;
	memcpy(name, p + 5, len);
	if (name[len - 1] == '.')
		len--;
	name[len] = '\0';
	return true;
}

/* ---- the certificates' names -------------------------------------------- */

/* A question about one name of a certificate. */
struct question {
	const struct tls_keys *keys;
	size_t n; /* earlier certificates of that key type */
	int type;
};

typedef bool holds_for(const char *name, const void *arg);

/* For the common name, which counts if there are no DNS names. */
static bool
holds_for_common_name(const X509 *leaf, holds_for *holds, const void *arg)
{
	char name[NAME_BYTES];

	return X509_NAME_get_text_by_NID(X509_get_subject_name(leaf),
		   NID_commonName, name, sizeof(name)) > 0 &&
	       holds(name, arg);
}

/* Whether it holds for all names, of which there is at least one. */
static bool
holds_for_all_names(const X509 *leaf, holds_for *holds, const void *arg)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int i, n_names = 0;
	bool result = true;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && result; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS)
			continue;
		n_names++;
		result = holds(
		    (const char *)ASN1_STRING_get0_data(name->d.dNSName), arg);
	}
	GENERAL_NAMES_free(names);
	return n_names > 0 ? result : holds_for_common_name(leaf, holds, arg);
}

static bool
is_good_for(const char *name, const void *certificate)
{
	return choice_is_good_for(certificate, name);
}

static bool
is_taken(const char *name, const void *arg)
{
	const struct question *question = arg;
	size_t i;

	for (i = 0; i < question->n; i++) {
		const struct certificate *earlier =
		    &question->keys->certificates[i];

		if (EVP_PKEY_get_base_id(earlier->key) == question->type &&
		    choice_is_good_for(earlier, name))
			return true;
	}
	return false;
}

bool
choice_is_idle(const struct tls_keys *keys, size_t number)
{
	const struct certificate *certificate = &keys->certificates[number];
	const struct question question = {
	    keys, number, EVP_PKEY_get_base_id(certificate->key)};

	return holds_for_all_names(certificate->leaf, is_taken, &question);
}

/* ---- the choice --------------------------------------------------------- */

/* Show the certificates from this number on that are good for the name.  None
 * takes the place of an earlier one of its key type. */
static void
add_others(
    SSL *ssl, const struct tls_keys *keys, size_t number, const char *name)
{
	for (; number < keys->n; number++) {
		const struct certificate *other = &keys->certificates[number];

		if (choice_is_good_for(other, name))
			(void)SSL_use_cert_and_key(
			    ssl, other->leaf, other->key, other->chain, 0);
	}
}

static void
bind_sessions(SSL *ssl, unsigned char service, size_t number)
{
	const unsigned char id[] = {service, (unsigned char)number};

	(void)SSL_set_session_id_context(ssl, id, sizeof(id));
}

static int
on_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls *tls = SSL_get_app_data(ssl);
	const struct tls_keys *keys = tls->keys;
	char name[NAME_BYTES];
	size_t i = keys->n;

	(void)alert;
	(void)arg;
	if (asked_name(ssl, name))
		for (i = 0; i < keys->n; i++)
			if (choice_is_good_for(&keys->certificates[i], name))
				break;
	tls->is_named = i < keys->n;
	if (tls->is_named) {
		SSL_set_SSL_CTX(ssl, keys->certificates[i].context);
		add_others(ssl, keys, i + 1, name);
	}
	bind_sessions(ssl, tls->start.service, tls->is_named ? i : 0);
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* Whether the client learns that its name was used: RFC 6066, 3. */
static int
on_name(SSL *ssl, int *alert, void *arg)
{
	const struct tls *tls = SSL_get_app_data(ssl);

	(void)alert;
	(void)arg;
	return tls->is_named ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static int
choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *len,
    const unsigned char *offered, unsigned n, void *arg)
{
	unsigned i;

	(void)ssl;
	(void)arg;
	for (i = 0; i < n && offered[i] < n - i; i += offered[i] + 1U) {
		if (offered[i] != strlen(PROTOCOL) ||
		    memcmp(offered + i + 1, PROTOCOL, strlen(PROTOCOL)) != 0)
			continue;
		*chosen = offered + i + 1;
		*len = offered[i];
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void
choice_set_up(struct tls_keys *keys)
{
	struct certificate *first = &keys->certificates[0], *other;
	size_t i;

	SSL_CTX_set_client_hello_cb(first->context, on_hello, NULL);
	SSL_CTX_set_tlsext_servername_callback(first->context, on_name);
	for (i = 0; i < keys->n; i++) {
		other = &keys->certificates[i];
		SSL_CTX_set_alpn_select_cb(
		    other->context, choose_protocol, NULL);
		if (i > 0 &&
		    holds_for_all_names(first->leaf, is_good_for, other))
			(void)SSL_CTX_use_cert_and_key(first->context,
			    other->leaf, other->key, other->chain, 0);
	}
}
