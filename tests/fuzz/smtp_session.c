/* SPDX-License-Identifier: ISC */
/*
 * A whole session of the gate, between a client and a backend that send
 * anything.
 *
 * The first three bytes choose a configuration (enum choice, enum mta_offer).
 * The client's bytes follow, up to a byte ff; at a byte fe the client waits for
 * an answer.  The rest are the backend's pieces (lib/mta.h).
 *
 * For all inputs: the session ends, and leaves no descriptor open; it
 * allocates no memory except for its log; mta.h accepts all bytes to the
 * backend, smtp_client.h all answers to the client, and no more messages are
 * counted than the backend accepted.
 */
#include "common/report.h"
#include "smtpgate/session/dispatch.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/lib/mta.h"
#include "tests/fuzz/lib/smtp_client.h"
#include "tests/fuzz/lib/wire.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHOICE_BYTES 3
#define INPUT_MAX_BYTES ((size_t)32 * 1024)
#define PAUSE 0xfe

/* To write a line of the log. */
#define BLOCKS_MAX 4

enum choice { /* of the first byte; its lowest two are enum conf_identity */
	CHOICE_REJECT_BARE = 1 << 2,
	CHOICE_NETWORK = 1 << 3, /* the client may relay */
	CHOICE_BALANCER = 1 << 4,
	CHOICE_STALLS = 1 << 5,  /* the client, at its end, does not close */
	CHOICE_SLOW = 1 << 6,    /* the backend */
	CHOICE_UNKNOWN = 1 << 7, /* the client */
};

enum choice_third {
	CHOICE_RELAY = 1 << 0,      /* backend_relay; 2 bits for its identity */
	CHOICE_SUBMISSION = 1 << 3, /* a right is required */
	CHOICE_BROKEN = 1 << 4,     /* the client reads no more after a while */
};

/* A function of the sanitizer; gcc has no header for it. */
int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *, size_t),
    void (*on_free)(const volatile void *));

static char domain[] = "example.org";
static char *domains[] = {domain};
static struct cidr networks[2];
static struct conf conf;
static struct session session;
static _Thread_local bool is_running; /* libFuzzer has threads, too */
static int n_blocks, n_blocks_max;    /* of memory, for the session */

static struct {
	struct wire wire;
	const uint8_t *at, *end;
	bool stalls, breaks;
	size_t said_len, heard_len;
	char said[INPUT_MAX_BYTES];
	char heard[(size_t)4 << 20];
} client;

static void
on_malloc(const volatile void *p, size_t n)
{
	(void)p;
	(void)n;
	/* No check here: abort() allocates memory. */
	if (is_running && ++n_blocks > n_blocks_max)
		n_blocks_max = n_blocks;
}

static void
on_free(const volatile void *p)
{
	n_blocks -= is_running && p != NULL;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* There is no log daemon. */
	report_to("/nonexistent/log");
	report_init("fuzz", REPORT_TO_SYSLOG);
	if (__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) == 0)
		abort();
	tzset(); /* log lines keep some memory */
	if (conf_defaults(&conf) != 0 ||
	    cidr_parse("198.51.100.0/24", &networks[0]) != 0 ||
	    cidr_parse("203.0.113.0/24", &networks[1]) != 0)
		abort();
	return 0;
}

/* ---- the client --------------------------------------------------------- */

static void
on_heard(struct wire *wire, const char *bytes, size_t n)
{
	if (n > sizeof(client.heard) - client.heard_len)
		abort();
	memcpy(client.heard + client.heard_len, bytes, n);
	client.heard_len += n;
	wire->is_broken = client.breaks && client.heard_len > 1000;
}

/* Send the bytes up to the next pause. */
static bool
on_idle(struct wire *wire)
{
	const uint8_t *pause;
	size_t n;

	if (client.at == client.end) {
		if (client.stalls)
			return false;
		wire_end(wire);
		return true;
	}
	pause = memchr(client.at, PAUSE, (size_t)(client.end - client.at));
	if (pause == NULL)
		pause = client.end;
	n = (size_t)(pause - client.at);
	wire_say(wire, (const char *)client.at, n);
	memcpy(client.said + client.said_len, client.at, n);
	client.said_len += n;
	client.at = pause < client.end ? pause + 1 : pause;
	return true;
}

/* Without the PROXY header, which is there if the session went on. */
static size_t
header_len(void)
{
	const unsigned char *said = (const unsigned char *)client.said;
	const char *end;
	size_t len;

	if (client.said_len >= 16 && said[0] == '\r') {
		len = 16 + ((size_t)said[14] << 8 | said[15]);
		return len < client.said_len ? len : client.said_len;
	}
	end = memmem(client.said, client.said_len, "\n", 1);
	return end != NULL ? (size_t)(end + 1 - client.said) : client.said_len;
}

