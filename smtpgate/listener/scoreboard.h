/* SPDX-License-Identifier: ISC */
/*
 * scoreboard - who of a listener's workers serves whom.
 *
 * CONCEPT.  Memory that a supervisor shares with its workers: a place for each
 * worker.  A worker writes its own place and counts all.  It enters its client
 * first and counts then, so that a limit is never passed, however many come at
 * once.
 *
 * TRUST.  Workers face the network.  One that is taken over can refuse the
 * clients of others; the supervisor believes nothing of this but how many are
 * idle, to start more of them, up to its own limit.
 *
 * CONCURRENCY.  Between processes; loads and stores are atomic.
 */
#ifndef SMTPGATE_LISTENER_SCOREBOARD_H
#define SMTPGATE_LISTENER_SCOREBOARD_H

#include "common/addr.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum scoreboard_state {
	SCOREBOARD_EMPTY = 0, /* no worker */
	SCOREBOARD_IDLE,      /* waits for a client */
	SCOREBOARD_BUSY,
};

struct scoreboard;

/* Returns NULL when there is no memory.  n_places: of workers. */
struct scoreboard *scoreboard_new(uint32_t n_places);
void scoreboard_free(struct scoreboard *board);

/* client: of a busy worker; a prefix (addr.h), so that it can be compared. */
void scoreboard_set(struct scoreboard *board, uint32_t place,
    enum scoreboard_state state, const struct addr *client);

/* How many workers are in a state; how many serve this client. */
uint32_t scoreboard_count(
    const struct scoreboard *board, enum scoreboard_state state);
uint32_t scoreboard_count_client(
    const struct scoreboard *board, const struct addr *client);

#endif
