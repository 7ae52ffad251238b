/* SPDX-License-Identifier: ISC */
/*
 * stress - processes that grant, look up, revoke and sweep one table, while
 * their parent kills them and stops them at random instants.
 *
 * Exit status 0: no false grant, no lost grant, no wrong user, no hang.
 * The seed is printed; the same seed repeats the workers' choices, though not
 * the machine's scheduling.
 */
#include "shmcache/cache.h"
#include "tests/stress/arena.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct arena *arena;

uint32_t
arena_clock(void)
{
	return atomic_load(&arena->clock_s);
}

/* ---- the parent's dice and clock ------------------------------------------ */

static uint64_t parent_random;

static uint64_t
dice(uint64_t n)
{
	parent_random =
	    parent_random * 6364136223846793005u + 1442695040888963407u;
	return (parent_random >> 33) % n;
}

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static uint64_t
total(size_t offset)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		const char *counts = (const char *)&arena->counts[i];

		sum += atomic_load(
		    (const _Atomic uint64_t *)(const void *)(counts + offset));
	}
	return sum;
}

#define TOTAL(field) total(offsetof(struct worker_counts, field))

/* ---- workers ---------------------------------------------------------------- */

struct child {
	pid_t pid;
	uint32_t stopped_until; /* 0: runs */
};

static struct child children[WORKERS_MAX];

static void
spawn(const struct settings *settings, unsigned id)
{
	const uint64_t seed = settings->seed ^ dice(UINT32_MAX);
	const pid_t pid = fork();

	if (pid == -1) {
		perror("stress: fork");
		exit(2);
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		worker_run(settings, id, seed);
	}
	children[id] = (struct child){.pid = pid};
}

/* popauthd's part, which is killed like the workers, but never stopped: a
 * table that cannot grow loses grants, and says so. */
static pid_t house;

static void
spawn_house(const struct settings *settings)
{
	house = fork();
	if (house == -1) {
		perror("stress: fork");
		exit(2);
	}
	if (house == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		house_run(settings);
	}
}

/* What a killed worker had begun may have happened, until now. */
static void
bury(unsigned id)
{
	const uint32_t pair = atomic_load(&arena->open_op[id]);

	if (pair != 0)
		oracle_set(
		    &arena->pair[pair - 1], ORACLE_MAYBE, 0, arena_clock());
	atomic_store(&arena->open_op[id], 0);
	const uint32_t wipe = atomic_load(&arena->open_wipe[id]);

	if (wipe != 0)
		oracle_set(
		    &arena->wipe[wipe - 1], ORACLE_MAYBE, 0, arena_clock());
	atomic_store(&arena->open_wipe[id], 0);
}

static void
kill_house(const struct settings *settings)
{
	kill(house, SIGKILL);
	waitpid(house, NULL, 0);
	spawn_house(settings);
}

/* A worker stopped itself: let it sleep for a while. */
static void
note_stop(const struct settings *settings, unsigned id)
{
	children[id].stopped_until =
	    arena_clock() + 1 + (uint32_t)dice(settings->stop_ticks_max);
}

static void
wake_sleepers(const struct settings *settings)
{
	for (unsigned i = 0; i < settings->n_workers; i++) {
		if (children[i].stopped_until != 0 &&
		    (int32_t)(arena_clock() - children[i].stopped_until) >= 0) {
			children[i].stopped_until = 0;
			kill(children[i].pid, SIGCONT);
		}
	}
}

/* See which workers had an accident. */
static void
look_after(const struct settings *settings)
{
	for (unsigned i = 0; i < settings->n_workers; i++) {
		int status;

		if (waitpid(children[i].pid, &status, WNOHANG | WUNTRACED) !=
		    children[i].pid)
			continue;
		if (WIFSTOPPED(status)) {
			note_stop(settings, i);
		} else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
			bury(i);
			spawn(settings, i);
		} else {
			fprintf(stderr, "stress: worker %u ended: %#x\n", i,
			    (unsigned)status);
			atomic_fetch_add(&arena->errors, 1000);
			bury(i);
			spawn(settings, i);
		}
	}
}

