/* SPDX-License-Identifier: ISC */
/*
 * service - which of the three services a gate serves, and its TLS.
 *
 * CONCURRENCY.  For main(), before the first client.
 */
#ifndef SMTPGATE_SERVICE_H
#define SMTPGATE_SERVICE_H

#include "smtpgate/gate.h"

/* The service of that name (services(5)), or -1. */
int service_number(const char *name);

/*
 * Load the certificates, when any of the services that are asked for is to
 * speak TLS and there are any.
 * services: bits 1 << enum conf_service_number.
 * has_tickets, warn, arg: see smtpgate/wire/tls.h.
 * mistake_out: a sentence, on failure: certificates that cannot be used, or
 * a service that must speak TLS without any.
 * Returns 0 or -EINVAL; gate->keys stays NULL where there is no TLS.
 */
int service_load_tls(struct gate *gate, unsigned services, bool has_tickets,
    void (*warn)(const char *sentence, void *arg), void *arg,
    struct conf_error *mistake_out);

void service_unload_tls(struct gate *gate);

#endif
