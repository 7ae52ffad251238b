/* SPDX-License-Identifier: ISC */
/*
 * conf - /etc/popauth/popauth.conf, the configuration of all programs.
 *
 * CONCEPT.  An INI file, and the files conf.d/NAME.conf beside it, in order of
 * their names.  An option of a later file replaces that of an earlier one, a
 * list as a whole.  Every program reads all of them with the same table of
 * options (conf_options.c) and the same rules between them (conf_rules.c).  So
 * each program finds every mistake, and an option has one meaning.  The PAM
 * module reads no file: it finds its settings in the table's header.
 *
 * FORMAT.  "option = value" under a [section].  A comment is a line that starts
 * with '#' or ';', or follows a value after white space and ';'.  Indented
 * lines continue a list; no other value has more than one line.  Everything
 * else is a mistake, above all an unknown name, an option given twice in one
 * file, and a misspelt section without options.
 *
 * LIFETIME.  conf_load() fills a struct that conf_free() releases; an all-zero
 * struct may be freed too.  No file is open afterwards.
 *
 * CONCURRENCY.  A loaded struct is never changed: threads may share it, and a
 * reload makes another one.
 *
 * TRUST.  The administrator writes the files.  Their mistakes are reported with
 * file and line; their permissions are not checked.  A mistake in one of them,
 * or a file that cannot be read, and they configure no program.
 *
 * ERRORS.  The first mistake, as one sentence in conf_error.text.
 */
#ifndef POPAUTH_CONF_H
#define POPAUTH_CONF_H

#include "common/cidr.h"
#include "common/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CONF_DEFAULT_PATH "/etc/popauth/popauth.conf"

/* The directory beside that file. */
#define CONF_DROPIN_DIR "conf.d"
#define CONF_DROPIN_SUFFIX ".conf"

#define CONF_ERROR_BYTES 512

/* Networks that are never granted, of never_grant and proxy_from together. */
#define CONF_NEVER_MAX 250

struct conf_error {
	char text[CONF_ERROR_BYTES]; /* "FILE:LINE: what is wrong, what fits" */
};

/* A list option: items separated by commas or white space. */
struct conf_cidrs {
	struct cidr *items;
	size_t n;
};

struct conf_strings {
	char **items;
	size_t n;
};

/* Where a backend listens: "127.0.0.1:2525", "[::1]:2525", "unix:/path". */
struct conf_endpoint {
	bool is_set;
	struct sockaddr_storage addr;
	socklen_t addr_len;
};

struct conf_endpoints {
	struct conf_endpoint *items;
	size_t n;
};

/* How the backend learns who the client is. */
enum conf_identity {
	CONF_IDENTITY_NONE = 0, /* not at all: the gate adds Received: */
	CONF_IDENTITY_XCLIENT,  /* Postfix XCLIENT */
	CONF_IDENTITY_PROXY,    /* PROXY protocol, version 2 */
	CONF_IDENTITIES,
};

/* The treatment of a bare CR or LF in a message. */
enum conf_bare_newline {
	CONF_BARE_NEWLINE_NORMALIZE = 0, /* CR LF; not in a BDAT chunk */
	CONF_BARE_NEWLINE_REJECT,
	CONF_BARE_NEWLINES,
};

/* The program that checks the passwords of SMTP AUTH. */
enum conf_auth_kind {
	CONF_AUTH_NONE = 0,
	CONF_AUTH_PAM,     /* smtpgate-auth */
	CONF_AUTH_DOVECOT, /* Dovecot's SASL server */
};

struct conf_auth {
	enum conf_auth_kind kind;
	struct conf_endpoint dovecot; /* of CONF_AUTH_DOVECOT: unix:/path */
};

/* The oldest version that a TLS client may use. */
enum conf_tls_version {
	CONF_TLS_1_2 = 0,
	CONF_TLS_1_3,
	CONF_TLS_VERSIONS,
};

/* When a service uses TLS. */
enum conf_tls_use {
	CONF_TLS_NONE = 0,
	CONF_TLS_STARTTLS, /* offered, if there is a certificate */
	CONF_TLS_REQUIRED, /* offered, and no MAIL or AUTH without it */
	CONF_TLS_IMPLICIT, /* from the first byte */
	CONF_TLS_USES,
};

