/* SPDX-License-Identifier: ISC */
#include "smtpgate/check/options.h"

#include "config/conf_endpoint.h"

#include <netinet/in.h>
#include <string.h>

/* Prefix lengths, those of IPv4 in the 16-byte form.  A shorter one is larger
 * than any site: a warning.  The shortest are a mistake. */
#define V4_OFFSET 96
#define V4_SHORTEST (V4_OFFSET + 8)
#define V6_SHORTEST 16
#define INTERNET_LEN 3

/* RFC 4193: fc00::/7, which no host of the internet has. */
#define ULA_BYTE 0xfc
#define ULA_LEN 7

/* ---- networks ------------------------------------------------------------ */

static bool
is_private(const struct cidr *cidr)
{
	return cidr->prefix_len >= ULA_LEN &&
	       (cidr->net.bytes[0] & 0xfe) == ULA_BYTE;
}

/* danger: the end of a sentence. */
static void
check_network(struct findings *findings, const char *option,
    const struct cidr *cidr, const char *danger)
{
	bool is_v4 = addr_is_v4(&cidr->net) && cidr->prefix_len >= V4_OFFSET;
	unsigned len = cidr->prefix_len - (is_v4 ? V4_OFFSET : 0U);
	char text[CIDR_TEXT_BYTES];

	if (cidr->prefix_len >= (is_v4 ? V4_SHORTEST : V6_SHORTEST) ||
	    is_private(cidr))
		return;
	findings_add(findings,
	    len <= INTERNET_LEN ? FINDING_MISTAKE : FINDING_WARNING, "smtpgate",
	    option, "list your own networks only", "%s is %s: %s",
	    cidr_format(cidr, text),
	    len <= INTERNET_LEN ? "the internet, or a large part of it"
				: "larger than any site",
	    danger);
}

static void
check_networks(struct findings *findings, const char *option,
    const struct conf_cidrs *networks, const char *danger)
{
	size_t i;

	for (i = 0; i < networks->n; i++)
		check_network(findings, option, &networks->items[i], danger);
}

/* ---- TLS and AUTH -------------------------------------------------------- */

static void
check_tls(const struct conf *conf, unsigned number, struct findings *findings)
{
	const struct conf_service *service = &conf->services[number];
	const char *name = conf_service_names[number];

	if (conf->smtpgate.tls_certificates.n > 0 ||
	    service->tls == CONF_TLS_NONE)
		return;
	if (service->tls >= CONF_TLS_REQUIRED)
		findings_add(findings, FINDING_MISTAKE, name, "tls",
		    "set tls_certificates in [smtpgate], or tls = none here",
		    "the service must speak TLS, but there is no certificate");
	else
		findings_add(findings, FINDING_WARNING, name, "tls",
		    "set tls_certificates in [smtpgate], or tls = none here",
		    "no client is offered STARTTLS, because there is no "
		    "certificate");
}

static void
check_auth(const struct conf *conf, unsigned number, struct findings *findings)
{
	const struct conf_service *service = &conf->services[number];
	const char *name = conf_service_names[number];

	if (!service->offers_auth)
		return;
	if (conf->smtpgate.auth.kind == CONF_AUTH_NONE)
		findings_add(findings, FINDING_WARNING, name, "offer_auth",
		    "set auth in [smtpgate], for example auth = pam, or "
		    "offer_auth = no here",
		    "no client is offered AUTH, because no program checks "
		    "passwords (auth = none)");
	else if ((service->tls == CONF_TLS_NONE ||
		     conf->smtpgate.tls_certificates.n == 0) &&
		 conf->smtpgate.auth_plain_networks.n == 0)
		findings_add(findings, FINDING_WARNING, name, "offer_auth",
		    service->tls == CONF_TLS_NONE
			? "set tls = starttls here"
			: "set tls_certificates in [smtpgate]",
		    "no client is offered AUTH, because there is no TLS and "
		    "auth_plain_networks is empty");
}

static void
check_checker(
    const struct conf *conf, unsigned services, struct findings *findings)
{
	unsigned i;

	if (conf->smtpgate.auth.kind == CONF_AUTH_NONE)
		return;
	for (i = 0; i < CONF_SERVICES; i++)
		if ((services & 1U << i) != 0 && conf->services[i].offers_auth)
			return;
	findings_add(findings, FINDING_WARNING, "smtpgate", "auth",
	    "set offer_auth = yes in [smtp], or let submission listen",
	    "no service offers AUTH");
}

/* ---- addresses to listen on ---------------------------------------------- */

static bool
is_any(const struct conf_endpoint *endpoint, const struct addr *addr)
{
	static const struct addr any4 = {.bytes = {[10] = 0xff, [11] = 0xff}};
	static const struct addr any6 = {.bytes = {0}};

	return endpoint->addr.ss_family == AF_INET6 ? addr_equal(addr, &any6)
						    : addr_equal(addr, &any4);
}

/* Read both; returns whether they have one port. */
static bool
read_pair(const struct conf_endpoint *a, const struct conf_endpoint *b,
    struct addr *addr_a, struct addr *addr_b)
{
	uint16_t port_a, port_b;

	return addr_from_sockaddr((const struct sockaddr *)&a->addr,
		   a->addr_len, addr_a, &port_a) == 0 &&
	       addr_from_sockaddr((const struct sockaddr *)&b->addr,
		   b->addr_len, addr_b, &port_b) == 0 &&
	       port_a == port_b;
}

