/* SPDX-License-Identifier: ISC */
/* choice: which certificate, session and protocol a client gets. */
#include "tests/unit/tls_fixture.h"

#include <fcntl.h>

static int fds[2]; /* [0]: the gate's, [1]: the client's */

#define BOTH "DNS:mail.example.org, DNS:smtp.example.org"

static void
set_up(void)
{
	certificates_begin();
	write_pem("ec.pem", EVP_EC_gen("P-256"), "DNS:mail.example.org", 90);
	write_pem("rsa.pem", EVP_RSA_gen(2048), "DNS:mail.example.org", 90);
	write_pem("ec-two.pem", EVP_EC_gen("P-256"), BOTH, 90);
	write_pem("rsa-else.pem", EVP_RSA_gen(2048), "DNS:else.example", 90);
	write_pem("ec-cn.pem", EVP_EC_gen("P-256"), "mail.example.org", 90);
	write_pem("rsa-cn.pem", EVP_RSA_gen(2048), "mail.example.org", 90);
}

TestSuite(smtpgate_tls_choice, .init = set_up, .fini = certificates_end,
    .timeout = 30);

/* ---- a client ----------------------------------------------------------- */

struct visit {
	const char *sni;     /* NULL: none */
	const char *ciphers; /* of TLS 1.2; NULL: any */
	char sigalgs[24];    /* "": any */
	int max_version;     /* 0: any */
	const char *alpn;    /* with lengths; NULL: none */
	unsigned char service;
	SSL_SESSION *session; /* to resume, or NULL; the new one afterwards */
	/* afterwards */
	bool is_connected, is_resumed, has_smtp;
	int key_type;
};

static SSL *
visitor_new(SSL_CTX *ctx, const struct visit *visit)
{
	char name[64];
	char sigalgs[sizeof(visit->sigalgs)];
	SSL *ssl;

	memcpy(sigalgs, visit->sigalgs, sizeof(sigalgs));
	SSL_CTX_set_max_proto_version(ctx, visit->max_version);
	if (visit->ciphers != NULL)
		cr_assert_eq(SSL_CTX_set_cipher_list(ctx, visit->ciphers), 1);
	if (visit->sigalgs[0] != '\0')
		cr_assert_eq(
		    SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SIGALGS_LIST, 0, sigalgs),
		    1);
	if (visit->alpn != NULL)
		SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)visit->alpn,
		    (unsigned)strlen(visit->alpn));
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fds[1]);
	SSL_set_connect_state(ssl);
	if (visit->session != NULL)
		SSL_set_session(ssl, visit->session);
	if (visit->sni != NULL) {
		snprintf(name, sizeof(name), "%s", visit->sni);
		SSL_set_tlsext_host_name(ssl, name);
	}
	return ssl;
}

static void
note_result(struct visit *visit, SSL *ssl)
{
	const unsigned char *protocol;
	unsigned len;
	char byte;
	X509 *shown = SSL_get1_peer_certificate(ssl);

	visit->is_connected = true;
	visit->is_resumed = SSL_session_reused(ssl) == 1;
	visit->key_type = EVP_PKEY_get_base_id(X509_get0_pubkey(shown));
	X509_free(shown);
	SSL_get0_alpn_selected(ssl, &protocol, &len);
	visit->has_smtp = len == 4 && memcmp(protocol, "smtp", 4) == 0;
	/* A ticket of TLS 1.3 comes after the handshake. */
	(void)SSL_read(ssl, &byte, 1);
	SSL_SESSION_free(visit->session);
	visit->session = SSL_get1_session(ssl);
}

/* Both sides in turn, until none can go on. */
static void
visit(struct visit *visit)
{
	struct tls_start start = {.service = visit->service};
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int i, gate_result = -1, visitor_result = -1;
	struct tls *tls;
	SSL *ssl;

	cr_assert_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	start.fd = fds[0];
	tls = popauth_tls_library.begin(keys, &start);
	ssl = visitor_new(ctx, visit);
	for (i = 0; i < 10; i++) {
		if (visitor_result != 1)
			visitor_result = SSL_do_handshake(ssl);
		if (gate_result != TLS_DONE)
			gate_result = popauth_tls_library.handshake(tls);
	}
	visit->is_connected = false;
	if (visitor_result == 1 && gate_result == TLS_DONE)
		note_result(visit, ssl);
	else
		snprintf(
		    why, sizeof(why), "%s", popauth_tls_library.error(tls));
	popauth_tls_library.end(tls);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fds[0]);
	close(fds[1]);
}

/* ---- key types ---------------------------------------------------------- */

/* What old and new clients know.  Source: cases of public bug reports. */
static const struct knows {
	struct visit visit;
	int key_type;
} known[] = {
    {{.max_version = TLS1_2_VERSION, .ciphers = "ECDHE+aRSA"}, EVP_PKEY_RSA},
    {{.max_version = TLS1_2_VERSION, .ciphers = "AES128-SHA"}, EVP_PKEY_RSA},
    {{.max_version = TLS1_2_VERSION, .ciphers = "DHE+aRSA"}, EVP_PKEY_RSA},
    {{.max_version = TLS1_2_VERSION, .ciphers = "ECDHE+aECDSA"}, EVP_PKEY_EC},
    {{.sigalgs = "rsa_pss_rsae_sha256"}, EVP_PKEY_RSA},
    {{.sigalgs = "ECDSA+SHA256"}, EVP_PKEY_EC},
};

#define N_KNOWN (sizeof(known) / sizeof(known[0]))

