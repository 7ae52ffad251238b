/* SPDX-License-Identifier: ISC */
/*
 * A server that expects a PROXY header is silent before it, and there is no
 * client to name.  With such a server only the connection is tried.
 *
 * The probe speaks like a stranger to a backend that must refuse strangers: for
 * a client at an address for documentation (XCLIENT), or as the gate itself if
 * another backend relays.  The backend must refuse RCPT for a foreign domain,
 * and accept RCPT for each local domain, or that domain's mail would be lost.
 * A single backend without XCLIENT accepts all recipients from the gate, so
 * nothing can be learnt from it.  No message is sent.  A 4xx (greylisting, for
 * instance) means nothing, except 454, which Postfix sends for relaying.
 */
#include "smtpgate/check/probe.h"

#include "common/clock.h"
#include "common/privilege.h"
#include "config/conf_domain.h"
#include "config/conf_endpoint.h"
#include "decision/textfile.h"
#include "smtpgate/backend/backend.h"
#include "smtpgate/backend/identity.h"
#include "smtpgate/wire/dial.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An administrator waits at a terminal. */
#define PATIENCE_S 5

/* RFC 5737: no client has it; RFC 2606: never local. */
#define STRANGER "192.0.2.1"
#define FAR_DOMAIN "example.com"

/* An MTA may refuse more of them, or take them for an attack. */
#define RCPTS_MAX 50

static void
warn(FILE *err, const char *option, const struct conf_endpoint *endpoint,
    const char *what, const char *to_do)
{
	fprintf(err, "smtpgate: warning: %s ", option);
	conf_endpoint_format(endpoint, err);
	fprintf(err, ": %s; %s\n", what, to_do);
}

static const char *
cure_for(int error)
{
	switch (error) {
	case EACCES:
		return "give user " GATE_USER " access to it, for instance "
		       "by its group";
	case ECONNREFUSED:
	case ENOENT:
		return "check that the mail server runs and listens there";
	default:
		return "see the mail server's log";
	}
}

/* Connect, and no more.  Returns an errno, or 0. */
static int
knock(const struct conf_endpoint *endpoint, int type)
{
	int fd = dial(endpoint, type, clock_mono_ms() + PATIENCE_S * 1000);

	if (fd < 0)
		return -fd;
	close(fd);
	return 0;
}

struct probe {
	struct backend *backend;
	const char *option;
	const struct conf_endpoint *endpoint;
	FILE *err;
	unsigned n_rcpts;
};

static const struct backend_limits limits = {PATIENCE_S, PATIENCE_S};

/* Returns the code of the reply, or 0. */
static unsigned
ask(struct probe *probe, const char *command)
{
	if (backend_command(probe->backend, command, PATIENCE_S) !=
	    BACKEND_DONE)
		return 0;
	return probe->backend->response.code;
}

/* A mailbox that each domain has (RFC 5321, 4.5.1). */
static unsigned
ask_rcpt(struct probe *probe, const char *domain)
{
	char command[sizeof("RCPT TO:<postmaster@>") + CONF_DOMAIN_BYTES];

	snprintf(command, sizeof(command), "RCPT TO:<postmaster@%s>", domain);
	return ask(probe, command);
}

/* Returns non-zero to stop: the backend is closed, or too many RCPTs. */
static int
probe_domain(char *line, size_t number, void *arg)
{
	struct probe *probe = arg;
	char domain[CONF_DOMAIN_BYTES], what[CONF_DOMAIN_BYTES + 40];
	unsigned code;

	(void)number;
	if (probe->n_rcpts >= RCPTS_MAX)
		return 1;
	/* ".example.org" names no single domain; check.c reports what is no
	 * domain. */
	if (line[0] == '.' || !idn_is_ascii(line) ||
	    conf_domain_parse(line, true, domain) != NULL)
		return 0;
	probe->n_rcpts++;
	code = ask_rcpt(probe, domain);
	if (code / 100 != 5 && code != 454)
		return code == 0;
	snprintf(what, sizeof(what), "refuses postmaster@%s", domain);
	warn(probe->err, probe->option, probe->endpoint, what,
	    "make it a domain of the mail server, or remove it from "
	    "local_domains");
	return 0;
}

static enum backend_result
become_stranger(struct probe *probe)
{
	struct client client = {.is_known = true, .text = STRANGER};
	struct right right = {.kind = RIGHT_NONE};
	struct identity identity;

	if (addr_parse(STRANGER, &client.addr) != 0)
		return BACKEND_CLIENT_UNKNOWN;
	client.local = client.addr;
	identity_set(&identity, &client, "[" STRANGER "]", true, false, &right);
	return backend_xclient(probe->backend, &identity, &limits);
}

