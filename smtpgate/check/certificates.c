/* SPDX-License-Identifier: ISC */
/*
 * The library ends at the first certificate that it cannot use.  Then each is
 * loaded alone, so that all of them are reported.
 */
#include "smtpgate/check/certificates.h"

#include "smtpgate/check/rights.h"

#include <limits.h>
#include <string.h>

/* The library's sentences begin with the name of the option. */
static const char *
without_option(const char *sentence)
{
	static const char option[] = "tls_certificates: ";
	size_t len = sizeof(option) - 1;

	return strncmp(sentence, option, len) == 0 ? sentence + len : sentence;
}

static void
warn(const char *sentence, void *arg)
{
	struct findings *findings = arg;

	findings_add(findings, FINDING_WARNING, "smtpgate", "tls_certificates",
	    NULL, "%s", without_option(sentence));
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
			return conf->smtpgate.tls_certificates.n > 0;
	return false;
}

/* Whether all files of an item, "CERTIFICATE" or "CERTIFICATE:KEY", can be
 * read. */
static bool
can_be_read(const char *item, struct findings *findings)
{
	const char *colon = strchr(item, ':');
	char certificate[PATH_MAX], cure[FINDING_BYTES];
	bool is_good;

	snprintf(certificate, sizeof(certificate), "%.*s",
	    (int)(colon != NULL ? colon - item : (ptrdiff_t)strlen(item)),
	    item);
	/* A renewed key is a new file, without the group that was set. */
	snprintf(cure, sizeof(cure),
	    "run: popauth-keys add mail %.200s%s%.200s, and set "
	    "tls_certificates = /etc/popauth/tls/mail.pem",
	    certificate, colon != NULL ? " " : "",
	    colon != NULL ? colon + 1 : "");
	is_good =
	    rights_check_file(findings, "tls_certificates", certificate, cure);
	return (colon == NULL || rights_check_file(findings, "tls_certificates",
				     colon + 1, cure)) &&
	       is_good;
}

static void
load_each(const struct gate *gate, struct findings *findings)
{
	const struct conf_strings *all = &gate->conf.smtpgate.tls_certificates;
	struct conf_smtpgate one = gate->conf.smtpgate;
	char why[TLS_WHY_BYTES];
	struct tls_keys *keys;
	size_t i;

	for (i = 0; i < all->n; i++) {
		/* Reported already, if not. */
		if (!can_be_read(all->items[i], findings))
			continue;
		one.tls_certificates =
		    (struct conf_strings){.items = all->items + i, .n = 1};
		keys = NULL;
		if (gate->tls->keys_load(
			&one, false, ignore, NULL, &keys, why) != 0)
			findings_add(findings, FINDING_MISTAKE, "smtpgate",
			    "tls_certificates", NULL, "%s",
			    without_option(why));
		else
			gate->tls->keys_free(keys);
	}
}

void
certificates_check(
    struct gate *gate, unsigned services, struct findings *findings)
{
	const struct conf_smtpgate *conf = &gate->conf.smtpgate;
	char why[TLS_WHY_BYTES];
	bool is_good = true;
	size_t i;

	if (!wants_tls(&gate->conf, services))
		return;
	for (i = 0; i < conf->tls_certificates.n; i++)
		is_good =
		    can_be_read(conf->tls_certificates.items[i], findings) &&
		    is_good;
	gate->tls = tls_load(why);
	if (gate->tls == NULL)
		findings_add(findings, FINDING_MISTAKE, "smtpgate",
		    "tls_certificates", NULL, "%s", why);
	else if (!is_good || gate->tls->keys_load(conf, false, warn, findings,
				 &gate->keys, why) != 0)
		load_each(gate, findings);
}
