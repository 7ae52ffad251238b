/* SPDX-License-Identifier: ISC */
/*
 * One order, carried out by one member.
 *
 * Every answer is checked: a hit that misses and a miss that hits are counted,
 * because wrong answers could be fast.
 *
 * Inserts.  New clients are inserted in batches, timed, and removed again,
 * untimed, so that the table keeps its size; a batch of all members together is
 * a thirty-second of the table.
 */
#include "tests/bench/crew.h"

#include <errno.h>
#include <stddef.h>

/* Operations between two readings of the clock. */
#define STRIDE 64

#define BATCH_OF(n, n_members) ((n) / 32 / (n_members))
#define FRESH_EACH ((BENCH_MISS_FIRST - BENCH_FRESH_FIRST) / CREW_MAX)

#define N_CHECKED 2000
#define MIXED_WRITE_EVERY 20

struct run {
	const struct peer *peer;
	void *handle;
	const uint32_t *draws;
	uint32_t at; /* in draws */
	uint64_t n_wrong;
	int error;
};

static uint32_t
next_draw(struct run *run)
{
	return run->draws[run->at++ & (LOAD_DRAWS - 1)];
}

static void
note(struct run *run, int got, int wanted)
{
	if (got < 0)
		run->error = got;
	else if (got != wanted)
		run->n_wrong++;
}

static void
look_up(struct run *run, uint32_t number, int wanted)
{
	struct client client;
	struct answer answer;

	client_init(&client, number);
	note(run, run->peer->lookup(run->handle, &client, &answer), wanted);
}

static void
refresh(struct run *run, uint32_t number)
{
	struct client client;

	client_init(&client, number);
	client_name(&client);
	note(run, run->peer->refresh(run->handle, &client), 1);
}

static void
stride(struct run *run, enum load_op op)
{
	unsigned i;

	switch (op) {
	case LOAD_HIT:
		for (i = 0; i < STRIDE; i++)
			look_up(run, next_draw(run), 1);
		break;
	case LOAD_MISS:
		for (i = 0; i < STRIDE; i++)
			look_up(run, BENCH_MISS_FIRST | next_draw(run), 0);
		break;
	case LOAD_REFRESH:
		for (i = 0; i < STRIDE; i++)
			refresh(run, next_draw(run));
		break;
	case LOAD_MIXED:
		for (i = 0; i < STRIDE; i++) {
			if (run->at % MIXED_WRITE_EVERY == 0)
				refresh(run, next_draw(run));
			else
				look_up(run, next_draw(run), 1);
		}
		break;
	case LOAD_INSERT: /* run_inserts() */
	case LOAD_OPS_MAX:
		break;
	}
}

static void
run_strides(
    struct run *run, const struct crew_order *order, struct crew_result *result)
{
	const uint64_t begin = bench_mono_ns();
	uint64_t now = begin;

	while (now - begin < order->slice_ns && run->error == 0) {
		stride(run, order->op);
		result->n_ops += STRIDE;
		now = bench_mono_ns();
	}
	result->ns = now - begin;
}

/* Insert, timed, at most n new clients from the given one on; how many. */
static uint32_t
insert_batch(struct run *run, uint32_t first, uint32_t n, uint64_t slice_ns,
    struct crew_result *result)
{
	const uint64_t begin = bench_mono_ns();
	uint64_t now = begin;
	uint32_t done = 0;

	while (done < n && result->ns + (now - begin) < slice_ns &&
	       run->error == 0) {
		const uint32_t end = n - done < STRIDE ? n : done + STRIDE;

		for (; done < end; done++) {
			struct client client;

			client_init(&client, first + done);
			client_name(&client);
			note(run, run->peer->insert(run->handle, &client), 0);
		}
		now = bench_mono_ns();
	}
	result->ns += now - begin;
	result->n_ops += done;
	return done;
}

static void
remove_batch(struct run *run, uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n && run->error == 0; i++) {
		struct client client;

		client_init(&client, first + i);
		client_name(&client);
		note(run, run->peer->remove(run->handle, &client), 0);
	}
}

static void
run_inserts(struct run *run, const struct crew_order *order, unsigned member,
    struct crew_result *result)
{
	static _Thread_local uint32_t n_used[PEERS_MAX];
	const uint32_t batch = BATCH_OF(order->n, order->n_members);

	while (result->ns < order->slice_ns && run->error == 0) {
		uint32_t *used = &n_used[order->peer];
		uint32_t first, done;

		if (*used + batch > FRESH_EACH)
			*used = 0;
		first = BENCH_FRESH_FIRST + member * FRESH_EACH + *used;
		done = insert_batch(run, first, batch, order->slice_ns, result);
		remove_batch(run, first, done);
		*used += done;
	}
}

/* ---- answers -------------------------------------------------------------- */