/* Whether a socket bound to a gets what is sent to b. */
static bool
covers(const struct conf_endpoint *a, const struct conf_endpoint *b)
{
	struct addr addr_a, addr_b;

	if (!read_pair(a, b, &addr_a, &addr_b))
		return false;
	/* [::] takes IPv4 too, unless IPv4 is listed for the port: then it is
	 * that one's. */
	return addr_equal(&addr_a, &addr_b) ||
	       (is_any(a, &addr_a) && (a->addr.ss_family == AF_INET6 ||
					  b->addr.ss_family == AF_INET));
}

static bool
is_loopback(const struct conf_endpoint *endpoint)
{
	struct addr addr;
	uint16_t port;

	return addr_from_sockaddr((const struct sockaddr *)&endpoint->addr,
		   endpoint->addr_len, &addr, &port) == 0 &&
	       (addr_is_v4(&addr) ? addr.bytes[12] == 127
				  : addr.bytes[15] == 1 && addr.bytes[0] == 0);
}

struct listener {
	const struct conf_endpoint *at;
	const char *service;
};

#define LISTENERS_MAX 64

static size_t
list_listeners(const struct conf *conf, struct listener all[LISTENERS_MAX])
{
	size_t n = 0, i;
	unsigned service;

	for (service = 0; service < CONF_SERVICES; service++)
		for (i = 0;
		     i < conf->services[service].listen.n && n < LISTENERS_MAX;
		     i++)
			all[n++] = (struct listener){
			    &conf->services[service].listen.items[i],
			    conf_service_names[service]};
	return n;
}

static const char *
format(const struct conf_endpoint *endpoint, char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");

	text[0] = '\0';
	if (out != NULL) {
		conf_endpoint_format(endpoint, out);
		fclose(out);
	}
	return text;
}

static void
check_pair(const struct listener *a, const struct listener *b,
    struct findings *findings)
{
	char text_a[CONF_UNIX_PATH_MAX], text_b[CONF_UNIX_PATH_MAX];

	if (a->at->addr.ss_family != b->at->addr.ss_family ||
	    (!covers(a->at, b->at) && !covers(b->at, a->at)))
		return;
	findings_add(findings, FINDING_MISTAKE, b->service, "listen",
	    "remove one of them", "%s is taken by %s of [%s]",
	    format(b->at, text_b, sizeof(text_b)),
	    format(a->at, text_a, sizeof(text_a)), a->service);
}

static void
check_loop(const struct listener *listener, const char *option,
    const struct conf_endpoint *backend, struct findings *findings)
{
	char text[CONF_UNIX_PATH_MAX + sizeof("unix:")];

	if (!backend->is_set || !covers(listener->at, backend) ||
	    (!is_loopback(backend) && !covers(backend, listener->at)))
		return;
	findings_add(findings, FINDING_MISTAKE, "smtpgate", option,
	    "name the mail server's own listener, for example "
	    "127.0.0.1:10025",
	    "%s is the gate itself ([%s] listen)",
	    format(backend, text, sizeof(text)), listener->service);
}

static void
check_listeners(const struct conf *conf, const struct services *services,
    struct findings *findings)
{
	struct listener all[LISTENERS_MAX];
	size_t n = list_listeners(conf, all), i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < i; j++)
			check_pair(&all[j], &all[i], findings);
		check_loop(
		    &all[i], "backend", &conf->smtpgate.backend, findings);
		check_loop(&all[i], "backend_relay",
		    &conf->smtpgate.backend_relay, findings);
	}
	if (services->has_listener && n == 0)
		findings_add(findings, FINDING_MISTAKE, "smtp", "listen",
		    "set for example listen = [::]:25",
		    "smtpgate.service is enabled, but no service has an "
		    "address to listen on");
}

/* ---- all ----------------------------------------------------------------- */

static void
check_domains(
    const struct conf *conf, unsigned services, struct findings *findings)
{
	unsigned i;

	if (conf->smtpgate.local_domains.n > 0 ||
	    conf->smtpgate.local_domains_file[0] != '\0')
		return;
	for (i = 0; i < CONF_SERVICES; i++)
		if ((services & 1U << i) != 0 &&
		    !conf->services[i].requires_right)
			findings_add(findings, FINDING_WARNING, "smtpgate",
			    "local_domains",
			    "list your domains, or set local_domains "
			    "= " CONF_DOMAINS_BACKEND,
			    "it is empty: mail from outside is refused");
}

void
options_check(const struct conf *conf, const struct services *services,
    struct findings *findings)
{
	unsigned i;

	check_networks(findings, "relay_networks",
	    &conf->smtpgate.relay_networks, "the gate relays for all of it");
	check_networks(findings, "auth_plain_networks",
	    &conf->smtpgate.auth_plain_networks,
	    "passwords cross it without TLS");
	check_networks(findings, "proxy_from", &conf->smtpgate.proxy_from,
	    "any host of it can name any client");
	for (i = 0; i < CONF_SERVICES; i++) {
		if ((services->found & 1U << i) == 0)
			continue;
		check_tls(conf, i, findings);
		check_auth(conf, i, findings);
	}
	check_checker(conf, services->found, findings);
	check_listeners(conf, services, findings);
	check_domains(conf, services->found, findings);
}
