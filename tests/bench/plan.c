/* SPDX-License-Identifier: ISC */
#include "tests/bench/plan.h"

#include "tests/bench/crew.h"
#include "tests/bench/results.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A peer whose refill and sweep take longer is swept once for each size. */
#define SWEEP_AGAIN_NS UINT64_C(700000000)

/* The memory that a peer may need for a client: a page, an inode, a name. */
#define ROOM_BYTES 6000

struct phase {
	const struct plan *plan;
	unsigned size;
	uint32_t n;
	bool takes_part[PEERS_MAX];
	uint64_t n_wrong;
};

bool
plan_has(const struct plan *plan, unsigned peer)
{
	const char *name = peers[peer]->name;
	const size_t len = strlen(name);

	if (plan->only == NULL)
		return true;
	for (const char *at = plan->only; (at = strstr(at, name)) != NULL;
	     at += len) {
		if ((at == plan->only || at[-1] == ',') &&
		    (at[len] == '\0' || at[len] == ','))
			return true;
	}
	return false;
}

static void
leave_out(struct phase *phase, unsigned peer, const char *what, int error)
{
	fprintf(stderr, "bench: %s is left out at %u entries: %s: %s\n",
	    peers[peer]->name, phase->n, what,
	    error != 0 ? strerror(-error) : "wrong answers");
	phase->takes_part[peer] = false;
	if (peers[peer]->kind == PEER_OURS)
		errx(1, "without our own figures there is nothing to compare");
}

static struct crew_order
order_of(const struct phase *phase, unsigned peer, enum crew_job job)
{
	return (struct crew_order){
	    .job = job,
	    .peer = peer,
	    .n = phase->n,
	    .slice_ns = phase->plan->slice_ns,
	};
}

/* One job by one member. */
static int
do_one(const struct phase *phase, unsigned peer, enum crew_job job,
    unsigned member)
{
	const struct crew_order order = order_of(phase, peer, job);

	return crew_do(&order, member, 1);
}

static struct cell
cell_of(const struct phase *phase, unsigned peer, unsigned measure)
{
	return (struct cell){
	    .peer = peer,
	    .size = phase->size,
	    .measure = measure,
	};
}

/* ---- the stores ----------------------------------------------------------- */

static void
clear_dir(unsigned peer)
{
	char dir[256], command[300];

	crew_dir(peer, dir);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		fprintf(stderr, "bench: could not remove %s\n", dir);
}

static int
make_dir(unsigned peer, uint64_t room)
{
	struct statvfs fs;
	char dir[256];

	crew_dir(peer, dir);
	if (mkdir(dir, 0755) == -1 || statvfs(dir, &fs) == -1)
		return -errno;
	if (fs.f_bavail * fs.f_bsize < room)
		return -ENOSPC;
	return 0;
}

/* Whether one member reads what another one wrote. */
static bool
is_shared(const struct phase *phase, unsigned peer)
{
	static const struct {
		enum crew_job job;
		unsigned member;
		uint64_t value;
	} steps[] = {
	    {CREW_PRESENCE, 1, 0},
	    {CREW_INSERT, 0, 0},
	    {CREW_PRESENCE, 1, 1},
	    {CREW_REMOVE, 0, 0},
	    {CREW_PRESENCE, 1, 0},
	};

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct crew_order order = order_of(phase, peer, steps[i].job);

		order.number = BENCH_FRESH_FIRST;
		if (crew_do(&order, steps[i].member, 1) != 0 ||
		    crew->result[steps[i].member].value != steps[i].value)
			return false;
	}
	return true;
}

static void
measure_bytes(const struct phase *phase, unsigned peer)
{
	const struct cell cell = cell_of(phase, peer, MEASURE_BYTES);

	if (do_one(phase, peer, CREW_BYTES, 0) == 0)
		results_put(&cell, 0, (double)crew->result[0].value / phase->n);
}

