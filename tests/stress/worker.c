/* SPDX-License-Identifier: ISC */
/*
 * A worker grants and revokes its own pairs, looks all pairs up, and sometimes
 * sweeps, until the run ends or it is killed.
 */
#include "common/word.h"
#include "shmcache/cache.h"
#include "tests/stress/arena.h"
#include "tests/stress/dump.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct worker {
	const struct settings *settings;
	unsigned id;
	uint64_t random;
	struct shmcache *cache; /* for writing */
	struct shmcache *reader;
	struct shmcache *login; /* of a grant under way */
	bool logs_in;           /* opens the table for each grant */
	uint64_t steps_left;    /* until the next accident */
	jmp_buf dead;           /* a thread's way out of an operation */
	struct worker_counts *counts;
};

static _Thread_local struct worker *self;

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift
 * generators" (2016). */
static uint64_t
next_random(struct worker *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return w->random * 0x2545f4914f6cdd1du;
}

/*
 * The clock of the handles.  An operation's first reading is its stamp, so the
 * oracle knows to the second what was written.
 */
static _Thread_local uint32_t op_stamp_s;
static _Thread_local bool op_has_stamp;

uint32_t
worker_clock(void)
{
	const uint32_t now_s = arena_clock();

	if (!op_has_stamp)
		op_stamp_s = now_s;
	op_has_stamp = true;
	return now_s;
}

static void
count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* 198.18.0.0/15, the benchmark network of RFC 2544: never on a wire here. */
static struct addr
address_of(unsigned index)
{
	return (struct addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18,
	    (uint8_t)(index >> 8), (uint8_t)index}};
}

static void
user_of(unsigned pair, char user[16])
{
	snprintf(user, 16, "user%u", pair);
}

/* Users of one address belong to different workers. */
static unsigned
owner_of(const struct settings *settings, unsigned pair)
{
	return (pair / ORACLE_USERS + pair % ORACLE_USERS) %
	       settings->n_workers;
}

static unsigned
own_pair(struct worker *w)
{
	const unsigned n = w->settings->n_addresses * ORACLE_USERS;
	unsigned pair = (unsigned)(next_random(w) % n);

	while (owner_of(w->settings, pair) != w->id)
		pair = (pair + 1) % n;
	return pair;
}

/* The answer, and the oracle's views of all users of the address. */
static void
complain(struct worker *w, _Atomic uint64_t *counter, const char *what,
    const struct oracle_view *views, unsigned n_views,
    const struct oracle_view *wipe, unsigned address, uint32_t before_s,
    uint32_t after_s)
{
	if (counter == &arena->lost_grants &&
	    atomic_load((_Atomic uint64_t *)&w->cache->header->forced) != 0) {
		count(&arena->excused);
		return;
	}
	if (atomic_fetch_add(counter, 1) >= 5)
		return;
	fprintf(stderr,
	    "stress: worker %u: %s: address %u looked up %u..%u, wipe %d "
	    "%u..%u",
	    w->id, what, address, before_s, after_s, (int)wipe->state,
	    wipe->began_s, wipe->ended_s);
	for (unsigned i = 0; i < n_views; i++)
		fprintf(stderr, "; user %d %u..%u", (int)views[i].state,
		    views[i].began_s, views[i].ended_s);
	fprintf(stderr, "\n");
	const struct addr addr = address_of(address);

	dump_address(w->cache, &addr);
}

/* Judge the answer of an operation. */
static void
note_result(struct worker *w, const char *what, int error)
{
	if (error == SHMCACHE_REVOKED || error == SHMCACHE_BUSY)
		count(&w->counts->refused);
	else if (error != 0 && error != SHMCACHE_NO_GRANT &&
		 atomic_fetch_add(&arena->errors, 1) < 5)
		fprintf(stderr, "stress: worker %u: %s: %s\n", w->id, what,
		    shmcache_strerror(error));
}

/* ---- accidents ----------------------------------------------------------- */

/* A killed worker's operation may have happened, until now. */
void
worker_bury(unsigned id)
{
	const uint32_t pair = atomic_load(&arena->open_op[id]);
	const uint32_t wipe = atomic_load(&arena->open_wipe[id]);

	if (pair != 0)
		oracle_set(
		    &arena->pair[pair - 1], ORACLE_MAYBE, 0, arena_clock());
	atomic_store(&arena->open_op[id], 0);
	if (wipe != 0)
		oracle_set(
		    &arena->wipe[wipe - 1], ORACLE_MAYBE, 0, arena_clock());
	atomic_store(&arena->open_wipe[id], 0);
}

