/* SPDX-License-Identifier: ISC */
/*
 * conf_options - all options, with their defaults and bounds.  A test compares
 * this table with reference.conf.
 */
#include "config/conf_option.h"

#include "common/nearest.h"
#include "shmcache/shmcache.h"

#include <string.h>

#define HOUR 3600
#define DAY 86400

/* More than any site has. */
#define LIST_MAX 100000

/* Certificates are loaded at each start. */
#define CERTIFICATES_MAX 100

#define LISTEN_MAX 16

static const char *const identities[CONF_IDENTITIES + 1] = {
    [CONF_IDENTITY_NONE] = "none",
    [CONF_IDENTITY_XCLIENT] = "xclient",
    [CONF_IDENTITY_PROXY] = "proxy",
};

static const char *const bare_newlines[CONF_BARE_NEWLINES + 1] = {
    [CONF_BARE_NEWLINE_NORMALIZE] = "normalize",
    [CONF_BARE_NEWLINE_REJECT] = "reject",
};

static const char *const tls_versions[CONF_TLS_VERSIONS + 1] = {
    [CONF_TLS_1_2] = "1.2",
    [CONF_TLS_1_3] = "1.3",
};

static const char *const tls_uses[CONF_TLS_USES + 1] = {
    [CONF_TLS_NONE] = "none",
    [CONF_TLS_STARTTLS] = "starttls",
    [CONF_TLS_REQUIRED] = "required",
    [CONF_TLS_IMPLICIT] = "implicit",
};

#define AT(field) offsetof(struct conf, field)

/* The same options for each service, with its own defaults. */
/* clang-format off */
#define SERVICE_OPTIONS(section, number, tls_text, auth_text, right_text)      \
    {section, "listen", CONF_TYPE_ENDPOINTS, AT(services[number].listen),      \
	"", 0, LISTEN_MAX, NULL},                                              \
    {section, "tls", CONF_TYPE_CHOICE, AT(services[number].tls),               \
	tls_text, 0, CONF_TLS_USES - 1, tls_uses},                             \
    {section, "offer_auth", CONF_TYPE_FLAG, AT(services[number].offers_auth),  \
	auth_text, 0, 0, NULL},                                                \
    {section, "require_right", CONF_TYPE_FLAG,                                 \
	AT(services[number].requires_right), right_text, 0, 0, NULL}