static void
set_up(struct phase *phase, unsigned peer)
{
	struct crew_order order;
	int error;

	if ((error = make_dir(peer, (uint64_t)phase->n * ROOM_BYTES)) != 0) {
		leave_out(phase, peer, "directory", error);
		return;
	}
	if ((error = do_one(phase, peer, CREW_CREATE, 0)) != 0) {
		leave_out(phase, peer, "making it", error);
		return;
	}
	order = order_of(phase, peer, CREW_OPEN);
	if ((error = crew_do(&order, 1, CREW_MAX - 1)) != 0)
		leave_out(phase, peer, "opening it", error);
	else if (!is_shared(phase, peer))
		leave_out(phase, peer, "sharing it", 0);
	else if ((error = do_one(phase, peer, CREW_CHECK, 1)) != 0 ||
		 crew->result[1].n_wrong != 0)
		leave_out(phase, peer, "checking it", error);
	else
		measure_bytes(phase, peer);
}

static void
tear_down(struct phase *phase, unsigned peer)
{
	/* Threads share their handle; the maker is the last to close. */
	const bool shared = peers[peer]->kind == PEER_THREADS;

	for (unsigned i = shared ? 1 : CREW_MAX; i-- > 0;)
		do_one(phase, peer, CREW_CLOSE, i);
	clear_dir(peer);
}

/* ---- throughput ----------------------------------------------------------- */

static void
measure_op(struct phase *phase, unsigned round, unsigned peer, unsigned procs,
    enum load_keys keys, enum load_op op)
{
	struct crew_order order = order_of(phase, peer, CREW_RUN);
	struct cell cell = cell_of(phase, peer, op);
	double ops_per_s = 0;
	int error;

	order.op = op;
	order.keys = keys;
	cell.procs = procs;
	cell.keys = keys;
	if ((error = crew_do(&order, 0, results_procs[procs])) != 0) {
		leave_out(phase, peer, load_op_name[op], error);
		return;
	}
	for (unsigned i = 0; i < results_procs[procs]; i++) {
		const struct crew_result *result = &crew->result[i];

		ops_per_s += (double)result->n_ops * 1e9 / (double)result->ns;
		phase->n_wrong += result->n_wrong;
		if (result->n_wrong != 0)
			fprintf(stderr,
			    "bench: %s: %llu of %llu answers to %s are "
			    "wrong\n",
			    peers[peer]->name,
			    (unsigned long long)result->n_wrong,
			    (unsigned long long)result->n_ops,
			    load_op_name[op]);
	}
	results_put(&cell, round, ops_per_s);
}

/* Each peer that takes part, in this round's order. */
#define FOR_EACH_PEER(peer, phase, round)                                      \
	for (unsigned turn_ = 0, peer;                                         \
	     turn_ < n_peers() &&                                              \
	     (peer = (turn_ + (round)) % n_peers(), true);                     \
	     turn_++)                                                          \
		if ((phase)->takes_part[peer])

static unsigned
n_peers(void)
{
	unsigned n = 0;

	while (peers[n] != NULL)
		n++;
	return n;
}

static void
run_round(struct phase *phase, unsigned round)
{
	for (enum load_keys keys = 0; keys < LOAD_KEYS_MAX; keys++)
		for (unsigned procs = 0; procs < PROCS_MAX; procs++)
			for (enum load_op op = 0; op < LOAD_OPS_MAX; op++) {
				/* A new client has no popularity. */
				if (op == LOAD_INSERT && keys != LOAD_UNIFORM)
					continue;
				FOR_EACH_PEER(peer, phase, round)
				measure_op(phase, round, peer, procs, keys, op);
			}
}

/* ---- one shot, sweep ------------------------------------------------------ */

static void
measure_one_shot(struct phase *phase, unsigned round, unsigned peer,
    enum crew_job job, unsigned measure)
{
	const struct cell cell = cell_of(phase, peer, measure);
	const struct crew_result *result = &crew->result[CREW_ONE_SHOT];
	int error;

	if (peers[peer]->is_resident || peers[peer]->kind == PEER_LIMIT)
		return;
	if ((error = do_one(phase, peer, job, CREW_ONE_SHOT)) != 0) {
		leave_out(phase, peer, "one shot", error);
		return;
	}
	phase->n_wrong += result->n_wrong;
	results_put(
	    &cell, round, (double)result->ns / (double)result->n_ops / 1e3);
}