/* Kills are spread evenly over the operations of the run. */
static bool
may_die(const struct settings *settings)
{
	const uint64_t due =
	    (uint64_t)((double)settings->kills_wanted * (double)arena_n_ops() /
		       (double)settings->ops_wanted);

	return settings->kills_wanted > 0 &&
	       atomic_load(&arena->n_kills) <= due;
}

static void
die(struct worker *w)
{
	if (!w->settings->has_threads)
		raise(SIGKILL);
	longjmp(w->dead, 1);
}

/* The parent resumes processes (processes.c). */
static void
sleep_for_a_while(struct worker *w)
{
	const uint32_t until_s =
	    arena_clock() + 1 +
	    (uint32_t)(next_random(w) % w->settings->stop_ticks_max);

	if (!w->settings->has_threads) {
		raise(SIGSTOP);
		return;
	}
	while (arena_clock() < until_s && atomic_load(&arena->stop) == 0)
		usleep(100);
}

/*
 * Called before each atomic operation: sometimes the worker stops there for
 * some ticks, or dies there.
 */
void
word_step(void)
{
	struct worker *w = self;

	if (w == NULL || atomic_load(&arena->stop) != 0)
		return;
	if (--w->steps_left == 0) {
		w->steps_left =
		    1 + next_random(w) % (2 * w->settings->steps_between);
		if (next_random(w) % 2 == 0 && may_die(w->settings)) {
			atomic_fetch_add(&arena->n_kills, 1);
			die(w);
		}
		atomic_fetch_add(&arena->n_stops, 1);
		sleep_for_a_while(w);
	}
	if (wrap_happened()) {
		atomic_fetch_add(&arena->n_wraps, 1);
		die(w);
	}
}

/* ---- the work ------------------------------------------------------------ */

static void
log_out(struct worker *w)
{
	wrap_watch(1, NULL);
	shmcache_close(w->login);
	w->login = NULL;
}

static int
grant(struct worker *w, const struct addr *addr, const char *user)
{
	int error;

	if (!w->logs_in)
		return shmcache_grant(w->cache, addr, user);
	error = shmcache_open(w->settings->path, SHMCACHE_LOGIN, &w->login);
	if (error != 0)
		return error;
	w->login->clock_s = worker_clock;
	wrap_watch(1, w->login);
	error = shmcache_grant(w->login, addr, user);
	log_out(w);
	return error;
}

static void
do_grant(struct worker *w)
{
	const unsigned pair = own_pair(w);
	const struct addr addr = address_of(pair / ORACLE_USERS);
	char user[16];
	int error;

	user_of(pair, user);
	atomic_store(&arena->open_op[w->id], pair + 1);
	oracle_set(&arena->pair[pair], ORACLE_BUSY, 0, 0);
	op_has_stamp = false;
	error = grant(w, &addr, user);
	if (error == 0)
		oracle_set(
		    &arena->pair[pair], ORACLE_GRANTED, op_stamp_s, op_stamp_s);
	else
		oracle_set(&arena->pair[pair], ORACLE_MAYBE, 0, arena_clock());
	atomic_store(&arena->open_op[w->id], 0);
	count(&w->counts->grants);
	note_result(w, "grant", error);
}

static void
do_revoke(struct worker *w)
{
	const unsigned pair = own_pair(w);
	const struct addr addr = address_of(pair / ORACLE_USERS);
	size_t n_others;
	char user[16];
	int error;

	user_of(pair, user);
	atomic_store(&arena->open_op[w->id], pair + 1);
	oracle_set(&arena->pair[pair], ORACLE_BUSY, 0, 0);
	error = shmcache_revoke(w->cache, &addr, user, &n_others);
	if (error == 0 || error == SHMCACHE_NO_GRANT)
		oracle_set(&arena->pair[pair], ORACLE_REVOKED, 0, 0);
	else
		oracle_set(&arena->pair[pair], ORACLE_MAYBE, 0, arena_clock());
	atomic_store(&arena->open_op[w->id], 0);
	count(&w->counts->revokes);
	note_result(w, "revoke", error);
}