const struct conf_option conf_options[] = {
    {"table", "path", CONF_TYPE_PATH,
	AT(table.path), SHMCACHE_DEFAULT_PATH, 0, 0, NULL},
    {"table", "rules", CONF_TYPE_PATH,
	AT(table.rules), "/var/lib/popauth/rules", 0, 0, NULL},
    {"table", "window", CONF_TYPE_DURATION,
	AT(table.window_s), "15m", 10, 7 * DAY, NULL},
    {"table", "ipv6_prefix", CONF_TYPE_NUMBER,
	AT(table.ipv6_prefix), "64", 32, 128, NULL},
    {"table", "whole_addresses", CONF_TYPE_CIDRS,
	AT(table.whole_addresses), "", 0, CLIENT_WHOLE_MAX, NULL},
    {"table", "max_logins", CONF_TYPE_NUMBER,
	AT(table.max_logins), "1000000", 64, 4000000, NULL},
    {"table", "never_grant", CONF_TYPE_CIDRS,
	AT(table.never_grant), "", 0, CONF_NEVER_MAX, NULL},

    {"popauthd", "sweep_every", CONF_TYPE_DURATION,
	AT(popauthd.sweep_every_s), "5s", 1, HOUR, NULL},

    {"smtpgate", "hostname", CONF_TYPE_HOSTNAME,
	AT(smtpgate.hostname), "", 0, 0, NULL},
    {"smtpgate", "local_domains", CONF_TYPE_DOMAINS,
	AT(smtpgate.local_domains), "", 0, LIST_MAX, NULL},
    {"smtpgate", "local_domains_file", CONF_TYPE_PATH,
	AT(smtpgate.local_domains_file), "", 0, 0, NULL},
    {"smtpgate", "relay_networks", CONF_TYPE_CIDRS,
	AT(smtpgate.relay_networks), "", 0, LIST_MAX, NULL},
    {"smtpgate", "proxy_from", CONF_TYPE_CIDRS,
	AT(smtpgate.proxy_from), "", 0, CONF_NEVER_MAX, NULL},
    {"smtpgate", "backend", CONF_TYPE_ENDPOINT,
	AT(smtpgate.backend), "", 0, 0, NULL},
    {"smtpgate", "backend_identity", CONF_TYPE_CHOICE,
	AT(smtpgate.backend_identity),
	"xclient", 0, CONF_IDENTITIES - 1, identities},
    {"smtpgate", "backend_relay", CONF_TYPE_ENDPOINT,
	AT(smtpgate.backend_relay), "", 0, 0, NULL},
    {"smtpgate", "backend_relay_identity", CONF_TYPE_CHOICE,
	AT(smtpgate.backend_relay_identity),
	"xclient", 0, CONF_IDENTITIES - 1, identities},
    {"smtpgate", "command_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.command_timeout_s), "5m", 1, DAY, NULL},
    {"smtpgate", "data_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.data_timeout_s), "10m", 1, DAY, NULL},
    {"smtpgate", "session_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.session_timeout_s), "1h", 1, 7 * DAY, NULL},
    {"smtpgate", "crowded_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.crowded_timeout_s), "20s", 1, HOUR, NULL},
    {"smtpgate", "min_data_rate", CONF_TYPE_NUMBER,
	AT(smtpgate.min_data_rate), "500", 0, 1000000, NULL},
    {"smtpgate", "backend_connect_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.backend_connect_timeout_s), "30s", 1, HOUR, NULL},
    {"smtpgate", "backend_greeting_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.backend_greeting_timeout_s), "5m", 1, DAY, NULL},
    {"smtpgate", "backend_mail_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.backend_mail_timeout_s), "5m", 1, DAY, NULL},
    {"smtpgate", "backend_rcpt_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.backend_rcpt_timeout_s), "5m", 1, DAY, NULL},
    {"smtpgate", "backend_data_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.backend_data_timeout_s), "2m", 1, DAY, NULL},
    {"smtpgate", "backend_block_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.backend_block_timeout_s), "3m", 1, DAY, NULL},
    {"smtpgate", "backend_message_timeout", CONF_TYPE_DURATION,
	AT(smtpgate.backend_message_timeout_s), "10m", 1, DAY, NULL},
    {"smtpgate", "max_recipients", CONF_TYPE_NUMBER,
	AT(smtpgate.max_recipients), "1000", 1, 100000, NULL},
    {"smtpgate", "max_errors", CONF_TYPE_NUMBER,
	AT(smtpgate.max_errors), "20", 1, 1000, NULL},
    {"smtpgate", "max_commands", CONF_TYPE_NUMBER,
	AT(smtpgate.max_commands), "10000", 10, 10000000, NULL},
    {"smtpgate", "bare_newline", CONF_TYPE_CHOICE, AT(smtpgate.bare_newline),
	"normalize", 0, CONF_BARE_NEWLINES - 1, bare_newlines},
    {"smtpgate", "bind_sender", CONF_TYPE_FLAG,
	AT(smtpgate.bind_sender), "no", 0, 0, NULL},
    {"smtpgate", "sender_map", CONF_TYPE_PATH,
	AT(smtpgate.sender_map), "", 0, 0, NULL},
    {"smtpgate", "max_connections", CONF_TYPE_NUMBER,
	AT(smtpgate.max_connections), "500", 1, 20000, NULL},
    {"smtpgate", "max_connections_per_client", CONF_TYPE_NUMBER,
	AT(smtpgate.max_connections_per_client), "50", 1, 20000, NULL},
    {"smtpgate", "tls_certificates", CONF_TYPE_FILES,
	AT(smtpgate.tls_certificates), "", 0, CERTIFICATES_MAX, NULL},
    {"smtpgate", "tls_min_version", CONF_TYPE_CHOICE,
	AT(smtpgate.tls_min_version),
	"1.2", 0, CONF_TLS_VERSIONS - 1, tls_versions},
    {"smtpgate", "auth", CONF_TYPE_AUTH,
	AT(smtpgate.auth), "none", 0, 0, NULL},
    {"smtpgate", "auth_plain_networks", CONF_TYPE_CIDRS,
	AT(smtpgate.auth_plain_networks), "", 0, LIST_MAX, NULL},
    {"smtpgate", "max_auth_tries", CONF_TYPE_NUMBER,
	AT(smtpgate.max_auth_tries), "3", 1, 100, NULL},

    {"smtpgate-auth", "socket", CONF_TYPE_SOCKET,
	AT(auth_server.socket), "unix:/run/smtpgate/auth.sock", 0, 0, NULL},
    {"smtpgate-auth", "delay", CONF_TYPE_DURATION,
	AT(auth_server.delay_s), "2s", 1, 10, NULL},
    {"smtpgate-auth", "timeout", CONF_TYPE_DURATION,
	AT(auth_server.timeout_s), "30s", 2, 300, NULL},
    {"smtpgate-auth", "max_requests", CONF_TYPE_NUMBER,
	AT(auth_server.max_requests), "64", 4, 1024, NULL},
    {"smtpgate-auth", "max_failures", CONF_TYPE_NUMBER,
	AT(auth_server.max_failures), "100", 1, 60000, NULL},
    {"smtpgate-auth", "max_user_failures", CONF_TYPE_NUMBER,
	AT(auth_server.max_user_failures), "20", 1, 60000, NULL},

    SERVICE_OPTIONS("smtp", CONF_SERVICE_SMTP, "starttls", "no", "no"),
    SERVICE_OPTIONS("submission", CONF_SERVICE_SUBMISSION,
	"required", "yes", "yes"),
    SERVICE_OPTIONS("submissions", CONF_SERVICE_SUBMISSIONS,
	"implicit", "yes", "yes"),
    /* clang-format on */
};

const char *const conf_service_names[CONF_SERVICES] = {
    [CONF_SERVICE_SMTP] = "smtp",
    [CONF_SERVICE_SUBMISSION] = "submission",
    [CONF_SERVICE_SUBMISSIONS] = "submissions",
};

int
conf_service_find(const char *name)
{
	int i;

	for (i = 0; i < CONF_SERVICES; i++)
		if (strcmp(conf_service_names[i], name) == 0)
			return i;
	return -1;
}

const size_t conf_n_options = sizeof(conf_options) / sizeof(conf_options[0]);

_Static_assert(
    sizeof(conf_options) / sizeof(conf_options[0]) <= CONF_OPTIONS_MAX,
    "CONF_OPTIONS_MAX is too small");

const struct conf_option *
conf_option_find(const char *section, const char *name)
{
	size_t i;

	for (i = 0; i < conf_n_options; i++)
		if ((section == NULL ||
			strcmp(conf_options[i].section, section) == 0) &&
		    (name == NULL || strcmp(conf_options[i].name, name) == 0))
			return &conf_options[i];
	return NULL;
}

const char *
conf_option_nearest(const char *section, const char *name)
{
	struct nearest nearest;
	size_t i;

	nearest_begin(&nearest, name);
	for (i = 0; i < conf_n_options; i++)
		if (section == NULL)
			nearest_try(&nearest, conf_options[i].section);
		else if (strcmp(conf_options[i].section, section) == 0)
			nearest_try(&nearest, conf_options[i].name);
	return nearest.best;
}
