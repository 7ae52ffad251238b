/* SPDX-License-Identifier: ISC */
/* stream and smtpgate-tls: a real OpenSSL client at the other end. */
#include "common/clock.h"
#include "smtpgate-tls/openssl.h"
#include "smtpgate/wire/proxy.h"
#include "smtpgate/wire/stream.h"
#include "tests/unit/tls_fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONG 10000

static int fds[2]; /* [0]: the gate's, [1]: the client's */
static struct stream stream;
static void
set_up(void)
{
	certificates_begin();
	make_pem("mail.example.org", 90);
	make_pem("other.example.net", 90);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	cr_assert_eq(stream_init(&stream, fds[0], fds[0]), 0);
}

static void
tear_down(void)
{
	stream_stop_tls(&stream);
	close(fds[0]);
	close(fds[1]);
	certificates_end();
}

TestSuite(smtpgate_tls, .init = set_up, .fini = tear_down, .timeout = 30);

/* ---- the client --------------------------------------------------------- */

struct visitor {
	pthread_t thread;
	const char *sni;
	int max_version;  /* 0: whatever OpenSSL has */
	size_t n_to_send; /* 'x' so many times, behind the handshake */
	bool is_connected;
	char name[100]; /* of the certificate it was shown */
	size_t n_received;
	sem_t *may_send; /* waited for before it sends; NULL: not */
};

static void
exchange(struct visitor *client, SSL *ssl)
{
	char buf[1000];
	size_t n, sent = 0;

	memset(buf, 'x', sizeof(buf));
	while (sent < client->n_to_send) {
		n = client->n_to_send - sent;
		if (SSL_write_ex(ssl, buf, n < 1000 ? n : 1000, &n) != 1)
			return;
		sent += n;
	}
	while (SSL_read_ex(ssl, buf, sizeof(buf), &n) == 1)
		client->n_received += n;
}

static void *
client_run(void *arg)
{
	struct visitor *client = arg;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	/* The gate's minimum is what is to refuse. */
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, client->max_version);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fds[1]);
	if (client->sni != NULL) {
		char sni[64]; /* OpenSSL's macro casts const away */

		snprintf(sni, sizeof(sni), "%s", client->sni);
		SSL_set_tlsext_host_name(ssl, sni);
	}
	client->is_connected = SSL_connect(ssl) == 1;
	if (client->is_connected) {
		X509 *shown = SSL_get1_peer_certificate(ssl);
		GENERAL_NAMES *names =
		    X509_get_ext_d2i(shown, NID_subject_alt_name, NULL, NULL);

		snprintf(client->name, sizeof(client->name), "%s",
		    (const char *)ASN1_STRING_get0_data(
			sk_GENERAL_NAME_value(names, 0)->d.dNSName));
		GENERAL_NAMES_free(names);
		X509_free(shown);
		if (client->may_send != NULL)
			sem_wait(client->may_send);
		exchange(client, ssl);
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return NULL;
}

static void
client_start(struct visitor *client)
{
	cr_assert_eq(
	    pthread_create(&client->thread, NULL, client_run, client), 0);
}

static int
start_tls(void)
{
	return stream_start_tls(&stream, &popauth_tls_library, keys, 0,
	    clock_mono_ms() + LONG, why);
}

/* A handshake, and its end. */
static int
meet(struct visitor *client)
{
	int result;

	client_start(client);
	result = start_tls();
	stream_stop_tls(&stream);
	shutdown(fds[0], SHUT_RDWR);
	pthread_join(client->thread, NULL);
	return result;
}

/* ---- connections -------------------------------------------------------- */

