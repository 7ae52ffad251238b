/* SPDX-License-Identifier: ISC */
/*
 * The probe is a client at an address for documentation.  At "backend" it is a
 * stranger: RCPT for a foreign domain must be refused, and RCPT for each local
 * domain accepted, or that domain's mail would be lost.  At "backend_relay", or
 * at a "backend" that serves both, RCPT for a foreign domain must be accepted.
 * A backend that does not learn the client takes the probe for the gate; without
 * a backend_relay beside it, nothing can be learnt from its replies.
 *
 * A 4xx (greylisting, for instance) means nothing, except 454, which Postfix
 * sends for relaying.  Nor does a refusal that is about the mailbox or its
 * domain (enhanced status x.1.y), or about the probe's name in EHLO.
 */
#include "smtpgate/check/probe.h"

#include "config/conf_domain.h"
#include "config/conf_endpoint.h"
#include "decision/textfile.h"
#include "smtpgate/backend/backend.h"
#include "smtpgate/backend/identity.h"
#include "smtpgate/check/rights.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* An administrator waits at a terminal; Postfix waits five seconds for a PROXY
 * header. */
#define PATIENCE_S 8

/* RFC 5737 and RFC 3849: no client has them. */
#define STRANGER4 "192.0.2.1"
#define STRANGER6 "2001:db8::1"

/* An MTA may refuse more of them, or take them for an attack. */
#define RCPTS_MAX 50

#define REPLY_SHOWN_MAX 160

struct probe {
	struct backend *backend;
	const struct gate *gate;
	const char *option;
	const struct conf_endpoint *endpoint;
	enum conf_identity identity;
	bool must_relay;    /* it serves clients that may relay */
	bool has_strangers; /* it serves clients that may not */
	bool is_ipv6;
	struct client client;
	struct identity named;
	unsigned n_rcpts;
	struct findings *findings;
};

static const struct backend_limits limits = {PATIENCE_S, PATIENCE_S};

/* ---- sentences ----------------------------------------------------------- */

struct shown {
	char text[REPLY_SHOWN_MAX + 8];
};

/* The first line of the reply, in quotes. */
static const char *
show_reply(const struct probe *probe, struct shown *shown)
{
	const struct response *response = &probe->backend->response;

	snprintf(shown->text, sizeof(shown->text), "no reply");
	if (response->code != 0)
		snprintf(shown->text, sizeof(shown->text), "'%u %.*s'",
		    response->code,
		    (int)strnlen(response->text,
			strcspn(response->text, "\n") < REPLY_SHOWN_MAX
			    ? strcspn(response->text, "\n")
			    : REPLY_SHOWN_MAX),
		    response->text);
	return shown->text;
}

/* Without "backend" no client is served; without "backend_relay", some are. */
static enum finding_level
level_of(const struct probe *probe)
{
	return probe->has_strangers && !probe->is_ipv6 ? FINDING_MISTAKE
						       : FINDING_WARNING;
}

static const char *
endpoint_text(const struct probe *probe, char text[CONF_UNIX_PATH_MAX + 8])
{
	FILE *out = fmemopen(text, CONF_UNIX_PATH_MAX + 8, "w");

	text[0] = '\0';
	if (out != NULL) {
		conf_endpoint_format(probe->endpoint, out);
		fclose(out);
	}
	return text;
}

static void
find(struct probe *probe, enum finding_level level, const char *cure,
    const char *what)
{
	char at[CONF_UNIX_PATH_MAX + 8];

	findings_add(probe->findings, level, "smtpgate", probe->option, cure,
	    "%s: %s", endpoint_text(probe, at), what);
}

/* ---- the connection ------------------------------------------------------ */

