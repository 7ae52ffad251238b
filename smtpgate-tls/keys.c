/* SPDX-License-Identifier: ISC */
/*
 * keys - certificates and their keys.
 *
 * The keys stay in this process's memory; only the user that loads them needs
 * to read their files.
 */
#include "smtpgate-tls/openssl.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* A warning for a certificate that expires sooner. */
#define DAYS_LEFT_MIN 7

/* A path in a message is cut here. */
#define SHOWN_MAX 200

/* What a PEM file has. */
struct contents {
	bool has_certificate;
	bool has_key;
	bool is_encrypted; /* its key needs a passphrase */
};

struct loading {
	const struct conf_smtpgate *conf;
	bool has_tickets;
	void (*warn)(const char *sentence, void *arg);
	void *arg;
	char *why; /* TLS_WHY_BYTES */
};

static int
fail(struct loading *loading, const char *path, const char *what)
{
	/* The first error is the cause; later ones come from its callers. */
	const unsigned long code = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(code)
				 ? strerror(ERR_GET_REASON(code))
				 : ERR_reason_error_string(code);

	if (code == 0)
		reason = NULL;
	snprintf(loading->why, TLS_WHY_BYTES, "tls_certificates: %.*s: %s%s%s",
	    SHOWN_MAX, path, what, reason != NULL ? ": " : "",
	    reason != NULL ? reason : "");
	return -EINVAL;
}

static void
warn(struct loading *loading, const char *path, const char *what)
{
	char sentence[TLS_WHY_BYTES];

	snprintf(sentence, sizeof(sentence), "tls_certificates: %.*s: %s",
	    SHOWN_MAX, path, what);
	loading->warn(sentence, loading->arg);
}

/* No user is there to type a passphrase. */
static int
no_passphrase(char *buf, int size, int is_writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)is_writing;
	(void)arg;
	return -1;
}

static void
warn_of_mode(struct loading *loading, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & (S_IROTH | S_IWOTH)) != 0)
		warn(loading, path,
		    "every user of this machine can read the key; run chmod o= "
		    "on it");
}

static void
warn_of_dates(struct loading *loading, const char *path, const X509 *leaf)
{
	time_t soon = time(NULL) + DAYS_LEFT_MIN * 24 * 3600;

	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
		warn(loading, path, "the certificate is not valid yet");
	else if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0)
		warn(loading, path, "the certificate has expired; renew it");
	else if (X509_cmp_time(X509_get0_notAfter(leaf), &soon) < 0)
		warn(loading, path,
		    "the certificate expires within a week; renew it");
}

/* ---- one certificate ---------------------------------------------------- */

static void
set_up(SSL_CTX *ctx, const struct loading *loading)
{
	SSL_CTX_set_min_proto_version(ctx,
	    loading->conf->tls_min_version == CONF_TLS_1_3 ? TLS1_3_VERSION
							   : TLS1_2_VERSION);
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (!loading->has_tickets) {
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
		SSL_CTX_set_num_tickets(ctx, 0);
	}
	/* One system call for a record, not two. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	/* Devices of 2010 have DHE and no elliptic curves. */
	SSL_CTX_set_dh_auto(ctx, 1);
}

static void
look_into(const char *path, struct contents *contents_out)
{
	FILE *file = fopen(path, "re");
	char line[256];

	*contents_out = (struct contents){.has_key = false};
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strstr(line, "ENCRYPTED") != NULL)
			contents_out->is_encrypted = true;
		if (strncmp(line, "-----BEGIN ", 11) != 0)
			continue;
		if (strstr(line, "PRIVATE KEY-----") != NULL)
			contents_out->has_key = true;
		if (strstr(line, "CERTIFICATE-----") != NULL)
			contents_out->has_certificate = true;
	}
	fclose(file);
}

/* A sentence of our own, without OpenSSL's reason. */
static int
fail_with_cure(struct loading *loading, const char *path, const char *what)
{
	ERR_clear_error();
	return fail(loading, path, what);
}

static int
fail_certificate(struct loading *loading, const char *path)
{
	struct contents contents;

	look_into(path, &contents);
	if (contents.has_key && !contents.has_certificate)
		return fail_with_cure(loading, path,
		    "it has a key and no certificate; write "
		    "CERTIFICATE:KEY with a colon, not a comma");
	return fail(loading, path, "no certificate can be read");
}

