/* SPDX-License-Identifier: ISC */
/*
 * All atomics are sequentially consistent: if two workers enter their clients
 * and then count, at least one of them sees the other.
 */
#include "smtpgate/listener/scoreboard.h"

#include "common/cidr.h"

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
	_Atomic uint32_t n_used;
	struct place places[];
};

struct scoreboard *
scoreboard_new(uint32_t n_places)
{
	size_t bytes =
	    sizeof(struct scoreboard) + (size_t)n_places * sizeof(struct place);
	struct scoreboard *board = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

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
scoreboard_use(struct scoreboard *board, uint32_t n_places)
{
	atomic_store(&board->n_used, n_places);
}

/* Another process may have written anything there. */
static uint32_t
n_used(const struct scoreboard *board)
{
	uint32_t n = atomic_load(&board->n_used);

	return n < board->n_places ? n : board->n_places;
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

void
scoreboard_retire(struct scoreboard *board)
{
	uint32_t i, n = n_used(board), idle;

	/* CAS: the worker may just have got a client. */
	for (i = 0; i < n; i++) {
		idle = SCOREBOARD_IDLE;
		(void)atomic_compare_exchange_strong(
		    &board->places[i].state, &idle, SCOREBOARD_EMPTY);
	}
}

uint32_t
scoreboard_count(const struct scoreboard *board, enum scoreboard_state state)
{
	uint32_t i, n = n_used(board), n_found = 0;

	for (i = 0; i < n; i++)
		n_found +=
		    atomic_load(&board->places[i].state) == (uint32_t)state;
	return n_found;
}

void
scoreboard_tally(const struct scoreboard *board, const struct addr *client,
    const struct addr *wider, unsigned wider_bits,
    struct scoreboard_tally *tally_out)
{
	struct scoreboard_tally tally = {0};
	struct addr there;
	uint32_t i, n = n_used(board);
	uint64_t words[2];

	for (i = 0; i < n; i++) {
		const struct place *place = &board->places[i];

		if (atomic_load(&place->state) != SCOREBOARD_BUSY)
			continue;
		words[0] = atomic_load(&place->client[0]);
		words[1] = atomic_load(&place->client[1]);
		memcpy(there.bytes, words, sizeof(words));
		tally.n_busy++;
		tally.n_client += addr_equal(&there, client);
		addr_mask(&there, wider_bits);
		tally.n_wider += addr_equal(&there, wider);
	}
	*tally_out = tally;
}
