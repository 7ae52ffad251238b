/* SPDX-License-Identifier: ISC */
/*
 * probe - whether the servers behind the gate would serve it, for smtpgate -t.
 */
#ifndef SMTPGATE_CHECK_PROBE_H
#define SMTPGATE_CHECK_PROBE_H

#include "smtpgate/gate.h"

#include <stdio.h>

/*
 * Connect to the backends, and to who checks passwords where the service asks
 * for some, as a gate would; one sentence to err for each that fails, that
 * relays for strangers, or refuses a local domain.  No message is sent.
 * gate: configured.  From root the process becomes the gate's user, for good.
 * Blocks: some seconds for each of them at most.
 */
void probe_servers(
    const struct gate *gate, const struct conf_service *service, FILE *err);

#endif