Test(smtpgate_tls, bytes_go_both_ways)
{
	struct visitor client = {.n_to_send = 300000};
	static char bytes[200000];
	struct tls_facts facts;
	size_t n = 0;

	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	client_start(&client);
	cr_assert_eq(start_tls(), STREAM_DONE, "%s", why);
	popauth_tls_library.describe(stream.tls, &facts);
	cr_expect_str_eq(facts.version, "TLSv1.3");
	cr_expect(strlen(facts.cipher) > 0);
	while (n < client.n_to_send) {
		cr_assert_eq(stream_fill(&stream, clock_mono_ms() + LONG, -1),
		    STREAM_DONE);
		for (; stream.begin < stream.end; stream.begin++, n++)
			cr_assert_eq(stream.buf[stream.begin], 'x');
	}
	cr_expect_eq(
	    stream_write(&stream, bytes, sizeof(bytes), clock_mono_ms() + LONG),
	    STREAM_DONE);
	stream_stop_tls(&stream);
	shutdown(fds[0], SHUT_RDWR);
	pthread_join(client.thread, NULL);
	cr_expect_eq(n, client.n_to_send);
	cr_expect_eq(client.n_received, sizeof(bytes));
	cr_expect_str_empty(warnings);
}

Test(smtpgate_tls, what_was_discarded_is_no_handshake)
{
	struct visitor client = {.n_to_send = 5};

	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	cr_assert_eq(write(fds[1], "RSET\r\n", 6), 6);
	cr_assert_eq(
	    stream_fill(&stream, clock_mono_ms() + LONG, -1), STREAM_DONE);
	stream_discard_input(&stream);
	client_start(&client);
	cr_assert_eq(start_tls(), STREAM_DONE, "%s", why);
	cr_assert_eq(
	    stream_fill(&stream, clock_mono_ms() + LONG, -1), STREAM_DONE);
	cr_expect_eq(stream.buf[stream.begin], 'x');
	stream_stop_tls(&stream);
	shutdown(fds[0], SHUT_RDWR);
	pthread_join(client.thread, NULL);
}

/* ---- behind a PROXY header ----------------------------------------------- */

#define V2_HEADER                                                              \
	"\r\n\r\n\0\r\nQUIT\n"                                                 \
	"\x21\x11\0\x13\xcb\0\x71\x09\xc0\0\x02\x19\x9c\x40\x01\xd1"
#define V2_TLV "\x04\0\x04pads"

/* A client of one handshake, whose first flight the test sends. */
struct first_flight {
	SSL_CTX *ctx;
	SSL *ssl;
	char bytes[4096]; /* the header, and the ClientHello */
	size_t n;
};

static void
first_flight_make(struct first_flight *flight, const char *header, size_t len)
{
	BIO *out = BIO_new(BIO_s_mem()), *in = BIO_new(BIO_s_mem());

	BIO_set_mem_eof_return(in, -1);
	flight->ctx = SSL_CTX_new(TLS_client_method());
	flight->ssl = SSL_new(flight->ctx);
	SSL_set_bio(flight->ssl, in, out);
	cr_assert_eq(SSL_connect(flight->ssl), -1);
	memcpy(flight->bytes, header, len);
	flight->n = len + (size_t)BIO_read(out, flight->bytes + len,
			      (int)(sizeof(flight->bytes) - len));
	SSL_set_fd(flight->ssl, fds[1]);
}

static void *
first_flight_end(void *arg)
{
	struct first_flight *flight = arg;
	static char connected;
	void *result = SSL_connect(flight->ssl) == 1 ? &connected : NULL;

	SSL_free(flight->ssl);
	SSL_CTX_free(flight->ctx);
	return result;
}

/*
 * Send the header and the hello; the gate reads the header when the first
 * n_first bytes are there.  Returns whether the handshake succeeded.
 */
static bool
flight_arrives(const char *header, size_t header_len, size_t n_first)
{
	struct client peer = {.is_known = true};
	struct first_flight flight;
	pthread_t thread;
	void *connected;
	int result;

	first_flight_make(&flight, header, header_len);
	cr_assert_eq(write(fds[1], flight.bytes, n_first), (ssize_t)n_first);
	cr_assert_eq(stream_fill(&stream, clock_mono_ms() + LONG, -1), 0);
	if (n_first < header_len)
		n_first += (size_t)write(
		    fds[1], flight.bytes + n_first, flight.n - n_first);
	cr_assert_eq(proxy_receive(&stream, clock_mono_ms() + LONG, &peer), 0);
	cr_assert_str_eq(peer.text, "203.0.113.9");
	if (n_first < flight.n)
		cr_assert_gt(
		    write(fds[1], flight.bytes + n_first, flight.n - n_first),
		    0);
	pthread_create(&thread, NULL, first_flight_end, &flight);
	result = start_tls();
	pthread_join(thread, &connected);
	stream_stop_tls(&stream);
	return result == STREAM_DONE && connected != NULL;
}