/* The services of the gate, named as in services(5). */
enum conf_service_number {
	CONF_SERVICE_SMTP = 0, /* 25: mail for local domains from all clients */
	CONF_SERVICE_SUBMISSION,  /* 587 (RFC 6409): only users */
	CONF_SERVICE_SUBMISSIONS, /* 465 (RFC 8314): the same, TLS first */
	CONF_SERVICES,
};

struct conf_table {           /* [table] */
	char *path;           /* /run/popauth/grants */
	char *rules;          /* /var/lib/popauth/rules */
	uint32_t window_s;    /* 15m; 10s to 7d */
	uint32_t ipv6_prefix; /* 64; 32 to 128 */
	uint32_t max_logins;  /* 1000000; 64 to 4000000; live ones at a time */
	/* whose addresses are one client each: see common/client.h */
	struct conf_cidrs whole_addresses;
	struct conf_cidrs never_grant; /* beside the built-in list */
};

struct conf_popauthd {          /* [popauthd] */
	uint32_t sweep_every_s; /* 5s; 1s to 1h */
};

struct conf_smtpgate {  /* [smtpgate] */
	char *hostname; /* of the greeting; default gethostname(2) */
	/* "example.org", or ".example.org" for its sub-domains; in lower case
	 * and without final dot */
	struct conf_strings local_domains; /* see conf_asks_backend() */
	char *local_domains_file;          /* more of them; "": none */
	struct conf_cidrs relay_networks;  /* may relay without a grant */
	struct conf_cidrs proxy_from; /* must send PROXY headers; no grants */
	struct conf_endpoint backend; /* required by the gate */
	enum conf_identity backend_identity; /* xclient */
	struct conf_endpoint backend_relay;  /* unset: backend serves both */
	enum conf_identity backend_relay_identity; /* xclient */
	uint32_t command_timeout_s;                /* 5m;  RFC 5321, 4.5.3.2 */
	uint32_t data_timeout_s;    /* 10m: the next bytes of a message */
	uint32_t session_timeout_s; /* 1h:  the whole session */
	uint32_t crowded_timeout_s; /* 20s: all waits for one message */
	uint32_t min_data_rate;     /* 500: bytes a second; 0: none */
	/* Of the backend: RFC 5321, 4.5.3.2 */
	uint32_t backend_connect_timeout_s;  /* 30s */
	uint32_t backend_greeting_timeout_s; /* 5m:  220, EHLO, XCLIENT */
	uint32_t backend_mail_timeout_s;     /* 5m:  MAIL, RSET */
	uint32_t backend_rcpt_timeout_s;     /* 5m */
	uint32_t backend_data_timeout_s;     /* 2m */
	uint32_t backend_block_timeout_s;    /* 3m:  a piece, a BDAT */
	uint32_t backend_message_timeout_s;  /* 10m: the whole message */
	uint32_t max_recipients;             /* 1000; a message */
	uint32_t max_errors;                 /* 20; then 421 */
	uint32_t max_commands;               /* 10000; a session */
	enum conf_bare_newline bare_newline; /* normalize */
	bool bind_sender;         /* no: a right holds for any sender */
	char *sender_map;         /* a file; "": none */
	uint32_t max_connections; /* 500; of a listener */
	uint32_t max_connections_per_client; /* 50;  the same */
	/* PEM files: CERTIFICATES:KEY, or one with both; the first serves
	 * clients that name no host, or an unknown one (SNI) */
	struct conf_strings tls_certificates;
	enum conf_tls_version tls_min_version; /* 1.2 */
	struct conf_auth auth;                 /* none */
	struct conf_cidrs auth_plain_networks; /* may log in without TLS */
	uint32_t max_auth_tries;               /* 3; a session; then 421 */
};

struct conf_auth_server {            /* [smtpgate-auth] */
	struct conf_endpoint socket; /* unix:/run/smtpgate/auth.sock */
	uint32_t delay_s;            /* 2s: no refusal earlier */
	uint32_t timeout_s;          /* 30s: then the stack is killed */
	uint32_t max_requests;       /* 64; at once */
	uint32_t max_failures;       /* 100; of a client in an hour */
	uint32_t max_user_failures;  /* 20; of a user at a client */
};

