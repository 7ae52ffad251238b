/* SPDX-License-Identifier: ISC */
/*
 * scoreboard - which client each worker of a listener serves.
 *
 * CONCEPT.  Memory that a supervisor shares with its workers: a place for each
 * worker of all generations.  A worker writes its own place and counts all
 * places.  It first enters its client and then counts, so that no limit is
 * exceeded, however many clients connect at once.
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

/* Returns NULL if there is no memory.  Unused places take none. */
struct scoreboard *scoreboard_new(uint32_t n_places);
void scoreboard_free(struct scoreboard *board);

/* How many places, from the first, may be in use; others are not counted. */
void scoreboard_use(struct scoreboard *board, uint32_t n_places);

/* client: of a busy worker; a prefix (cidr.h), so that it can be compared. */
void scoreboard_set(struct scoreboard *board, uint32_t place,
    enum scoreboard_state state, const struct addr *client);

/* Idle workers will end, and are not counted any more. */
void scoreboard_retire(struct scoreboard *board);

/* How many workers are in a state. */
uint32_t scoreboard_count(
    const struct scoreboard *board, enum scoreboard_state state);

/* Busy workers: all, of this client, and of the wider network around it. */
struct scoreboard_tally {
	uint32_t n_busy;
	uint32_t n_client;
	uint32_t n_wider;
};

/* wider: masked to its first wider_bits (cidr.h). */
void scoreboard_tally(const struct scoreboard *board, const struct addr *client,
    const struct addr *wider, unsigned wider_bits,
    struct scoreboard_tally *tally_out);

#endif
