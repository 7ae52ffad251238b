/* SPDX-License-Identifier: ISC */
/*
 * gate - what a gate process needs before its first client.
 */
#include "smtpgate/gate.h"

#include "common/report.h"
#include "decision/path.h"

#include <errno.h>
#include <string.h>

/* What one option makes of another. */
static int
check_lists(const struct gate *gate, struct conf_error *mistake)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	const struct domains domains = {.listed = &conf->local_domains};
	const char *why = NULL;

	if (domains_ask_backend(&domains)) {
		/* It would be asked whether to relay, and does. */
		if (!conf->backend_relay.is_set ||
		    (conf->backend_relay.addr_len == conf->backend.addr_len &&
			memcmp(&conf->backend_relay.addr, &conf->backend.addr,
			    conf->backend.addr_len) == 0))
			why = "local_domains = backend needs a backend_relay "
			      "of its own, so that backend relays for nobody";
		else if (conf->bind_sender && conf->sender_map[0] == '\0')
			why = "bind_sender needs local_domains with names, or "
			      "a sender_map";
	}
	if (why == NULL)
		return 0;
	snprintf(
	    mistake->text, sizeof(mistake->text), "%s: %s", gate->config, why);
	return -EINVAL;
}

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

	gate->config = config;
	if (error != 0)
		return error;
	if (!gate->conf.smtpgate.backend.is_set) {
		snprintf(mistake_out->text, sizeof(mistake_out->text),
		    "%s: no backend; name the mail server in [smtpgate], like "
		    "backend = 127.0.0.1:10025",
		    config);
		return -EINVAL;
	}
	if (gate->conf.auth_server.socket.addr.ss_family != AF_UNIX) {
		snprintf(mistake_out->text, sizeof(mistake_out->text),
		    "%s: socket of [smtpgate-auth] must be unix:/PATH", config);
		return -EINVAL;
	}
	error = check_lists(gate, mistake_out);
	return error != 0 ? error : set_hostname(gate, mistake_out);
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

static bool
wants(const struct conf *conf, unsigned services, enum conf_tls_use at_least)
{
	unsigned i;

	for (i = 0; i < CONF_SERVICES; i++)
		if ((services & 1U << i) != 0 &&
		    conf->services[i].tls >= at_least)
			return true;
	return false;
}

static int
load_tls(struct gate *gate, unsigned services, bool has_tickets, void *warn_arg,
    struct conf_error *mistake)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	char why[TLS_WHY_BYTES];

	if (!wants(&gate->conf, services, CONF_TLS_STARTTLS))
		return 0;
	if (conf->tls_certificates.n == 0) {
		if (!wants(&gate->conf, services, CONF_TLS_REQUIRED))
			return 0;
		snprintf(mistake->text, sizeof(mistake->text),
		    "the service must speak TLS, but there is no certificate; "
		    "set tls_certificates in [smtpgate], or tls = none for "
		    "the service");
		return -EINVAL;
	}
	gate->tls = tls_load(why);
	if (gate->tls != NULL &&
	    gate->tls->keys_load(conf, has_tickets, warn_of_tls, warn_arg,
		&gate->keys, why) == 0)
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

void
gate_close(struct gate *gate)
{
	if (gate->keys != NULL)
		gate->tls->keys_free(gate->keys);
	gate->keys = NULL;
	site_close(&gate->site);
	conf_free(&gate->conf);
}
