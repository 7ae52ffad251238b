/* SPDX-License-Identifier: ISC */
/*
 * A whole session of the gate, between a client and a backend that say
 * anything.
 *
 * The first byte chooses a configuration; a byte ff divides what the client
 * says from what the backend says, and further ones the backend's pieces from
 * each other.  The client's bytes are a file, which ends.  The backend sends
 * a piece when it is connected to, and one whenever it has been sent
 * something, or nothing for a while; a piece that begins with fe waits for the
 * end of a message.  When it has no more pieces it closes.
 *
 * Whatever they say: the session ends, the client is answered in whole lines
 * of SMTP, and there are no more accepted messages than pieces of the backend
 * with a 2.
 */
#include "common/report.h"
#include "smtpgate/session.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define DIVIDER 0xff
#define WAITER 0xfe
#define PATIENCE_MS 2

static char domain[] = "example.org";
static char *domains[] = {domain};
static struct conf_endpoint endpoint;
static int listener = -1;
static struct session session;

/* What the backend says, and how often it said a 2. */
struct script {
	const uint8_t *at, *end;
	size_t n_2xx;
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&endpoint.addr;

	(void)argc;
	(void)argv;
	/* The log goes to syslog(3), which passes nothing on. */
	report_init("fuzz", REPORT_TO_SYSLOG);
	(void)setlogmask(0x80);
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	endpoint.addr_len = sizeof(*in);
	endpoint.is_set = true;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&endpoint.addr,
		endpoint.addr_len) != 0 ||
	    listen(listener, 16) != 0 ||
	    getsockname(listener, (struct sockaddr *)&endpoint.addr,
		&endpoint.addr_len) != 0)
		abort();
	return 0;
}

/* ---- the backend -------------------------------------------------------- */

/* Read what has come.  Returns false at the end; in *ends whether it ends as a
 * message does. */
static bool
hear(int fd, bool *ends)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	char heard[4096];
	ssize_t n;

	if (poll(&pollfd, 1, PATIENCE_MS) <= 0) {
		*ends = true;
		return true;
	}
	n = read(fd, heard, sizeof(heard));
	*ends = n >= 3 && memcmp(heard + n - 3, ".\r\n", 3) == 0;
	return n > 0;
}

static void
play(int fd, struct script *script)
{
	const uint8_t *divider;
	bool ends = false;
	size_t n;

	while (script->at < script->end) {
		divider = memchr(
		    script->at, DIVIDER, (size_t)(script->end - script->at));
		if (divider == NULL)
			divider = script->end;
		if (script->at < divider && *script->at == WAITER) {
			while (!ends)
				if (!hear(fd, &ends))
					return;
			script->at++;
		}
		n = (size_t)(divider - script->at);
		if (memchr(script->at, '2', n) != NULL)
			script->n_2xx++;
		if (send(fd, script->at, n, MSG_NOSIGNAL) < 0)
			return;
		script->at = divider < script->end ? divider + 1 : divider;
		if (!hear(fd, &ends))
			return;
	}
}

static void *
backend_main(void *arg)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		/* A datum without a word ends the thread (see below). */
		play(fd, arg);
		if (((struct script *)arg)->end == NULL) {
			close(fd);
			break;
		}
		close(fd);
	}
	return NULL;
}

/* ---- the session -------------------------------------------------------- */

static int
file_of(const uint8_t *bytes, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || (n > 0 && write(fd, bytes, n) != (ssize_t)n) ||
	    lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

static void
configure(struct gate *gate, unsigned choice)
{
	struct conf_smtpgate *conf = &gate->conf.smtpgate;

	if (conf_defaults(&gate->conf) != 0)
		abort();
	conf->backend = endpoint;
	conf->local_domains.items = domains;
	conf->local_domains.n = 1;
	conf->backend_identity = (enum conf_identity)(choice % 3);
	conf->bare_newline = (enum conf_bare_newline)(choice / 4 % 2);
	conf->command_timeout_s = conf->data_timeout_s = 1;
	conf->session_timeout_s = 5;
	conf->backend_timeout_s = conf->backend_connect_timeout_s = 1;
	conf->max_errors = 1000;
	gate->service = &gate->conf.services[CONF_SERVICE_SMTP];
	gate->domains.listed = &conf->local_domains;
	gate->domains.file = gate->sender_map = -1;
	strcpy(gate->hostname, "gate.example.org");
	gate->client.is_known = true;
	addr_parse("198.51.100.7", &gate->client.addr);
	strcpy(gate->client.text, "198.51.100.7");
	addr_parse("192.0.2.25", &gate->client.local);
	/* relay_networks: half of the clients may relay. */
	if (choice / 8 % 2 != 0) {
		conf->relay_networks.items = calloc(1, sizeof(struct cidr));
		conf->relay_networks.n = 1;
		cidr_parse("198.51.100.0/24", conf->relay_networks.items);
	}
	if (choice / 16 % 2 != 0) {
		conf->proxy_from.items = calloc(1, sizeof(struct cidr));
		conf->proxy_from.n = 1;
		cidr_parse("198.51.100.0/24", conf->proxy_from.items);
	}
}

/* Every line a code and printable text. */
static void
check_answers(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1), *line, *end;

	if (pread(fd, text, (size_t)size, 0) != size)
		abort();
	if (strlen(text) != (size_t)size)
		abort();
	for (line = text; *line != '\0'; line = end + 2) {
		end = strstr(line, "\r\n");
		if (end == NULL || end - line < 3 || end - line > 510)
			abort();
		if (line[0] < '2' || line[0] > '5' || line[1] < '0' ||
		    line[1] > '5' || line[2] < '0' || line[2] > '9')
			abort();
		for (; line < end; line++)
			if (*line < 0x20 || *line > 0x7e)
				abort();
	}
	free(text);
}

static void
end_backend(struct script *script, pthread_t thread)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	script->at = script->end = NULL;
	if (connect(fd, (struct sockaddr *)&endpoint.addr, endpoint.addr_len) !=
	    0)
		abort();
	pthread_join(thread, NULL);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate gate = {0};
	struct script script;
	const uint8_t *divider;
	pthread_t thread;
	int in, out;

	if (size == 0)
		return 0;
	divider = memchr(data + 1, DIVIDER, size - 1);
	if (divider == NULL)
		divider = data + size;
	script = (struct script){.at = divider, .end = data + size};
	if (script.at < script.end)
		script.at++;
	in = file_of(data + 1, (size_t)(divider - data - 1));
	out = file_of(NULL, 0);
	configure(&gate, data[0]);
	if (pthread_create(&thread, NULL, backend_main, &script) != 0)
		abort();

	memset(&session, 0, sizeof(session));
	session_run(&session, &gate, in, out);
	end_backend(&script, thread);
	if (session.totals.messages > script.n_2xx)
		abort();
	check_answers(out);

	close(in);
	close(out);
	gate.conf.smtpgate.local_domains.items = NULL;
	gate.conf.smtpgate.local_domains.n = 0;
	conf_free(&gate.conf);
	return 0;
}
