/* SPDX-License-Identifier: ISC */
/*
 * worker - a process of a listener that serves one client after another.
 *
 * CONCEPT.  A child of the supervisor; it enters the sandbox before its first
 * client.  It ends after a number of clients, when too many workers are idle,
 * and when its generation is over.
 *
 * CONCURRENCY.  One thread.
 */
#ifndef SMTPGATE_LISTENER_WORKER_H
#define SMTPGATE_LISTENER_WORKER_H

#include "smtpgate/gate.h"
#include "smtpgate/listener/scoreboard.h"
#include "smtpgate/listener/sockets.h"
#include "smtpgate/wire/crowd.h"

#include <stdint.h>

/* How many workers wait for a client, below max_connections. */
#define WORKER_IDLE_MIN 4
#define WORKER_IDLE_MAX 32

/* What the workers of a generation share. */
struct crew {
	struct gate gate;
	const struct sockets *sockets;
	struct scoreboard *board;  /* of all generations */
	const struct crowd *crowd; /* the same */
	int over_fd;               /* readable when the generation is over */
	int want_fd; /* a byte here wakes the supervisor to start more */
};

/*
 * Enter the sandbox, and serve until there is a reason to end.
 * place: in the scoreboard.
 * Returns an exit code of sysexits.h.
 */
int worker_run(struct crew *crew, uint32_t place);

#endif