/* ---- the session -------------------------------------------------------- */

static void
configure(struct gate *gate, unsigned first, unsigned third)
{
	struct conf_smtpgate *smtpgate = &gate->conf.smtpgate;
	struct sockaddr_in *in = (struct sockaddr_in *)&smtpgate->backend.addr;

	gate->conf = conf;
	smtpgate->backend.is_set = true;
	smtpgate->backend.addr_len = sizeof(*in);
	in->sin_family = AF_INET;
	smtpgate->backend_identity = (enum conf_identity)((first & 3) % 3);
	if ((third & CHOICE_RELAY) != 0) {
		smtpgate->backend_relay = smtpgate->backend;
		((struct sockaddr_in *)&smtpgate->backend_relay.addr)
		    ->sin_port = 1;
		smtpgate->backend_relay_identity =
		    (enum conf_identity)((third / 2 & 3) % 3);
	}
	smtpgate->local_domains.items = domains;
	smtpgate->local_domains.n = 1;
	smtpgate->bare_newline = (first & CHOICE_REJECT_BARE) != 0
				     ? CONF_BARE_NEWLINE_REJECT
				     : CONF_BARE_NEWLINE_NORMALIZE;
	smtpgate->max_errors = 1000;
	gate->service = &gate->conf.services[(third & CHOICE_SUBMISSION) != 0
						 ? CONF_SERVICE_SUBMISSION
						 : CONF_SERVICE_SMTP];
	gate->conf.services[CONF_SERVICE_SUBMISSION].tls = CONF_TLS_NONE;
	site_init(&gate->site, &gate->conf, NULL, NULL);
	gate->stop_fd = -1;
	strcpy(gate->hostname, "gate.example.org");
	gate->client.is_known = (first & CHOICE_UNKNOWN) == 0;
	addr_parse("198.51.100.7", &gate->client.addr);
	strcpy(gate->client.text,
	    gate->client.is_known ? "198.51.100.7" : "unknown");
	addr_parse("192.0.2.25", &gate->client.local);
	smtpgate->relay_networks.items = networks;
	smtpgate->relay_networks.n = (first & CHOICE_NETWORK) != 0 ? 2 : 0;
	smtpgate->proxy_from.items = networks;
	smtpgate->proxy_from.n = (first & CHOICE_BALANCER) != 0 ? 1 : 0;
}

static void
begin_client(
    const uint8_t *said, const uint8_t *end, unsigned first, unsigned third)
{
	client.wire.heard = on_heard;
	client.wire.idle = on_idle;
	client.at = said;
	client.end = end;
	client.stalls = (first & CHOICE_STALLS) != 0;
	client.breaks = (third & CHOICE_BROKEN) != 0;
	client.said_len = client.heard_len = 0;
}

static void
run(struct gate *gate, size_t piece_bytes)
{
	int fd;

	wire_reset(mta_dialled, piece_bytes);
	fd = wire_open(&client.wire);
	is_running = true;
	session_run(&session, gate, fd, fd);
	is_running = false;
	if (wire_count() != 1 || n_blocks != 0 || n_blocks_max > BLOCKS_MAX)
		abort();
}

static void
check(size_t proxy_len)
{
	struct mta_record record = mta_record();

	if (session.totals.messages > record.n_messages)
		abort();
	smtp_client_check(client.said + proxy_len, client.said_len - proxy_len,
	    client.heard, client.heard_len, &record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t piece_bytes[] = {0, 1, 7, 100};
	struct gate gate = {0};
	struct mta_script script = {.gate = &gate};
	const uint8_t *said = data + CHOICE_BYTES, *divider;

	if (size < CHOICE_BYTES || size > INPUT_MAX_BYTES)
		return 0;
	divider = memchr(said, MTA_DIVIDER, size - CHOICE_BYTES);
	if (divider == NULL)
		divider = data + size;
	script.pieces = divider < data + size ? divider + 1 : divider;
	script.len = (size_t)(data + size - script.pieces);
	script.offers = data[1] & 63;
	script.is_slow = (data[0] & CHOICE_SLOW) != 0;
	configure(&gate, data[0], data[2]);
	mta_reset(&script);
	begin_client(said, divider, data[0], data[2]);
	run(&gate, piece_bytes[data[1] / 64]);
	if (!client.breaks)
		check(gate.conf.smtpgate.proxy_from.n > 0 && data[0] < 128
			  ? header_len()
			  : 0);
	return 0;
}
