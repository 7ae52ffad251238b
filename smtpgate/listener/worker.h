/* SPDX-License-Identifier: ISC */
/*
 * worker - a process of a listener that serves one client after another.
 *
 * CONCEPT.  A child of the supervisor, in the sandbox before its first
 * client.  It ends when it has served enough of them, when more than enough
 * workers are idle, and when its generation is over.
 *
 * CONCURRENCY.  One thread.
 */
#ifndef SMTPGATE_LISTENER_WORKER_H
#define SMTPGATE_LISTENER_WORKER_H

#include "smtpgate/gate.h"
#include "smtpgate/listener/listener.h"
#include "smtpgate/listener/scoreboard.h"

#include <stdint.h>

/* So many workers wait for a client, if there may be so many. */
#define WORKER_IDLE_MIN 4
#define WORKER_IDLE_MAX 32

/* What a supervisor gives its workers. */
struct crew {
	struct gate gate;
	const struct listeners *listeners;
	struct scoreboard *board;
	int over_fd; /* readable when the generation is over */
	int want_fd; /* a byte here wakes the supervisor to start more */
};

/*
 * Serve until there is reason to end.
 * place: of the scoreboard.
 * Returns an exit code of sysexits.h.
 */
int worker_run(struct crew *crew, uint32_t place);

#endif
