/* SPDX-License-Identifier: ISC */
/*
 * conf_rules - what one option requires of another.
 *
 * All of these rules are here and in no program, so that each -t says the same
 * about a file.  A file that breaks one configures no program.  What only the
 * gate misses keeps the gate from starting; the others go on without it.
 */
#include "config/conf_option.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_OF(number) #number
#define TEXT(macro) TEXT_OF(macro)

static bool
is_relay_without_backend(const struct conf *conf)
{
	return conf->smtpgate.backend_relay.is_set &&
	       !conf->smtpgate.backend.is_set;
}

static bool
is_same(const struct conf_endpoint *a, const struct conf_endpoint *b)
{
	return a->addr_len == b->addr_len &&
	       memcmp(&a->addr, &b->addr, a->addr_len) == 0;
}

bool
conf_asks_backend(const struct conf_strings *local_domains)
{
	return local_domains->n == 1 &&
	       strcmp(local_domains->items[0], CONF_DOMAINS_BACKEND) == 0;
}

/* A backend that relays would accept every domain it is asked about. */
static bool
is_asked_backend_relaying(const struct conf *conf)
{
	const struct conf_smtpgate *gate = &conf->smtpgate;

	return conf_asks_backend(&gate->local_domains) &&
	       (!gate->backend_relay.is_set ||
		   is_same(&gate->backend_relay, &gate->backend));
}

static bool
is_sender_bound_to_nothing(const struct conf *conf)
{
	const struct conf_smtpgate *gate = &conf->smtpgate;

	return gate->bind_sender && gate->sender_map[0] == '\0' &&
	       conf_asks_backend(&gate->local_domains);
}

static bool
is_never_list_too_long(const struct conf *conf)
{
	return conf->table.never_grant.n + conf->smtpgate.proxy_from.n >
	       CONF_NEVER_MAX;
}

static bool
is_killed_before_delay(const struct conf *conf)
{
	return conf->auth_server.timeout_s <= conf->auth_server.delay_s;
}

/* The option is one that a file must give in order to break the rule. */
static const struct rule {
	const char *section, *name;
	bool (*is_broken)(const struct conf *conf);
	const char *sentence;
} rules[] = {
    {"smtpgate", "backend_relay", is_relay_without_backend,
	"backend_relay without backend; set backend, which serves clients that "
	"may not relay"},
    {"smtpgate", "local_domains", is_asked_backend_relaying,
	"local_domains = " CONF_DOMAINS_BACKEND
	" needs a backend_relay that is not backend, so that backend relays "
	"for no client"},
    {"smtpgate", "bind_sender", is_sender_bound_to_nothing,
	"bind_sender needs local_domains with names, or a sender_map"},
    {"smtpgate", "proxy_from", is_never_list_too_long,
	"proxy_from and [table] never_grant have more than " TEXT(
	    CONF_NEVER_MAX) " networks together; write larger ones"},
    {"smtpgate-auth", "timeout", is_killed_before_delay,
	"timeout must be more than delay"},
};

int
conf_rules_check(const struct conf *conf, struct conf_mistakes *mistakes)
{
	const struct conf_option *option;
	const struct conf_place *place;
	const struct rule *rule;
	size_t i;
	int error;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		rule = &rules[i];
		if (!rule->is_broken(conf))
			continue;
		option = conf_option_find(rule->section, rule->name);
		place = &conf->set_at[option - conf_options];
		conf_file_mistake(mistakes->last_out,
		    conf->files.items[place->file_no], place->line_no,
		    "[%s] %s", rule->section, rule->sentence);
		error = conf_mistakes_note(mistakes, -EINVAL);
		if (error != 0)
			return error;
	}
	return 0;
}

const char *
conf_gate_lacks(const struct conf *conf, unsigned services)
{
	unsigned i;

	if (!conf->smtpgate.backend.is_set)
		return "no backend; name the mail server in [smtpgate], for "
		       "example backend = 127.0.0.1:10025";
	for (i = 0; i < CONF_SERVICES; i++)
		if ((services & 1U << i) != 0 &&
		    conf->services[i].tls >= CONF_TLS_REQUIRED &&
		    conf->smtpgate.tls_certificates.n == 0)
			return "a service must speak TLS, but there is no "
			       "certificate; set tls_certificates in "
			       "[smtpgate], or tls = none for the service";
	return NULL;
}

void
conf_warn(const char *path, const struct conf *conf,
    void (*warn)(const char *sentence, void *arg), void *arg)
{
	struct conf_error error;
	const char *sentences[2] = {NULL, NULL};
	unsigned i, services = 0;

	for (i = 0; i < CONF_SERVICES; i++)
		if (conf->services[i].listen.n > 0)
			services |= 1U << i;
	sentences[0] = conf_gate_lacks(conf, services);
	if (conf->smtpgate.local_domains.n == 0 &&
	    conf->smtpgate.local_domains_file[0] == '\0')
		sentences[1] = "no local_domains; smtpgate accepts no mail "
			       "from outside";
	for (i = 0; i < 2; i++) {
		if (sentences[i] == NULL)
			continue;
		snprintf(error.text, sizeof(error.text), "%s: %s", path,
		    sentences[i]);
		warn(error.text, arg);
	}
}
