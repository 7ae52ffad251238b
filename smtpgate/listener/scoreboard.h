/* SPDX-License-Identifier: ISC */
/*
 * scoreboard - which client each worker of a listener serves.
 *
 * CONCEPT.  Memory that a supervisor shares with its workers: a place for each
 * worker.  A worker writes its own place and counts all places.  It first
 * enters its client and then counts, so that no limit is exceeded, however many
 * clients connect at once.
 *
 * TRUST.  Workers face the network.  A worker that an attacker has taken over
 * can make others refuse their clients.  The supervisor only reads how many
 * workers are idle, to start more of them up to its own limit.
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

/* n_places: one for each worker.  Returns NULL if there is no memory. */
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