/* Revoke a whole address. */
static void
do_wipe(struct worker *w)
{
	unsigned index = (unsigned)(next_random(w) % w->settings->n_addresses);
	size_t n_others;
	int error;

	index -= index % w->settings->n_workers;
	index += w->id;
	if (index >= w->settings->n_addresses)
		return;
	const struct addr addr = address_of(index);

	atomic_store(&arena->open_wipe[w->id], index + 1);
	oracle_set(&arena->wipe[index], ORACLE_BUSY, 0, 0);
	op_has_stamp = false;
	error = shmcache_revoke(w->cache, &addr, NULL, &n_others);
	if (error == 0 || error == SHMCACHE_NO_GRANT)
		oracle_set(&arena->wipe[index], ORACLE_REVOKED, op_stamp_s,
		    arena_clock());
	else
		oracle_set(&arena->wipe[index], ORACLE_MAYBE, 0, arena_clock());
	atomic_store(&arena->open_wipe[w->id], 0);
	count(&w->counts->wipes);
	note_result(w, "wipe", error);
}

static void
do_lookup_pair(struct worker *w)
{
	const unsigned n = w->settings->n_addresses * ORACLE_USERS;
	const unsigned pair = (unsigned)(next_random(w) % n);
	const struct addr addr = address_of(pair / ORACLE_USERS);
	struct shmcache_grant got;
	struct oracle_pair *const wipes = &arena->wipe[pair / ORACLE_USERS];
	struct oracle_view view, wipe;
	char user[16];

	user_of(pair, user);
	if (!oracle_read(&arena->pair[pair], &view) ||
	    !oracle_read(wipes, &wipe))
		return;

	const uint32_t before_s = arena_clock();
	const int error = shmcache_lookup(w->reader, &addr, user, &got);
	const uint32_t after_s = arena_clock();

	count(&w->counts->lookups);
	if (!oracle_unchanged(&arena->pair[pair], &view) ||
	    !oracle_unchanged(wipes, &wipe) || wrap_happened())
		return;
	count(&w->counts->judged);
	switch (oracle_judge_wiped(
	    &view, &wipe, before_s, after_s, w->settings->window_s)) {
	case ORACLE_ANYTHING:
		break;
	case ORACLE_MUST:
		if (error != 0)
			complain(w, &arena->lost_grants, "lost", &view, 1,
			    &wipe, pair / ORACLE_USERS, before_s, after_s);
		break;
	case ORACLE_MUST_NOT:
		if (error == 0)
			complain(w, &arena->false_grants, "false", &view, 1,
			    &wipe, pair / ORACLE_USERS, before_s, after_s);
		break;
	}
}

/*
 * An address must be granted while one of its users must be, and must not be
 * granted when none may be.  It names a user only if no other must be there.
 */
static void
do_lookup_address(struct worker *w)
{
	const unsigned index =
	    (unsigned)(next_random(w) % w->settings->n_addresses);
	const struct addr addr = address_of(index);
	struct oracle_pair *pairs = &arena->pair[index * ORACLE_USERS];
	struct oracle_pair *const wipes = &arena->wipe[index];
	struct oracle_view view[ORACLE_USERS], wipe;
	struct shmcache_grant got = {0};
	unsigned n_must = 0, n_must_not = 0;
	bool named_must_not = false, other_must = false;

	if (!oracle_read(wipes, &wipe))
		return;
	for (unsigned u = 0; u < ORACLE_USERS; u++) {
		if (!oracle_read(&pairs[u], &view[u]))
			return;
	}
	const uint32_t before_s = arena_clock();
	const int error = shmcache_lookup(w->reader, &addr, NULL, &got);
	const uint32_t after_s = arena_clock();

	count(&w->counts->lookups);
	if (!oracle_unchanged(wipes, &wipe) || wrap_happened())
		return;
	for (unsigned u = 0; u < ORACLE_USERS; u++) {
		char user[16];
		bool named;

		if (!oracle_unchanged(&pairs[u], &view[u]))
			return;
		user_of(index * ORACLE_USERS + u, user);
		named = error == 0 && got.who == SHMCACHE_WHO_ONE &&
			strcmp(got.user, user) == 0;
		switch (oracle_judge_wiped(&view[u], &wipe, before_s, after_s,
		    w->settings->window_s)) {
		case ORACLE_ANYTHING:
			break;
		case ORACLE_MUST:
			n_must++;
			other_must = other_must ||
				     (error == 0 &&
					 got.who == SHMCACHE_WHO_ONE && !named);
			break;
		case ORACLE_MUST_NOT:
			n_must_not++;
			named_must_not = named_must_not || named;
			break;
		}
	}
	count(&w->counts->judged);
	if (n_must > 0 && error != 0)
		complain(w, &arena->lost_grants, "address lost", view,
		    ORACLE_USERS, &wipe, index, before_s, after_s);
	if (n_must_not == ORACLE_USERS && error == 0)
		complain(w, &arena->false_grants, "address false", view,
		    ORACLE_USERS, &wipe, index, before_s, after_s);
	if (named_must_not || other_must) {
		char what[16 + SHMCACHE_USER_BYTES];

		snprintf(what, sizeof(what), "wrong user %s", got.user);
		complain(w, &arena->wrong_users, what, view, ORACLE_USERS,
		    &wipe, index, before_s, after_s);
	}
}