static void
set_up_again(void)
{
	close(fds[0]);
	close(fds[1]);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	cr_assert_eq(stream_init(&stream, fds[0], fds[0]), 0);
}

Test(smtpgate_tls, the_hello_behind_a_proxy_header_may_be_cut_anywhere)
{
	static const struct {
		const char *bytes;
		size_t n;
	} headers[] = {
	    {"PROXY TCP4 203.0.113.9 192.0.2.25 40000 465\r\n", 45},
	    {V2_HEADER V2_TLV, 16 + 12 + 7},
	};
	size_t i, n_first, n_hello = 6; /* a record's head, and one byte more */

	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	for (i = 0; i < 2; i++)
		for (n_first = 1; n_first <= headers[i].n + n_hello;
		     n_first++) {
			cr_expect(flight_arrives(
				      headers[i].bytes, headers[i].n, n_first),
			    "header %zu, first %zu bytes", i, n_first);
			set_up_again();
		}
}

Test(smtpgate_tls, bytes_that_are_no_tls_end_the_handshake)
{
	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	cr_assert_eq(write(fds[1], "EHLO there\r\n", 12), 12);
	cr_expect_eq(start_tls(), -EPROTO);
	cr_expect_str_not_empty(why);
	cr_expect_null(stream.tls);
}

Test(smtpgate_tls, a_client_that_goes_is_an_end)
{
	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	shutdown(fds[1], SHUT_RDWR);
	cr_expect_eq(start_tls(), STREAM_EOF);
}

Test(smtpgate_tls, a_client_that_says_nothing_is_not_waited_for_longer)
{
	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	cr_expect_eq(stream_start_tls(&stream, &popauth_tls_library, keys, 0,
			 clock_mono_ms(), why),
	    -ETIMEDOUT);
}

/* So many bytes are in the socket, and nobody has read them. */
static void
wait_for_bytes(int n_wanted)
{
	int n = 0;

	while (n < n_wanted)
		cr_assert_eq(ioctl(fds[0], FIONREAD, &n), 0);
}

Test(smtpgate_tls, input_is_seen_when_it_waits_inside_of_tls)
{
	sem_t may_send;
	struct visitor client = {.n_to_send = 5000, .may_send = &may_send};
	struct stream *s = &stream;
	struct pollfd socket = {.fd = fds[0], .events = POLLIN};

	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	cr_assert_eq(sem_init(&may_send, 0, 0), 0);
	client_start(&client);
	cr_assert_eq(start_tls(), STREAM_DONE, "%s", why);
	/* Or the handshake would read some of it along. */
	sem_post(&may_send);
	wait_for_bytes(5000);
	cr_assert_eq(stream_fill(s, clock_mono_ms() + LONG, -1), STREAM_DONE);
	/* the first record is here, OpenSSL has the others */
	cr_assert_eq(s->end, 1000);
	cr_assert_eq(poll(&socket, 1, 0), 0);
	s->begin = s->end;
	cr_expect(stream_has_input(s));
	cr_expect(stream_try_fill(s));
	stream_stop_tls(s);
	shutdown(fds[0], SHUT_RDWR);
	pthread_join(client.thread, NULL);
}

Test(smtpgate_tls, no_input_is_seen_when_none_waits)
{
	struct visitor client = {.n_to_send = 5};
	struct stream *s = &stream;

	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	client_start(&client);
	cr_assert_eq(start_tls(), STREAM_DONE, "%s", why);
	cr_assert_eq(stream_fill(s, clock_mono_ms() + LONG, -1), STREAM_DONE);
	s->begin = s->end;
	cr_expect_not(stream_has_input(s));
	cr_expect_not(stream_try_fill(s));
	stream_stop_tls(s);
	shutdown(fds[0], SHUT_RDWR);
	pthread_join(client.thread, NULL);
}

