/* SPDX-License-Identifier: ISC */
/*
 * gate - what a gate process needs before its first client.
 *
 * CONCEPT.  The configuration, what it names (files, the table, certificates),
 * and the client that is being served.  Everything but the client is only read
 * while clients are served.
 *
 * LIFETIME.  gate_configure(), gate_open() as the user who starts the gate;
 * gate_close().  The struct must not move between them.
 */
#ifndef SMTPGATE_GATE_H
#define SMTPGATE_GATE_H

#include "config/conf.h"
#include "decision/site.h"
#include "smtpgate/wire/client.h"
#include "smtpgate/wire/crowd.h"
#include "smtpgate/wire/tls.h"

#include <stdio.h>

#define GATE_USER "smtpgate"
#define GATE_HOSTNAME_BYTES 256

struct gate {
	const char *config; /* path of the configuration */
	struct conf conf;
	char hostname[GATE_HOSTNAME_BYTES];
	struct site site;
	const struct conf_service *service; /* in conf */
	const struct tls_library *tls;
	struct tls_keys *keys; /* NULL: no TLS */
	int stop_fd; /* readable when all sessions are to end; -1: none */
	struct client client;
	/* Whether the client that a balancer named may be served now; NULL:
	 * there is no limit. */
	bool (*admits)(void *arg);
	void *admits_arg;
	/* While it is set, this client is waited for with less patience; NULL:
	 * never. */
	const struct crowd *crowd;
};

/*
 * Read the configuration: gate->config, conf and hostname.
 * mistake_out: a sentence on failure; on success a warning, or "".
 * Returns 0, or a negative errno; the gate must not serve then.
 */
int gate_configure(
    struct gate *gate, const char *config, struct conf_error *mistake_out);

/*
 * Open what the configuration names: gate->site, and tls and keys if one of
 * the services speaks TLS.
 * services: bits 1 << enum conf_service_number.
 * has_tickets: tls.h.
 * err: receives the warnings; NULL: the log does, but of certificates only with
 * tickets, since without them each client has a process.
 * mistake_out: a sentence, on failure.
 * Returns 0, or a negative errno; the gate must not serve then.
 */
int gate_open(struct gate *gate, unsigned services, bool has_tickets, FILE *err,
    struct conf_error *mistake_out);

/* Whether the client is a balancer: its PROXY header names the real client. */
bool gate_is_balancer(const struct gate *gate);

/* Also after a failure, and for a gate of zeros. */
void gate_close(struct gate *gate);

#endif