static void
expect_all_served(const char *sni)
{
	size_t i;

	for (i = 0; i < N_KNOWN; i++) {
		struct visit one = known[i].visit;

		one.sni = sni;
		visit(&one);
		cr_expect(one.is_connected, "client %zu, %s: %s", i,
		    sni != NULL ? sni : "-", why);
		cr_expect_eq(one.key_type, known[i].key_type, "client %zu", i);
		SSL_SESSION_free(one.session);
	}
}

Test(smtpgate_tls_choice, two_key_types_of_one_name_serve_old_and_new_clients)
{
	cr_assert_eq(load("ec.pem", "rsa.pem"), 0, "%s", why);
	expect_all_served(NULL);
	expect_all_served("mail.example.org");
	expect_all_served("unknown.example");
	cr_expect_str_empty(warnings);
}

Test(smtpgate_tls_choice, their_order_does_not_matter)
{
	cr_assert_eq(load("rsa.pem", "ec.pem"), 0, "%s", why);
	expect_all_served(NULL);
	expect_all_served("mail.example.org");
}

Test(smtpgate_tls_choice, one_may_have_more_names_than_the_other)
{
	cr_assert_eq(load("ec-two.pem", "rsa.pem"), 0, "%s", why);
	expect_all_served("mail.example.org");
}

Test(smtpgate_tls_choice, common_names_count_where_there_are_no_others)
{
	cr_assert_eq(load("ec-cn.pem", "rsa-cn.pem"), 0, "%s", why);
	expect_all_served(NULL);
	expect_all_served("mail.example.org");
}

Test(smtpgate_tls_choice, a_certificate_of_another_name_is_not_shown_instead)
{
	struct visit old = known[0].visit;

	cr_assert_eq(load("ec.pem", "rsa-else.pem"), 0, "%s", why);
	visit(&old);
	cr_expect_not(old.is_connected);
	old.sni = "else.example";
	visit(&old);
	cr_expect(old.is_connected);
	cr_expect_str_empty(warnings);
	SSL_SESSION_free(old.session);
}

Test(smtpgate_tls_choice, a_final_dot_of_the_name_is_ignored)
{
	struct visit one = {.sni = "else.example."};

	cr_assert_eq(load("ec.pem", "rsa-else.pem"), 0, "%s", why);
	visit(&one);
	cr_expect_eq(one.key_type, EVP_PKEY_RSA);
	SSL_SESSION_free(one.session);
}

Test(smtpgate_tls_choice, a_certificate_that_is_never_shown_is_a_warning)
{
	cr_assert_eq(load("ec-two.pem", "ec.pem"), 0, "%s", why);
	cr_expect_not_null(strstr(warnings, "/ec.pem: no client is ever shown"),
	    "%s", warnings);
}

Test(smtpgate_tls_choice, one_that_has_another_name_is_none)
{
	cr_assert_eq(load("ec.pem", "ec-two.pem"), 0, "%s", why);
	cr_expect_str_empty(warnings);
}

/* ---- sessions ----------------------------------------------------------- */

static void
expect_resumed(struct visit first, struct visit second, bool is_resumed)
{
	visit(&first);
	cr_assert(first.is_connected, "%s", why);
	cr_expect_not(first.is_resumed);
	second.session = first.session;
	visit(&second);
	cr_assert(second.is_connected, "%s", why);
	cr_expect_eq(second.is_resumed, is_resumed);
	SSL_SESSION_free(second.session);
}

Test(smtpgate_tls_choice, a_ticket_is_good_for_its_service_and_certificate)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	size_t i;

	cr_assert_eq(load_with("ec.pem", "rsa-else.pem", true), 0, "%s", why);
	for (i = 0; i < 2; i++) {
		const struct visit here = {.sni = "mail.example.org",
		    .service = 1,
		    .max_version = versions[i]};
		struct visit other_service = here, other_name = here;

		other_service.service = 2;
		other_name.sni = "else.example";
		expect_resumed(here, here, true);
		expect_resumed(here, other_service, false);
		expect_resumed(here, other_name, false);
		expect_resumed(other_name, other_name, true);
	}
}

/* ---- protocols ---------------------------------------------------------- */

Test(smtpgate_tls_choice, a_client_of_another_protocol_is_refused)
{
	static const char *const protocols[] = {
	    "\x08http/1.1", "\x02h2\x08http/1.1", "\x04imap", "\x05smtps"};
	size_t i;

	cr_assert_eq(load("ec.pem", "rsa-else.pem"), 0, "%s", why);
	for (i = 0; i < 4; i++) {
		struct visit one = {.alpn = protocols[i]};

		visit(&one);
		cr_expect_not(one.is_connected, "%zu", i);
		cr_expect_str_eq(why, "no application protocol");
		one.sni = "else.example";
		visit(&one);
		cr_expect_not(one.is_connected, "%zu", i);
	}
}

Test(smtpgate_tls_choice, smtp_among_others_is_chosen)
{
	static const char *const protocols[] = {
	    "\x04smtp", "\x02h2\x04smtp", "\x04smtp\x02h2"};
	size_t i;

	cr_assert_eq(load("ec.pem", NULL), 0, "%s", why);
	for (i = 0; i < 3; i++) {
		struct visit one = {.alpn = protocols[i]};

		visit(&one);
		cr_expect(one.is_connected, "%zu", i);
		cr_expect(one.has_smtp, "%zu", i);
		SSL_SESSION_free(one.session);
	}
}