static void
probe_recipients(struct probe *probe, const struct gate *gate)
{
	const struct conf_strings *listed = gate->site.domains.listed;
	size_t i;

	if (ask(probe, "MAIL FROM:<>") / 100 != 2)
		return;
	if (ask_rcpt(probe, FAR_DOMAIN) / 100 == 2) {
		warn(probe->err, probe->option, probe->endpoint,
		    "relays for a stranger",
		    "configure it to refuse mail for foreign domains");
		return;
	}
	for (i = 0; i < listed->n && !conf_asks_backend(listed); i++)
		if (probe_domain(listed->items[i], 0, probe) != 0)
			return;
	/* check.c reports a file that cannot be read. */
	if (gate->site.domains.file >= 0)
		(void)textfile_each(
		    gate->site.domains.file, probe_domain, probe);
}

static void
probe_as_stranger(
    struct probe *probe, const struct gate *gate, enum conf_identity identity)
{
	enum backend_result result = BACKEND_DONE;

	if (identity == CONF_IDENTITY_PROXY ||
	    (identity == CONF_IDENTITY_NONE &&
		!gate->conf.smtpgate.backend_relay.is_set))
		return;
	if (identity == CONF_IDENTITY_XCLIENT)
		result = become_stranger(probe);
	if (result == BACKEND_DONE)
		probe_recipients(probe, gate);
	else if (result == BACKEND_XCLIENT_FAILED)
		warn(probe->err, probe->option, probe->endpoint,
		    "refuses XCLIENT", cure_for(0));
}

static void
probe_backend(const struct gate *gate, const char *option,
    const struct conf_endpoint *endpoint, enum conf_identity identity,
    FILE *err)
{
	static struct backend backend;
	struct probe probe = {.backend = &backend,
	    .option = option,
	    .endpoint = endpoint,
	    .err = err};
	enum backend_result result = BACKEND_DONE;

	backend_begin(&backend);
	if (identity == CONF_IDENTITY_PROXY)
		backend.error = knock(endpoint, SOCK_STREAM);
	else
		result =
		    backend_open(&backend, endpoint, gate->hostname, &limits);
	if (backend.error != 0)
		warn(err, option, endpoint, strerror(backend.error),
		    cure_for(backend.error));
	else if (result != BACKEND_DONE)
		warn(err, option, endpoint, backend_result_name(result),
		    cure_for(0));
	else if (identity == CONF_IDENTITY_XCLIENT &&
		 (backend.ehlo.xclient & EHLO_XCLIENT_ADDR) == 0)
		warn(err, option, endpoint,
		    "does not offer XCLIENT to the gate",
		    "list the gate in smtpd_authorized_xclient_hosts, or set "
		    "its identity to proxy or none");
	else if (endpoint == &gate->conf.smtpgate.backend)
		probe_as_stranger(&probe, gate, identity);
	backend_quit(&backend);
}

static void
probe_auth(const struct conf *conf, FILE *err)
{
	const bool is_pam = conf->smtpgate.auth.kind == CONF_AUTH_PAM;
	const struct conf_endpoint *endpoint =
	    is_pam ? &conf->auth_server.socket : &conf->smtpgate.auth.dovecot;
	int error = knock(endpoint, is_pam ? SOCK_SEQPACKET : SOCK_STREAM);

	if (error != 0)
		warn(err, "auth:", endpoint, strerror(error),
		    error == EACCES ? cure_for(error)
		    : is_pam        ? "start smtpgate-auth"
				    : "check that Dovecot runs and listens "
				      "there");
}

void
probe_servers(
    const struct gate *gate, const struct conf_service *service, FILE *err)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	int error = 0;

	/* dial() resolves unix paths from here. */
	if (chdir("/") != 0)
		error = -errno;
	if (error == 0 && geteuid() == 0)
		error = privilege_drop(GATE_USER, NULL);
	if (error != 0) {
		fprintf(err,
		    "smtpgate: warning: cannot become user " GATE_USER
		    ": %s; the servers behind the gate were not tried\n",
		    strerror(-error));
		return;
	}
	probe_backend(
	    gate, "backend", &conf->backend, conf->backend_identity, err);
	if (conf->backend_relay.is_set)
		probe_backend(gate, "backend_relay", &conf->backend_relay,
		    conf->backend_relay_identity, err);
	if (service->offers_auth && conf->auth.kind != CONF_AUTH_NONE)
		probe_auth(&gate->conf, err);
}
