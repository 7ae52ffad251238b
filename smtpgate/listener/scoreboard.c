/* SPDX-License-Identifier: ISC */
/*
 * scoreboard - which client each worker of a listener serves.
 *
 * All atomics are sequentially consistent: if two workers enter their clients
 * and then count, at least one of them sees the other.
 */
#include "smtpgate/listener/scoreboard.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

struct place {
	_Atomic uint32_t state;
	_Atomic uint64_t client[2];
};

struct scoreboard {
	size_t bytes; /* of the mapping */
	uint32_t n_places;
	struct place places[];
};

struct scoreboard *
scoreboard_new(uint32_t n_places)
{
	size_t bytes =
	    sizeof(struct scoreboard) + (size_t)n_places * sizeof(struct place);
	struct scoreboard *board = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (board == MAP_FAILED)
		return NULL;
	board->bytes = bytes;
	board->n_places = n_places;
	return board;
}

void
scoreboard_free(struct scoreboard *board)
{
	if (board != NULL)
		munmap(board, board->bytes);
}

void
scoreboard_set(struct scoreboard *board, uint32_t place,
    enum scoreboard_state state, const struct addr *client)
{
	struct place *here = &board->places[place];
	uint64_t words[2];

	if (client != NULL) {
		memcpy(words, client->bytes, sizeof(words));
		atomic_store(&here->client[0], words[0]);
		atomic_store(&here->client[1], words[1]);
	}
	atomic_store(&here->state, (uint32_t)state);
}

uint32_t
scoreboard_count(const struct scoreboard *board, enum scoreboard_state state)
{
	uint32_t i, n = 0;

	for (i = 0; i < board->n_places; i++)
		n += atomic_load(&board->places[i].state) == (uint32_t)state;
	return n;
}

uint32_t
scoreboard_count_client(
    const struct scoreboard *board, const struct addr *client)
{
	uint64_t words[2];
	uint32_t i, n = 0;

	memcpy(words, client->bytes, sizeof(words));
	for (i = 0; i < board->n_places; i++) {
		const struct place *there = &board->places[i];

		n += atomic_load(&there->state) == SCOREBOARD_BUSY &&
		     atomic_load(&there->client[0]) == words[0] &&
		     atomic_load(&there->client[1]) == words[1];
	}
	return n;
}
