/* SPDX-License-Identifier: ISC */
/*
 * probe - whether the servers behind the gate would serve it, for smtpgate -t.
 */
#ifndef SMTPGATE_CHECK_PROBE_H
#define SMTPGATE_CHECK_PROBE_H

#include "smtpgate/gate.h"

#include <stdio.h>

/*
 * Connect as a gate would to the backends and, if the service offers AUTH, to
 * the password server.  Write one sentence to err for each server that fails,
 * relays for strangers, or refuses a local domain.  No message is sent.
 * gate: opened.  If started as root, the process becomes the gate's user for
 * good.
 * Blocks: up to some seconds for each server.
 */
void probe_servers(
    const struct gate *gate, const struct conf_service *service, FILE *err);

#endif
