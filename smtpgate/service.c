/* SPDX-License-Identifier: ISC */
/*
 * service - which of the three services a gate serves, and its TLS.
 */
#include "smtpgate/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
service_number(const char *name)
{
	int i;

	for (i = 0; i < CONF_SERVICES; i++)
		if (strcmp(conf_service_names[i], name) == 0)
			return i;
	return -1;
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

int
service_load_tls(struct gate *gate, unsigned services, bool has_tickets,
    void (*warn)(const char *sentence, void *arg), void *arg,
    struct conf_error *mistake_out)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	char why[TLS_WHY_BYTES];

	if (!wants(&gate->conf, services, CONF_TLS_STARTTLS))
		return 0;
	if (conf->tls_certificates.n == 0) {
		if (!wants(&gate->conf, services, CONF_TLS_REQUIRED))
			return 0;
		snprintf(mistake_out->text, sizeof(mistake_out->text),
		    "the service must speak TLS, but there is no certificate; "
		    "set tls_certificates in [smtpgate], or tls = none for "
		    "the service");
		return -EINVAL;
	}
	gate->tls = tls_load(why);
	if (gate->tls != NULL && gate->tls->keys_load(conf, has_tickets, warn,
				     arg, &gate->keys, why) == 0)
		return 0;
	snprintf(mistake_out->text, sizeof(mistake_out->text), "%s", why);
	return -EINVAL;
}

void
service_unload_tls(struct gate *gate)
{
	if (gate->keys != NULL)
		gate->tls->keys_free(gate->keys);
	gate->keys = NULL;
}
