/* SPDX-License-Identifier: ISC */
/*
 * crew - the processes (and, for threads' peers, threads) that do the work.
 *
 * CONCEPT.  Members are made once and carry out orders, so that no fork(2),
 * opening or page fault is measured.  Members 0 to CREW_MAX - 1 keep their
 * stores open; the member CREW_ONE_SHOT does not, because several libraries
 * forbid that a process opens a store twice.
 *
 * A member that dies or does not answer within two minutes ends the run.
 */
#ifndef POPAUTH_TESTS_BENCH_CREW_H
#define POPAUTH_TESTS_BENCH_CREW_H

#include "tests/bench/load.h"
#include "tests/bench/peer.h"

#define CREW_MAX 4
#define CREW_ONE_SHOT CREW_MAX

enum crew_job {
	CREW_CREATE = 0, /* make the store, open it, fill it */
	CREW_OPEN,
	CREW_CLOSE,
	CREW_FILL,
	CREW_CHECK,           /* do the answers hold? n_wrong */
	CREW_PRESENCE,        /* is the client `number` there? value */
	CREW_INSERT,          /* the client `number` */
	CREW_REMOVE,          /* likewise */
	CREW_RUN,             /* op, for slice_ns: n_ops in ns */
	CREW_SWEEP,           /* once: ns, value = removed */
	CREW_BYTES,           /* value */
	CREW_ONE_SHOT_LOOKUP, /* n_ops in ns */
	CREW_ONE_SHOT_WRITE,  /* likewise: open, refresh, close */
};

struct crew_order {
	enum crew_job job;
	unsigned peer; /* in peers[] */
	uint32_t n;    /* clients in the table */
	enum load_op op;
	enum load_keys keys;
	unsigned n_members;
	uint64_t slice_ns;
	uint32_t number;
};

struct crew_result {
	int error; /* negative errno */
	uint64_t n_ops;
	uint64_t ns;
	uint64_t n_wrong;
	uint64_t value;
};

/* Shared by parent and members; the parent fills the draws. */
struct crew_shared {
	uint32_t offset; /* of the clock */
	struct crew_order order;
	struct crew_result result[CREW_MAX + 1];
	uint32_t draws[LOAD_KEYS_MAX][LOAD_DRAWS];
};

extern struct crew_shared *crew;

/* dir: an empty directory; each peer gets one of its own below. */
int crew_start(const char *dir);
void crew_stop(void);

/*
 * Have the order carried out by n_members members from the first one on, and
 * wait.  Results are in crew->result.
 * Returns 0 or the first member's error.
 */
int crew_do(const struct crew_order *order, unsigned first, unsigned n_members);

/* The directory of a peer. */
void crew_dir(unsigned peer, char path[static 256]);

/* ---- work.c --------------------------------------------------------------- */

/* Carry out one order, as one member; handle: where its handle is kept. */
void work(const struct crew_order *order, unsigned member, void **handle,
    struct crew_result *result);

#endif