static int
fail_key(struct loading *loading, const char *certificate, const char *key)
{
	char what[SHOWN_MAX + 96];
	struct contents contents;

	look_into(key, &contents);
	if (!contents.has_key && key == certificate)
		return fail_with_cure(loading, key,
		    "it has no key; name the file of the key after a colon, "
		    "CERTIFICATE:KEY");
	if (contents.has_key && contents.is_encrypted)
		return fail_with_cure(loading, key,
		    "the key has a passphrase, and no user is there to type "
		    "it; remove it with: openssl pkey -in OLD -out NEW");
	if (ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH ||
	    ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_TYPE_MISMATCH ||
	    ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_CERTIFICATE_ASSIGNED) {
		snprintf(what, sizeof(what),
		    "it does not belong to %.*s; name the key of that "
		    "certificate",
		    SHOWN_MAX, certificate);
		return fail_with_cure(loading, key, what);
	}
	return fail(loading, key, "no key can be read");
}

static int
read_pair(struct loading *loading, SSL_CTX *ctx, const char *item)
{
	char certificate[PATH_MAX];
	const char *colon = strchr(item, ':');
	const char *key = colon != NULL ? colon + 1 : certificate;

	snprintf(certificate, sizeof(certificate), "%.*s",
	    (int)(colon != NULL ? colon - item : (ptrdiff_t)strlen(item)),
	    item);
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return fail_certificate(loading, certificate);
	ERR_clear_error();
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return fail_key(loading, certificate, key);
	warn_of_dates(loading, certificate, SSL_CTX_get0_certificate(ctx));
	warn_of_mode(loading, key);
	return 0;
}

static int
load_one(struct loading *loading, struct tls_keys *keys, const char *item)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct certificate *certificate = &keys->certificates[keys->n];
	int error;

	if (ctx == NULL)
		return fail(loading, item, "OpenSSL cannot start");
	certificate->context = ctx;
	keys->n++;
	set_up(ctx, loading);
	error = read_pair(loading, ctx, item);
	if (error != 0)
		return error;
	certificate->leaf = SSL_CTX_get0_certificate(ctx);
	certificate->key = SSL_CTX_get0_privatekey(ctx);
	SSL_CTX_get0_chain_certs(ctx, &certificate->chain);
	return 0;
}

/* ---- all of them -------------------------------------------------------- */

static bool
any_is_good_for(const struct tls_keys *keys, const char *name)
{
	size_t i;

	for (i = 0; i < keys->n; i++)
		if (choice_is_good_for(&keys->certificates[i], name))
			return true;
	return false;
}

int
keys_load(const struct conf_smtpgate *conf, bool has_tickets,
    void (*warn_with)(const char *sentence, void *arg), void *arg,
    struct tls_keys **keys_out, char why[TLS_WHY_BYTES])
{
	struct loading loading = {conf, has_tickets, warn_with, arg, why};
	const struct conf_strings *items = &conf->tls_certificates;
	struct tls_keys *keys = calloc(1, sizeof(*keys));
	int error = -EINVAL;
	size_t i;

	snprintf(why, TLS_WHY_BYTES, "tls_certificates: no memory");
	if (keys == NULL)
		goto out;
	keys->certificates = calloc(items->n, sizeof(keys->certificates[0]));
	keys->socket = socket_method_new();
	if (keys->certificates == NULL || keys->socket == NULL)
		goto out;
	for (i = 0; i < items->n; i++) {
		error = load_one(&loading, keys, items->items[i]);
		if (error != 0)
			goto out;
		if (choice_is_idle(keys, i))
			warn(&loading, items->items[i],
			    "no client is ever shown this certificate, because "
			    "earlier ones of the same key type have its "
			    "names; remove it");
	}
	choice_set_up(keys);
	if (!any_is_good_for(keys, conf->hostname))
		warn(&loading, items->items[0],
		    "no certificate is valid for the gate's hostname, so "
		    "servers that verify it will not deliver; correct "
		    "hostname, or get a certificate for it");
	if (has_tickets)
		rehearse(keys);
	*keys_out = keys;
	keys = NULL;
out:
	keys_free(keys);
	return error;
}

void
keys_free(struct tls_keys *keys)
{
	size_t i;

	if (keys == NULL)
		return;
	for (i = 0; i < keys->n; i++)
		SSL_CTX_free(keys->certificates[i].context);
	free(keys->certificates);
	BIO_meth_free(keys->socket);
	free(keys);
}
