/* SPDX-License-Identifier: ISC */
/*
 * arena - the memory that parent and workers of a stress run share, besides the
 * table.
 */
#ifndef STRESS_ARENA_H
#define STRESS_ARENA_H

#include "tests/stress/oracle.h"
#include "tests/stress/wrap.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#define WORKERS_MAX 16
#define ADDRESSES_MAX 65536

struct settings {
	uint64_t seed;
	uint64_t ops_wanted;
	uint64_t kills_wanted;
	unsigned n_workers;
	unsigned n_addresses;   /* shared out among users of several owners */
	unsigned capacity_log2; /* to begin with */
	unsigned capacity_max_log2;
	unsigned n_rounds; /* each with a table of its own */
	unsigned tick_us;  /* of real time a second of the run's clock */
	uint32_t window_s; /* of the run's clock */
	bool is_daemon_dead;
	unsigned revoke_percent;
	unsigned stop_ticks_max; /* the longest SIGSTOP, in ticks */
	uint64_t steps_between;  /* accidents, on average, of one worker */
	const char *path;
	bool has_threads; /* instead of processes */
	/* Shared by threads, because a race detector compares addresses.
	 * Processes have their own handles, and NULL here. */
	struct shmcache *shared;
};

struct worker_counts {
	_Atomic uint64_t ops, grants, lookups, revokes, wipes, sweeps, judged;
	_Atomic uint64_t refused; /* SHMCACHE_REVOKED, _BUSY */
};

struct arena {
	_Atomic uint32_t clock_s;
	_Atomic uint32_t stop;
	_Atomic uint64_t n_kills, n_stops;
	_Atomic uint64_t n_wraps; /* see wrap.h */
	_Atomic uint64_t n_claims;
	_Atomic uint32_t claims[WRAP_SLOTS_MAX];
	/* lost because live grants had to make room, by the table's counter */
	_Atomic uint64_t excused;
	_Atomic uint64_t false_grants, lost_grants, wrong_users, errors;
	struct worker_counts counts[WORKERS_MAX];
	_Atomic uint32_t open_op[WORKERS_MAX];   /* pair + 1 under way, or 0 */
	_Atomic uint32_t open_wipe[WORKERS_MAX]; /* address + 1, or 0 */
	struct oracle_pair wipe[ADDRESSES_MAX];
	struct oracle_pair pair[ADDRESSES_MAX * ORACLE_USERS];
};

extern struct arena *arena;

/* The run's clock. */
uint32_t arena_clock(void);

uint64_t arena_n_ops(void);

/* The clock of all handles: an operation keeps its first reading. */
uint32_t worker_clock(void);

/* Both return when arena->stop is set. */
void house_run(const struct settings *settings);
void worker_run(const struct settings *settings, unsigned id, uint64_t seed);

/* A killed worker's operation may have happened, until now. */
void worker_bury(unsigned id);

#endif