static void
do_sweep(struct worker *w)
{
	const int error = shmcache_sweep(w->cache, NULL);

	count(&w->counts->sweeps);
	note_result(w, "sweep", error);
}

/* ---- life ---------------------------------------------------------------- */

static struct shmcache *
must_open(const struct settings *settings, enum shmcache_access access)
{
	struct shmcache *cache = NULL;
	const int error = shmcache_open(settings->path, access, &cache);

	if (error != 0) {
		fprintf(stderr, "stress: %s: %s\n", settings->path,
		    shmcache_strerror(error));
		_exit(2);
	}
	cache->clock_s = worker_clock;
	return cache;
}

static void
do_something(struct worker *w)
{
	const unsigned dice = (unsigned)(next_random(w) % 1000);

	if (dice < w->settings->revoke_percent * 10)
		do_revoke(w);
	else if (dice < w->settings->revoke_percent * 12)
		do_wipe(w);
	else if (dice < 400)
		do_grant(w);
	else if (dice < 402)
		do_sweep(w);
	else if (dice < 700)
		do_lookup_pair(w);
	else
		do_lookup_address(w);
	count(&w->counts->ops);
}

void
worker_run(const struct settings *settings, unsigned id, uint64_t seed)
{
	static _Thread_local struct worker w; /* survives longjmp() */

	w = (struct worker){
	    .settings = settings,
	    .id = id,
	    .random = seed * 2 + 1,
	    .counts = &arena->counts[id],
	};

	if (settings->shared != NULL) {
		w.cache = w.reader = settings->shared;
	} else {
		/* Some read by pread, some write as a login does: open, grant,
		 * close. */
		w.cache = must_open(settings, SHMCACHE_WRITE);
		w.reader = must_open(
		    settings, id % 4 == 3 ? SHMCACHE_PREAD : SHMCACHE_READ);
		w.logs_in = id % 4 == 1;
	}
	wrap_watch(0, w.cache);
	w.steps_left = 1 + next_random(&w) % (2 * settings->steps_between);
	self = &w;
	while (atomic_load(&arena->stop) == 0) {
		if (setjmp(w.dead) != 0) {
			log_out(&w);
			worker_bury(id);
			continue;
		}
		wrap_begin();
		do_something(&w);
	}
	self = NULL;
	if (settings->shared == NULL) {
		shmcache_close(w.cache);
		shmcache_close(w.reader);
	}
}

void
house_run(const struct settings *settings)
{
	struct shmcache *cache = settings->shared != NULL
				     ? settings->shared
				     : must_open(settings, SHMCACHE_WRITE);
	struct shmcache_sweep swept;
	bool grown;

	while (settings->is_daemon_dead && atomic_load(&arena->stop) == 0)
		usleep(1000);
	while (atomic_load(&arena->stop) == 0) {
		/* Like the reaper: answer a call at once. */
		const bool is_called = shmcache_wait(cache, 5);

		if ((!is_called && shmcache_sweep(cache, &swept) != 0) ||
		    shmcache_grow(cache, is_called ? NULL : &swept, &grown) !=
			0)
			atomic_fetch_add(&arena->errors, 1);
	}
	if (settings->shared == NULL)
		shmcache_close(cache);
}