static void
one_shot_round(struct phase *phase, unsigned round)
{
	FOR_EACH_PEER(peer, phase, round)
	measure_one_shot(
	    phase, round, peer, CREW_ONE_SHOT_LOOKUP, MEASURE_ONE_SHOT_LOOKUP);
	FOR_EACH_PEER(peer, phase, round)
	measure_one_shot(
	    phase, round, peer, CREW_ONE_SHOT_WRITE, MEASURE_ONE_SHOT_WRITE);
}

/* Returns the time; removed_min, _max: how many must be removed. */
static uint64_t
measure_sweep(struct phase *phase, unsigned round, unsigned peer,
    unsigned measure, uint64_t removed_min, uint64_t removed_max)
{
	const struct cell cell = cell_of(phase, peer, measure);
	const struct crew_result *result = &crew->result[0];
	const int error = do_one(phase, peer, CREW_SWEEP, 0);

	if (error != 0) {
		leave_out(phase, peer, "sweep", error);
		return 0;
	}
	if (result->value < removed_min || result->value > removed_max) {
		fprintf(stderr, "bench: %s: a sweep removed %llu\n",
		    peers[peer]->name, (unsigned long long)result->value);
		phase->n_wrong++;
	}
	results_put(&cell, round, (double)result->ns / 1e6);
	return result->ns;
}

static void
sweep_rounds(struct phase *phase)
{
	const uint64_t n = phase->n;
	bool again[PEERS_MAX];

	memset(again, true, sizeof(again));
	for (unsigned round = 0; round < phase->plan->n_rounds; round++)
		FOR_EACH_PEER(peer, phase, round)
		{
			if (peers[peer]->sweep != NULL && again[peer])
				again[peer] = measure_sweep(phase, round, peer,
						  MEASURE_SWEEP_IDLE, 0,
						  0) < SWEEP_AGAIN_NS;
		}

	memset(again, true, sizeof(again));
	for (unsigned round = 0; round < phase->plan->n_rounds; round++) {
		if (round > 0)
			FOR_EACH_PEER(peer, phase, round)
			{
				const uint64_t begin = bench_mono_ns();

				if (peers[peer]->sweep == NULL || !again[peer])
					continue;
				do_one(phase, peer, CREW_FILL, 0);
				if (bench_mono_ns() - begin > SWEEP_AGAIN_NS)
					again[peer] = false;
			}
		crew->offset += BENCH_WINDOW;
		FOR_EACH_PEER(peer, phase, round)
		{
			/* One of ours stores two keys a client. */
			if (peers[peer]->sweep != NULL && again[peer])
				again[peer] = measure_sweep(phase, round, peer,
						  MEASURE_SWEEP_EXPIRED, n,
						  2 * n) < SWEEP_AGAIN_NS;
		}
	}
}

/* ---- a size --------------------------------------------------------------- */

uint64_t
plan_size(const struct plan *plan, unsigned size)
{
	struct phase phase = {
	    .plan = plan,
	    .size = size,
	    .n = results_sizes[size],
	};
	bool was_set_up[PEERS_MAX] = {false};

	for (enum load_keys keys = 0; keys < LOAD_KEYS_MAX; keys++)
		load_draw(crew->draws[keys], keys, phase.n);
	fprintf(stderr, "== %u entries: filling", phase.n);
	for (unsigned peer = 0; peer < n_peers(); peer++) {
		if (!plan_has(plan, peer))
			continue;
		fprintf(stderr, " %s", peers[peer]->name);
		phase.takes_part[peer] = true;
		was_set_up[peer] = true;
		set_up(&phase, peer);
	}
	fprintf(stderr, "\n== %u entries: round", phase.n);
	for (unsigned round = 0; round < plan->n_rounds; round++) {
		fprintf(stderr, " %u", round + 1);
		run_round(&phase, round);
		one_shot_round(&phase, round);
	}
	fprintf(stderr, ", sweeps\n");
	sweep_rounds(&phase);
	for (unsigned peer = 0; peer < n_peers(); peer++) {
		if (was_set_up[peer])
			tear_down(&phase, peer);
	}
	return phase.n_wrong;
}