static uint64_t
n_failures(void)
{
	return atomic_load(&arena->lost_grants) +
	       atomic_load(&arena->false_grants) +
	       atomic_load(&arena->wrong_users) + atomic_load(&arena->errors);
}

static bool
is_done(uint64_t ops_until)
{
	return TOTAL(ops) >= ops_until || n_failures() > 0;
}

/* Let all finish; a worker that does not within ten seconds hangs. */
static unsigned
reap(const struct settings *settings)
{
	const int64_t until = now_us() + 10 * 1000000;
	unsigned n_hanging = 0;

	atomic_store(&arena->stop, 1);
	for (unsigned i = 0; i < settings->n_workers; i++) {
		pid_t done = 0;

		while ((done = waitpid(children[i].pid, NULL, WNOHANG)) == 0 &&
		       now_us() < until) {
			kill(children[i].pid, SIGCONT);
			usleep(1000);
		}
		if (done == 0) {
			n_hanging++;
			kill(children[i].pid, SIGKILL);
			waitpid(children[i].pid, NULL, 0);
		}
	}
	return n_hanging;
}

/* ---- the run ------------------------------------------------------------------ */

static struct shmcache *
make_table(const struct settings *settings)
{
	const struct shmcache_params params = {
	    .window_s = settings->window_s, .ipv6_prefix = 64};
	struct shmcache *cache = NULL;
	int error;

	error = shmcache_create(settings->path, &params,
	    settings->capacity_log2, geteuid(), getegid(), 0600);
	if (error == 0)
		error = shmcache_open(settings->path, SHMCACHE_WRITE, &cache);
	if (error != 0) {
		fprintf(stderr, "stress: %s: %s\n", settings->path,
		    shmcache_strerror(error));
		exit(2);
	}
	cache->clock_s = arena_clock;
	return cache;
}

static uint64_t n_forced, n_reclaimed, n_evicted, n_doublings, n_hangs;

static void
add_up(struct shmcache *cache, const struct settings *settings)
{
	struct shmcache_status status;

	if (shmcache_status(cache, &status) != 0)
		return;
	n_forced += status.forced;
	n_reclaimed += status.reclaimed;
	n_evicted += status.evictions;
	for (uint64_t n = status.n_slots;
	     n > (uint64_t)1 << settings->capacity_log2; n /= 2)
		n_doublings++;
}

/* One table's life. */
static void
run_round(const struct settings *settings, unsigned round)
{
	const uint64_t ops_until =
	    settings->ops_wanted / settings->n_rounds * (round + 1);
	int64_t next_tick = now_us(), last_report = next_tick;
	struct shmcache *cache = make_table(settings);

	memset(arena->pair, 0,
	    sizeof(arena->pair[0]) * settings->n_addresses * ORACLE_USERS);
	memset(arena->wipe, 0, sizeof(arena->wipe[0]) * settings->n_addresses);
	atomic_store(&arena->stop, 0);
	spawn_house(settings);
	for (unsigned id = 0; id < settings->n_workers; id++)
		spawn(settings, id);
	while (!is_done(ops_until)) {
		usleep(settings->tick_us / 4 + 1);
		if (now_us() >= next_tick) {
			next_tick += settings->tick_us;
			atomic_fetch_add(&arena->clock_s, 1);
		}
		look_after(settings);
		wake_sleepers(settings);
		if (dice(1024) == 0)
			kill_house(settings);
		if (now_us() - last_report > 10 * 1000000) {
			last_report = now_us();
			printf("# %llu operations, %llu kills, %llu stops\n",
			    (unsigned long long)TOTAL(ops),
			    (unsigned long long)atomic_load(&arena->n_kills),
			    (unsigned long long)atomic_load(&arena->n_stops));
			fflush(stdout);
		}
	}
	n_hangs += reap(settings);
	kill(house, SIGKILL);
	waitpid(house, NULL, 0);
	add_up(cache, settings);
	shmcache_close(cache);
	unlink(settings->path);
}

