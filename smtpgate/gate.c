/* SPDX-License-Identifier: ISC */
#include "smtpgate/gate.h"

#include "common/report.h"
#include "decision/path.h"

#include <errno.h>
#include <string.h>

static int
set_hostname(struct gate *gate, struct conf_error *mistake)
{
	snprintf(gate->hostname, sizeof(gate->hostname), "%s",
	    gate->conf.smtpgate.hostname);
	if (path_is_helo_name(gate->hostname))
		return 0;
	snprintf(mistake->text, sizeof(mistake->text),
	    "%s: the host name '%.80s' cannot be used in SMTP; set hostname "
	    "in [smtpgate]",
	    gate->config, gate->hostname);
	return -EINVAL;
}

int
gate_configure(
    struct gate *gate, const char *config, struct conf_error *mistake_out)
{
	int error = conf_load(config, &gate->conf, mistake_out);
	const char *lacks;

	gate->config = config;
	if (error != 0)
		return error;
	lacks = conf_gate_lacks(&gate->conf, 0);
	if (lacks != NULL) {
		snprintf(mistake_out->text, sizeof(mistake_out->text), "%s: %s",
		    config, lacks);
		return -EINVAL;
	}
	return set_hostname(gate, mistake_out);
}

/* arg: a FILE; NULL: the log. */
static void
warn_of(const char *event, const char *sentence, void *arg)
{
	FILE *err = arg;

	if (err != NULL)
		fprintf(err, "smtpgate: warning: %s\n", sentence);
	else
		report(REPORT_WARN, event, "%s", sentence);
}

static void
warn_of_domains(const char *sentence, void *arg)
{
	warn_of("domains", sentence, arg);
}

static void
warn_of_tls(const char *sentence, void *arg)
{
	warn_of("tls", sentence, arg);
}

static void
ignore(const char *sentence, void *arg)
{
	(void)sentence;
	(void)arg;
}

static bool
wants_tls(const struct conf *conf, unsigned services)
{
	unsigned i;

	for (i = 0; i < CONF_SERVICES; i++)
		if ((services & 1U << i) != 0 &&
		    conf->services[i].tls != CONF_TLS_NONE)
			return true;
	return false;
}

static int
load_tls(struct gate *gate, unsigned services, bool has_tickets, FILE *err,
    struct conf_error *mistake)
{
	bool is_of_one_client = err == NULL && !has_tickets;
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	const char *lacks = conf_gate_lacks(&gate->conf, services);
	char why[TLS_WHY_BYTES];

	if (lacks != NULL) {
		snprintf(mistake->text, sizeof(mistake->text), "%s", lacks);
		return -EINVAL;
	}
	if (conf->tls_certificates.n == 0 || !wants_tls(&gate->conf, services))
		return 0;
	gate->tls = tls_load(why);
	if (gate->tls != NULL && gate->tls->keys_load(conf, has_tickets,
				     is_of_one_client ? ignore : warn_of_tls,
				     err, &gate->keys, why) == 0)
		return 0;
	snprintf(mistake->text, sizeof(mistake->text), "%s", why);
	return -EINVAL;
}

int
gate_open(struct gate *gate, unsigned services, bool has_tickets, FILE *err,
    struct conf_error *mistake_out)
{
	struct conf_error why;
	int error =
	    site_open(&gate->site, &gate->conf, warn_of_domains, err, &why);

	if (error == 0)
		error = load_tls(gate, services, has_tickets, err, &why);
	if (error != 0)
		snprintf(mistake_out->text, sizeof(mistake_out->text),
		    "%s: %.400s", gate->config, why.text);
	return error;
}

bool
gate_is_balancer(const struct gate *gate)
{
	const struct conf_cidrs *from = &gate->conf.smtpgate.proxy_from;

	return gate->client.is_known &&
	       cidr_list_contains(from->items, from->n, &gate->client.addr);
}

void
gate_close(struct gate *gate)
{
	if (gate->keys != NULL)
		gate->tls->keys_free(gate->keys);
	gate->keys = NULL;
	site_close(&gate->site);
	conf_free(&gate->conf);
}