static void
check_hit(struct run *run, uint32_t number)
{
	struct client client;
	struct answer answer = {0};

	client_init(&client, number);
	client_name(&client);
	note(run, run->peer->lookup(run->handle, &client, &answer), 1);
	/* Files and our address keys without a user name none. */
	if (answer.user[0] != '\0' &&
	    memcmp(answer.user, client.user, sizeof(answer.user)) != 0)
		run->n_wrong++;
	if (answer.age >= BENCH_WINDOW)
		run->n_wrong++;
}

static void
check(struct run *run)
{
	for (unsigned i = 0; i < N_CHECKED; i++) {
		check_hit(run, next_draw(run));
		look_up(run, BENCH_MISS_FIRST | next_draw(run), 0);
	}
}

/* ---- one shot ------------------------------------------------------------- */

static int
one_shot(const struct peer *peer, const struct crew_order *order,
    const char *dir, const struct client *client)
{
	struct answer answer;
	void *handle;
	int got;

	if (order->job == CREW_ONE_SHOT_LOOKUP && peer->one_shot != NULL)
		return peer->one_shot(dir, order->n, client, &answer);
	if ((got = peer->open(dir, order->n, &handle)) != 0)
		return got;
	got = order->job == CREW_ONE_SHOT_LOOKUP
		  ? peer->lookup(handle, client, &answer)
		  : peer->refresh(handle, client);
	peer->close(handle);
	return got;
}

static void
run_one_shots(
    struct run *run, const struct crew_order *order, struct crew_result *result)
{
	const uint64_t begin = bench_mono_ns();
	char dir[256];

	crew_dir(order->peer, dir);
	do {
		struct client client;

		client_init(&client, next_draw(run));
		client_name(&client);
		note(run, one_shot(run->peer, order, dir, &client), 1);
		result->n_ops++;
		result->ns = bench_mono_ns() - begin;
	} while (result->ns < order->slice_ns && run->error == 0);
}

/* ---- orders --------------------------------------------------------------- */

static int
fill(struct run *run, uint32_t n)
{
	if (run->peer->fill != NULL)
		return run->peer->fill(run->handle, n);
	for (uint32_t i = 0; i < n && run->error == 0; i++) {
		struct client client;

		client_init(&client, i);
		client_name(&client);
		note(run, run->peer->insert(run->handle, &client), 0);
	}
	return run->error;
}

static int
sweep(struct run *run, struct crew_result *result)
{
	const uint64_t begin = bench_mono_ns();
	const int error = run->peer->sweep(run->handle, &result->value);

	result->ns = bench_mono_ns() - begin;
	return error;
}

static void
one_client(
    struct run *run, const struct crew_order *order, struct crew_result *result)
{
	struct client client;
	struct answer answer;
	int got;

	client_init(&client, order->number);
	client_name(&client);
	if (order->job == CREW_INSERT)
		got = run->peer->insert(run->handle, &client);
	else if (order->job == CREW_REMOVE)
		got = run->peer->remove(run->handle, &client);
	else
		got = run->peer->lookup(run->handle, &client, &answer);
	run->error = got < 0 ? got : 0;
	result->value = (uint64_t)got;
}

void
work(const struct crew_order *order, unsigned member, void **handle,
    struct crew_result *result)
{
	const struct peer *peer = peers[order->peer];
	struct run run = {
	    .peer = peer,
	    .handle = *handle,
	    .draws = crew->draws[order->keys],
	    .at = member * (LOAD_DRAWS / (CREW_MAX + 1)) +
		  (uint32_t)bench_mono_ns() % (LOAD_DRAWS / (CREW_MAX + 1)),
	};
	char dir[256];

	crew_dir(order->peer, dir);
	switch (order->job) {
	case CREW_CREATE:
		run.error = peer->create(dir, order->n, handle);
		run.handle = *handle;
		if (run.error == 0)
			run.error = fill(&run, order->n);
		break;
	case CREW_OPEN:
		run.error = peer->open(dir, order->n, handle);
		break;
	case CREW_CLOSE:
		if (*handle != NULL)
			peer->close(*handle);
		*handle = NULL;
		break;
	case CREW_FILL:
		run.error = fill(&run, order->n);
		break;
	case CREW_CHECK:
		check(&run);
		break;
	case CREW_PRESENCE:
	case CREW_INSERT:
	case CREW_REMOVE:
		one_client(&run, order, result);
		break;
	case CREW_RUN:
		if (order->op == LOAD_INSERT)
			run_inserts(&run, order, member, result);
		else
			run_strides(&run, order, result);
		break;
	case CREW_SWEEP:
		run.error = sweep(&run, result);
		break;
	case CREW_BYTES:
		run.error = peer->bytes(*handle, &result->value);
		break;
	case CREW_ONE_SHOT_LOOKUP:
	case CREW_ONE_SHOT_WRITE:
		run_one_shots(&run, order, result);
		break;
	}
	result->error = run.error;
	result->n_wrong = run.n_wrong;
}