Test(smtpgate_tls, versions_before_the_minimum_are_refused)
{
	struct visitor old = {.max_version = TLS1_1_VERSION};

	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	cr_expect_eq(meet(&old), -EPROTO);
	cr_expect_not(old.is_connected);
}

Test(smtpgate_tls, the_minimum_can_be_raised)
{
	struct visitor old = {.max_version = TLS1_2_VERSION};

	conf.smtpgate.tls_min_version = CONF_TLS_1_3;
	cr_assert_eq(load("mail.example.org.pem", NULL), 0, "%s", why);
	cr_expect_eq(meet(&old), -EPROTO);
}

/* ---- certificates ------------------------------------------------------- */

Test(smtpgate_tls, the_name_that_is_asked_for_chooses_the_certificate)
{
	struct visitor client = {.sni = "other.example.net"};

	cr_assert_eq(load("mail.example.org.pem", "other.example.net.pem"), 0,
	    "%s", why);
	cr_assert_eq(meet(&client), STREAM_DONE, "%s", why);
	cr_expect_str_eq(client.name, "other.example.net");
}

Test(smtpgate_tls, an_unknown_name_gets_the_first_certificate)
{
	struct visitor client = {.sni = "elsewhere.example.com"};

	cr_assert_eq(load("mail.example.org.pem", "other.example.net.pem"), 0,
	    "%s", why);
	cr_assert_eq(meet(&client), STREAM_DONE, "%s", why);
	cr_expect_str_eq(client.name, "mail.example.org");
}

Test(smtpgate_tls, no_name_gets_the_first_certificate)
{
	struct visitor client = {.sni = NULL};

	cr_assert_eq(load("mail.example.org.pem", "other.example.net.pem"), 0,
	    "%s", why);
	cr_assert_eq(meet(&client), STREAM_DONE, "%s", why);
	cr_expect_str_eq(client.name, "mail.example.org");
}

Test(smtpgate_tls, a_file_that_is_missing_is_named)
{
	cr_expect_eq(load("absent.pem", NULL), -EINVAL);
	cr_expect_not_null(
	    strstr(
		why, "/absent.pem: no certificate can be read: No such file"),
	    "%s", why);
}

Test(smtpgate_tls, a_key_that_does_not_fit_is_named)
{
	char item[400];

	snprintf(item, sizeof(item), "mail.example.org.pem:%s/%s", dir,
	    "other.example.net.pem");
	cr_expect_eq(load(item, NULL), -EINVAL);
	cr_expect_not_null(strstr(why, "other.example.net.pem: "), "%s", why);
}

Test(smtpgate_tls, a_certificate_that_has_ended_is_a_warning)
{
	make_pem("mail.example.org", -1);
	cr_expect_eq(load("mail.example.org.pem", NULL), 0);
	cr_expect_not_null(strstr(warnings, "has expired"), "%s", warnings);
}

Test(smtpgate_tls, a_certificate_that_ends_soon_is_a_warning)
{
	make_pem("mail.example.org", 3);
	cr_expect_eq(load("mail.example.org.pem", NULL), 0);
	cr_expect_not_null(strstr(warnings, "within a week"), "%s", warnings);
}

Test(smtpgate_tls, a_key_that_everybody_reads_is_a_warning)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/mail.example.org.pem", dir);
	cr_assert_eq(chmod(path, 0644), 0);
	cr_expect_eq(load("mail.example.org.pem", NULL), 0);
	cr_expect_not_null(
	    strstr(warnings, "can read the key"), "%s", warnings);
}

Test(smtpgate_tls, a_certificate_for_another_host_is_a_warning)
{
	cr_expect_eq(load("other.example.net.pem", NULL), 0);
	cr_expect_not_null(
	    strstr(warnings, "the gate's hostname"), "%s", warnings);
}