static void
find_unreachable(struct probe *probe)
{
	char blocker[FINDING_BYTES], cure[FINDING_BYTES];
	char what[2 * FINDING_BYTES];
	bool is_unix = probe->endpoint->addr.ss_family == AF_UNIX;
	int error = probe->backend->error;
	struct sockaddr_un un;
	struct stat st;

	memcpy(&un, &probe->endpoint->addr, sizeof(un));
	if (is_unix && stat(un.sun_path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		find(probe, level_of(probe),
		    "name the socket on which the mail server listens",
		    "it is no socket");
	} else if (is_unix && error == EACCES) {
		rights_explain(un.sun_path, W_OK, blocker, cure);
		snprintf(what, sizeof(what),
		    "%s: user " GATE_USER " may not open %s", strerror(error),
		    blocker);
		find(probe, level_of(probe), cure, what);
	} else if (error == ECONNREFUSED || error == ENOENT) {
		find(probe, level_of(probe),
		    "check that the mail server runs and listens there",
		    strerror(error));
	} else {
		find(probe, level_of(probe), "see the mail server's log",
		    strerror(error));
	}
}

static const char *
cure_of_opening(const struct probe *probe, enum backend_result result)
{
	if (probe->is_ipv6 && probe->identity != CONF_IDENTITY_NONE)
		return "set inet_protocols = all (Postfix), or listen on IPv4 "
		       "addresses only";
	if (result == BACKEND_NO_XCLIENT || result == BACKEND_XCLIENT_FAILED)
		return "Postfix: set smtpd_authorized_xclient_hosts for this "
		       "listener; or set the identity to proxy or none";
	if (probe->identity == CONF_IDENTITY_PROXY)
		return "Postfix: set smtpd_upstream_proxy_protocol = haproxy "
		       "for this listener; or set the identity to xclient";
	if (result == BACKEND_TIMEOUT || result == BACKEND_LOST ||
	    probe->backend->response.code == 421)
		return "see the mail server's log; if it waits for a PROXY "
		       "header, set the identity to proxy";
	return "see the mail server's log";
}

static void
find_not_opened(struct probe *probe, enum backend_result result)
{
	const char *who =
	    probe->is_ipv6 ? "a client with an IPv6 address" : "the gate";
	char what[FINDING_BYTES];
	struct shown shown;

	if (result == BACKEND_UNREACHABLE) {
		find_unreachable(probe);
		return;
	}
	if (result == BACKEND_NO_XCLIENT)
		snprintf(what, sizeof(what),
		    "it does not offer XCLIENT to the gate");
	else if (result == BACKEND_XCLIENT_FAILED)
		snprintf(what, sizeof(what), "it refuses XCLIENT for %s: %s",
		    who, show_reply(probe, &shown));
	else if (probe->identity == CONF_IDENTITY_PROXY)
		snprintf(what, sizeof(what),
		    "it does not accept the PROXY header of %s (%s: %s)", who,
		    backend_result_name(result), show_reply(probe, &shown));
	else
		snprintf(what, sizeof(what), "it does not serve %s (%s: %s)",
		    who, backend_result_name(result),
		    show_reply(probe, &shown));
	find(probe, level_of(probe), cure_of_opening(probe, result), what);
}

static bool
reply_has(const struct probe *probe, const char *text)
{
	return strcasestr(probe->backend->response.text, text) != NULL;
}

/*
 * Report a rule that refuses each client whose name is not known.  By XCLIENT
 * the gate gives none.
 * Returns whether the last reply was about the client's name, or the probe's.
 */
static bool
is_about_name(struct probe *probe)
{
	char what[FINDING_BYTES];
	struct shown shown;

	if (reply_has(probe, "helo") || reply_has(probe, PROBE_HELO))
		return true;
	if (!reply_has(probe, ".7.25 ") &&
	    !reply_has(probe, "cannot find your"))
		return false;
	if (probe->identity != CONF_IDENTITY_XCLIENT)
		return true;
	snprintf(what, sizeof(what),
	    "it refuses every client, because XCLIENT gives no host name: %s",
	    show_reply(probe, &shown));
	find(probe, level_of(probe),
	    "set the identity to proxy, or remove "
	    "reject_unknown_client_hostname and "
	    "reject_unknown_reverse_client_hostname (Postfix)",
	    what);
	return true;
}

static int
make_client(struct probe *probe)
{
	struct client *client = &probe->client;
	/* A client that may relay is one of relay_networks. */
	struct right right = {
	    .kind = probe->has_strangers ? RIGHT_NONE : RIGHT_NETWORK};

	*client = (struct client){.is_known = true, .port = 25025};
	snprintf(client->text, sizeof(client->text), "%s",
	    probe->is_ipv6 ? STRANGER6 : STRANGER4);
	if (addr_parse(client->text, &client->addr) != 0)
		return -EINVAL;
	client->local = client->addr;
	client->local_port = 25;
	identity_set(&probe->named, client, PROBE_HELO, true, false, &right);
	return 0;
}

/* Connect in the client's name.  Returns whether it is greeted. */
static bool
open_as(struct probe *probe)
{
	struct backend *backend = probe->backend;
	enum backend_result result;

	backend_begin(backend);
	if (make_client(probe) != 0)
		return false;
	if (probe->identity == CONF_IDENTITY_PROXY)
		result = backend_open_as(
		    backend, probe->endpoint, &probe->named, &limits);
	else
		result = backend_open(
		    backend, probe->endpoint, probe->gate->hostname, &limits);
	if (result == BACKEND_DONE && probe->identity == CONF_IDENTITY_XCLIENT)
		result = backend_xclient(backend, &probe->named, &limits);
	/* The mail server may refuse this client, by its address. */
	if (result == BACKEND_REFUSED && !probe->is_ipv6) {
		(void)is_about_name(probe);
		return false;
	}
	if (result != BACKEND_DONE)
		find_not_opened(probe, result);
	return result == BACKEND_DONE;
}

/* ---- mailboxes ----------------------------------------------------------- */

/* Returns the code of the reply, or 0. */
static unsigned
ask(struct probe *probe, const char *command)
{
	if (backend_command(probe->backend, command, PATIENCE_S) !=
	    BACKEND_DONE)
		return 0;
	return probe->backend->response.code;
}

static unsigned
ask_rcpt(struct probe *probe, const char *local_part, const char *domain)
{
	char command[sizeof("RCPT TO:<@>") + 64 + CONF_DOMAIN_BYTES];

	snprintf(
	    command, sizeof(command), "RCPT TO:<%s@%s>", local_part, domain);
	return ask(probe, command);
}

static bool
is_refused(unsigned code)
{
	return code / 100 == 5 || code == 454;
}

/* Whether a refusal is about the far domain, and not about relaying: RFC 3463,
 * 3.2; Exim has no enhanced status, and finds no route to a domain that accepts
 * no mail. */
static bool
is_about_mailbox(const struct probe *probe)
{
	const char *text = probe->backend->response.text;

	return ((text[0] == '4' || text[0] == '5') &&
		   strncmp(text + 1, ".1.", 3) == 0) ||
	       reply_has(probe, "unrouteable");
}

static void
probe_relaying(struct probe *probe)
{
	char what[FINDING_BYTES];
	struct shown shown;
	unsigned code = ask(probe, "RCPT TO:<" PROBE_FAR_MAILBOX ">");

	if (code / 100 == 2 && !probe->must_relay) {
		find(probe, FINDING_MISTAKE,
		    "configure it to refuse mail for foreign domains",
		    "it relays for a stranger");
		return;
	}
	if (code == 0 || is_about_name(probe) || !is_refused(code) ||
	    !probe->must_relay || is_about_mailbox(probe))
		return;
	snprintf(what, sizeof(what), "it does not relay: %s",
	    show_reply(probe, &shown));
	find(probe, FINDING_WARNING,
	    probe->has_strangers
		? "set backend_relay to a listener that relays"
		: "Postfix: clear its restrictions in master.cf, for example "
		  "-o smtpd_recipient_restrictions=; smtpgate(8) has the "
		  "listener",
	    what);
}

/* Returns non-zero to stop: the backend is closed, or too many RCPTs. */
static int
probe_domain(char *line, size_t number, void *arg)
{
	struct probe *probe = arg;
	char domain[CONF_DOMAIN_BYTES];
	char what[CONF_DOMAIN_BYTES + REPLY_SHOWN_MAX + 60];
	struct shown shown;
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
	/* A mailbox that each domain has (RFC 5321, 4.5.1). */
	code = ask_rcpt(probe, "postmaster", domain);
	if (code == 0 || is_about_name(probe))
		return 1;
	if (!is_refused(code))
		return 0;
	snprintf(what, sizeof(what), "it refuses postmaster@%s: %s", domain,
	    show_reply(probe, &shown));
	find(probe, FINDING_WARNING,
	    "make it a domain of the mail server, or remove it from "
	    "local_domains",
	    what);
	return 0;
}

static void
probe_domains(struct probe *probe)
{
	const struct domains *domains = &probe->gate->site.domains;
	size_t i;

	for (i = 0;
	     i < domains->listed->n && !conf_asks_backend(domains->listed); i++)
		if (probe_domain(domains->listed->items[i], 0, probe) != 0)
			return;
	/* check.c reports a file that cannot be read. */
	if (domains->file >= 0)
		(void)textfile_each(domains->file, probe_domain, probe);
}

static void
probe_mailboxes(struct probe *probe)
{
	unsigned code = ask(probe, "MAIL FROM:<>");

	if (code / 100 != 2) {
		(void)(code != 0 && is_about_name(probe));
		return;
	}
	probe_relaying(probe);
	if (probe->has_strangers)
		probe_domains(probe);
	(void)ask(probe, "RSET");
}

/* ---- the servers --------------------------------------------------------- */

static void
probe_server(struct probe *probe, bool has_ipv6)
{
	static struct backend backend;
	bool is_told = probe->identity != CONF_IDENTITY_NONE;
	bool is_open;

	probe->backend = &backend;
	is_open = open_as(probe);
	/* Of one server that takes the probe for the gate nothing is learnt. */
	if (is_open && (is_told || !probe->must_relay || !probe->has_strangers))
		probe_mailboxes(probe);
	backend_quit(&backend);
	if (!is_open || !is_told || !has_ipv6)
		return;
	probe->is_ipv6 = true;
	(void)open_as(probe);
	backend_quit(&backend);
}

void
probe_servers(const struct gate *gate, bool has_ipv6, struct findings *findings)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	struct probe backend = {
	    .gate = gate,
	    .option = "backend",
	    .endpoint = &conf->backend,
	    .identity = conf->backend_identity,
	    .must_relay = !conf->backend_relay.is_set,
	    .has_strangers = true,
	    .findings = findings,
	};
	struct probe relay = {
	    .gate = gate,
	    .option = "backend_relay",
	    .endpoint = &conf->backend_relay,
	    .identity = conf->backend_relay_identity,
	    .must_relay = true,
	    .findings = findings,
	};

	probe_server(&backend, has_ipv6);
	if (conf->backend_relay.is_set)
		probe_server(&relay, has_ipv6);
}