static int
run(const struct settings *settings)
{
	const int64_t began = now_us();

	for (unsigned round = 0; round < settings->n_rounds; round++)
		run_round(settings, round);
	printf("operations %llu (grants %llu look-ups %llu judged %llu revokes "
	       "%llu wipes %llu sweeps %llu refused %llu)\n",
	    (unsigned long long)TOTAL(ops), (unsigned long long)TOTAL(grants),
	    (unsigned long long)TOTAL(lookups),
	    (unsigned long long)TOTAL(judged),
	    (unsigned long long)TOTAL(revokes),
	    (unsigned long long)TOTAL(wipes), (unsigned long long)TOTAL(sweeps),
	    (unsigned long long)TOTAL(refused));
	printf("kills %llu stops %llu doublings %llu forced %llu reclaimed "
	       "%llu evicted %llu seconds %lld\n",
	    (unsigned long long)atomic_load(&arena->n_kills),
	    (unsigned long long)atomic_load(&arena->n_stops),
	    (unsigned long long)n_doublings, (unsigned long long)n_forced,
	    (unsigned long long)n_reclaimed, (unsigned long long)n_evicted,
	    (long long)((now_us() - began) / 1000000));
	printf("false grants %llu lost grants %llu (made room: %llu) wrong "
	       "users %llu errors "
	       "%llu hangs %llu\n",
	    (unsigned long long)atomic_load(&arena->false_grants),
	    (unsigned long long)atomic_load(&arena->lost_grants),
	    (unsigned long long)atomic_load(&arena->excused),
	    (unsigned long long)atomic_load(&arena->wrong_users),
	    (unsigned long long)atomic_load(&arena->errors),
	    (unsigned long long)n_hangs);
	return n_failures() == 0 && n_hangs == 0 ? 0 : 1;
}

static const char usage_text[] =
    "usage: stress [-a addresses] [-c capacity_log2] [-k kills] [-n "
    "operations]\n"
    "              [-r revoke_percent] [-s seed] [-w workers]\n";

int
main(int argc, char **argv)
{
	char path[64];
	struct settings settings = {
	    .seed = (uint64_t)now_us(),
	    .ops_wanted = 1000000,
	    .kills_wanted = 100,
	    .n_workers = 6,
	    .n_addresses = 64,
	    .capacity_log2 = 10,
	    .capacity_max_log2 = 20,
	    .n_rounds = 1,
	    .tick_us = 5000,
	    .window_s = 8,
	    .revoke_percent = 2,
	    .stop_ticks_max = 20,
	    .steps_between = 100000,
	    .path = path,
	};
	int c;

	while ((c = getopt(argc, argv, "a:c:d:g:k:n:r:R:s:S:t:w:")) != -1) {
		const uint64_t n =
		    optarg == NULL ? 0 : strtoull(optarg, NULL, 0);

		switch (c) {
		case 'a':
			settings.n_addresses = (unsigned)n;
			break;
		case 'c':
			settings.capacity_log2 = (unsigned)n;
			break;
		case 'd':
			settings.steps_between = n;
			break;
		case 'g':
			settings.capacity_max_log2 = (unsigned)n;
			break;
		case 'k':
			settings.kills_wanted = n;
			break;
		case 'n':
			settings.ops_wanted = n;
			break;
		case 'R':
			settings.n_rounds = (unsigned)n;
			break;
		case 'r':
			settings.revoke_percent = (unsigned)n;
			break;
		case 's':
			settings.seed = n;
			break;
		case 'S':
			settings.stop_ticks_max = (unsigned)n;
			break;
		case 't':
			settings.tick_us = (unsigned)n;
			break;
		case 'w':
			settings.n_workers = (unsigned)n;
			break;
		default:
			fputs(usage_text, stderr);
			return 2;
		}
	}
	if (settings.n_rounds < 1 || settings.n_workers < 1 ||
	    settings.n_workers > WORKERS_MAX || settings.n_addresses < 1 ||
	    settings.n_addresses > ADDRESSES_MAX) {
		fputs(usage_text, stderr);
		return 2;
	}
	printf("# seed %llu\n", (unsigned long long)settings.seed);
	fflush(stdout);
	parent_random = settings.seed;
	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED) {
		perror("stress: mmap");
		return 2;
	}
	atomic_store(&arena->clock_s, 1000);
	atomic_store(&arena->kills_left, settings.kills_wanted);
	snprintf(
	    path, sizeof(path), "/dev/shm/popauth-stress.%d", (int)getpid());
	return run(&settings);
}
