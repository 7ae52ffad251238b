/* SPDX-License-Identifier: ISC */
/*
 * Certificates in a directory of their own, and the keys that are loaded from
 * them.
 *
 * certificates_begin() first, certificates_end() last; load() in between, once.
 */
#ifndef POPAUTH_TESTS_TLS_FIXTURE_H
#define POPAUTH_TESTS_TLS_FIXTURE_H

#include "smtpgate-tls/openssl.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY 86400L

extern const struct tls_library popauth_tls_library;

static char dir[32];
static struct conf conf;
static struct tls_keys *keys;
static char why[TLS_WHY_BYTES];
static char warnings[2000];

static inline void
certificates_begin(void)
{
	static char name[] = "mail.example.org";

	conf.smtpgate.hostname = name;
	strcpy(dir, "/tmp/popauth-tls.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
}

static inline void
certificates_end(void)
{
	char command[100];

	popauth_tls_library.keys_free(keys);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	cr_assert_eq(system(command), 0);
}

static inline void
add_common_name(X509 *x, const char *name)
{
	X509_NAME *subject = X509_NAME_new();

	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_subject_name(x, subject);
	X509_NAME_free(subject);
}

/* names: as of subjectAltName, "DNS:a, DNS:b"; or a common name only. */
static inline X509 *
certificate_for(const char *names, EVP_PKEY *key, long days)
{
	X509 *x = X509_new();
	X509_EXTENSION *extension;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -10 * DAY);
	X509_gmtime_adj(X509_getm_notAfter(x), days * DAY);
	X509_set_pubkey(x, key);
	if (strncmp(names, "DNS:", 4) == 0) {
		extension = X509V3_EXT_conf_nid(
		    NULL, NULL, NID_subject_alt_name, names);
		X509_add_ext(x, extension, -1);
		X509_EXTENSION_free(extension);
	} else {
		add_common_name(x, names);
	}
	cr_assert_gt(X509_sign(x, key, EVP_sha256()), 0);
	return x;
}

/* Write dir/FILE with the key, which is released, and a certificate. */
static inline void
write_pem(const char *name, EVP_PKEY *key, const char *names, long days)
{
	X509 *certificate = certificate_for(names, key, days);
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	cr_assert_eq(fchmod(fileno(file), 0600), 0);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	PEM_write_X509(file, certificate);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* Write dir/NAME.pem for that name.  days: until it ends. */
static inline void
make_pem(const char *name, long days)
{
	char file[100], names[100];

	snprintf(file, sizeof(file), "%s.pem", name);
	snprintf(names, sizeof(names), "DNS:%s", name);
	write_pem(file, EVP_EC_gen("P-256"), names, days);
}

static inline void
note_warning(const char *sentence, void *arg)
{
	(void)arg;
	snprintf(warnings + strlen(warnings),
	    sizeof(warnings) - strlen(warnings), "%s\n", sentence);
}

/* Files in dir, as tls_certificates has them; second may be NULL. */
static inline int
load_with(const char *first, const char *second, bool has_tickets)
{
	static char texts[2][500];
	static char *items[2] = {texts[0], texts[1]};

	snprintf(texts[0], sizeof(texts[0]), "%s/%s", dir, first);
	snprintf(texts[1], sizeof(texts[1]), "%s/%s", dir,
	    second != NULL ? second : "");
	conf.smtpgate.tls_certificates.items = items;
	conf.smtpgate.tls_certificates.n = second != NULL ? 2 : 1;
	warnings[0] = '\0';
	return popauth_tls_library.keys_load(
	    &conf.smtpgate, has_tickets, note_warning, NULL, &keys, why);
}

static inline int
load(const char *first, const char *second)
{
	return load_with(first, second, false);
}

#endif