struct conf_service {                 /* [smtp], [submission], [submissions] */
	struct conf_endpoints listen; /* of smtpgate --listen */
	enum conf_tls_use tls;        /* starttls, required, implicit */
	bool offers_auth;             /* no, yes, yes */
	bool requires_right;          /* no, yes, yes: for every recipient */
};

/* The size of arrays with an element for each option. */
#define CONF_OPTIONS_MAX 128

/* local_domains with this word alone: ask the backend. */
#define CONF_DOMAINS_BACKEND "backend"

/* Where an option was given. */
struct conf_place {
	unsigned file_no; /* of conf.files */
	unsigned line_no; /* 0: not given */
};

struct conf {
	struct conf_table table;
	struct conf_popauthd popauthd;
	struct conf_smtpgate smtpgate;
	struct conf_auth_server auth_server;
	struct conf_service services[CONF_SERVICES];
	/* of each option of conf_option.h */
	struct conf_place set_at[CONF_OPTIONS_MAX];
	struct conf_strings files; /* paths, in the order of reading */
};

/* "smtp", "submission", "submissions". */
extern const char *const conf_service_names[CONF_SERVICES];

/* The enum conf_service_number of that name, or -1. */
int conf_service_find(const char *name);

/*
 * Read a configuration file, and the files of conf.d beside it, if there is
 * such a directory.
 * conf_out: set completely; an option that no file gives has its default.  All
 * zero on failure.
 * error_out: on failure, one sentence.
 * Returns 0; -ENOENT when there is no file at path; -EACCES and the like when a
 * file cannot be read; -EINVAL when one has a mistake, or when they break a
 * rule between options.
 * On failure: the caller refuses to start (the gate: 421).
 */
int conf_load(
    const char *path, struct conf *conf_out, struct conf_error *error_out);

/*
 * Read as conf_load(), but go on after a mistake.
 * mistake: called with a sentence for each; a rule between options is checked
 * only if there is none.
 * conf_out: with all options that could be read, for conf_free(); all zero only
 * after -ENOMEM.
 * Returns as conf_load(), of the first mistake.
 * On failure: no decision may depend on conf_out.
 */
int conf_load_anyway(const char *path, struct conf *conf_out,
    void (*mistake)(const char *sentence, void *arg), void *arg);

/*
 * Determine what a gate lacks in order to serve these services.
 * services: bits 1 << enum conf_service_number.
 * Returns NULL, or a sentence: then the gate must not start.
 */
const char *conf_gate_lacks(const struct conf *conf, unsigned services);

/*
 * Call warn with "PATH: sentence" for each omission in the file that keeps a
 * program from its work.  The option -t of all programs prints these.
 */
void conf_warn(const char *path, const struct conf *conf,
    void (*warn)(const char *sentence, void *arg), void *arg);

/* The rules of [table] by which addresses are one client. */
void conf_client_rules(
    const struct conf_table *table, struct client_rules *rules_out);

/* Whether local_domains asks the backend which domains are local. */
bool conf_asks_backend(const struct conf_strings *local_domains);

/* Load the defaults, as of an empty file.  Returns 0 or -ENOMEM. */
int conf_defaults(struct conf *conf_out);

void conf_free(struct conf *conf);

/* One option of a loaded configuration, as text that is valid in the file. */
struct conf_item {
	const char *section;
	const char *name;
	const char *value;        /* a list: its items joined by ", " */
	const char *default_text; /* "": empty by default */
	const char *file;         /* that set it; NULL: it is the default */
	unsigned line_no;         /* of that file; 0: it is the default */
	bool is_list;             /* indented lines may continue it */
};

/*
 * Call visit for each option, in the order of the documentation.  visit
 * returns 0 to continue; any other value ends the walk and is returned.  An
 * item and its texts are valid until visit returns.
 * Returns 0, that value, or -ENOMEM.
 */
int conf_each(const struct conf *conf,
    int (*visit)(const struct conf_item *item, void *arg), void *arg);

#endif
