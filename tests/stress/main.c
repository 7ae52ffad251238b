/* SPDX-License-Identifier: ISC */
/*
 * stress - processes (with -T threads) that grant, look up, revoke and sweep
 * one table, while they are stopped and killed at random instants.
 *
 * The table's clock is the run's own: a second of it is a tick of some
 * milliseconds, so that stops outlast claims, windows and doublings.
 *
 * Exit status 0: no false grant, no lost grant, no wrong user, no hang; and with
 * -D (no process sweeps and allocates room) no grant that made room.
 * The seed is printed; the same seed repeats the workers' choices, though not
 * the machine's scheduling.
 */
#include "shmcache/cache.h"
#include "tests/stress/crew.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct arena *arena;

uint32_t
arena_clock(void)
{
	return atomic_load(&arena->clock_s);
}

/* ---- counts ----------------------------------------------------------- */

int64_t
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

uint64_t
arena_n_ops(void)
{
	return TOTAL(ops);
}

static uint64_t
n_failures(void)
{
	return atomic_load(&arena->lost_grants) +
	       atomic_load(&arena->false_grants) +
	       atomic_load(&arena->wrong_users) + atomic_load(&arena->errors);
}

static bool
is_done(uint64_t ops_until, uint64_t kills_until)
{
	return n_failures() > 0 ||
	       (TOTAL(ops) >= ops_until &&
		   atomic_load(&arena->n_kills) >= kills_until);
}

/* ---- the run ------------------------------------------------------------- */

static struct shmcache *
make_table(const struct settings *settings)
{
	const struct shmcache_params params = {
	    .window_s = settings->window_s,
	    .ipv6_prefix = 64,
	    .n_slots_max = (uint64_t)1 << settings->capacity_max_log2,
	};
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
	cache->clock_s = worker_clock;
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

/* Move the run's clock, handle accidents, print the progress. */
static void
watch(const struct settings *settings, const struct crew *crew,
    uint64_t ops_until, uint64_t kills_until)
{
	int64_t next_tick = now_us(), last_report = next_tick;

	while (!is_done(ops_until, kills_until)) {
		usleep(settings->tick_us / 4 + 1);
		if (now_us() >= next_tick) {
			next_tick += settings->tick_us;
			atomic_fetch_add(&arena->clock_s, 1);
		}
		crew->tend(settings);
		if (now_us() - last_report > 30 * 1000000) {
			last_report = now_us();
			printf("# %llu operations, %llu kills, %llu stops\n",
			    (unsigned long long)TOTAL(ops),
			    (unsigned long long)atomic_load(&arena->n_kills),
			    (unsigned long long)atomic_load(&arena->n_stops));
			fflush(stdout);
		}
	}
}

/* One table's life. */
static void
run_round(struct settings *settings, unsigned round)
{
	const struct crew *crew =
	    settings->has_threads ? &crew_of_threads : &crew_of_processes;
	struct shmcache *cache = make_table(settings);
	const uint64_t n_rounds = settings->n_rounds;

	memset(arena->pair, 0,
	    sizeof(arena->pair[0]) * settings->n_addresses * ORACLE_USERS);
	memset(arena->wipe, 0, sizeof(arena->wipe[0]) * settings->n_addresses);
	atomic_store(&arena->stop, 0);
	settings->shared = settings->has_threads ? cache : NULL;
	crew->start(settings);
	watch(settings, crew, settings->ops_wanted * (round + 1) / n_rounds,
	    settings->kills_wanted * (round + 1) / n_rounds);
	atomic_store(&arena->stop, 1);
	n_hangs += crew->finish(settings);
	add_up(cache, settings);
	shmcache_close(cache);
	unlink(settings->path);
}

static int
run(struct settings *settings)
{
	const int64_t began = now_us();

	for (unsigned round = 0; round < settings->n_rounds; round++) {
		if (n_failures() == 0 && n_hangs == 0)
			run_round(settings, round);
	}
	printf("operations %llu (grants %llu look-ups %llu judged %llu revokes "
	       "%llu wipes %llu sweeps %llu refused %llu)\n",
	    (unsigned long long)TOTAL(ops), (unsigned long long)TOTAL(grants),
	    (unsigned long long)TOTAL(lookups),
	    (unsigned long long)TOTAL(judged),
	    (unsigned long long)TOTAL(revokes),
	    (unsigned long long)TOTAL(wipes), (unsigned long long)TOTAL(sweeps),
	    (unsigned long long)TOTAL(refused));
	printf("kills %llu stops %llu wraps %llu doublings %llu forced %llu "
	       "reclaimed "
	       "%llu evicted %llu seconds %lld\n",
	    (unsigned long long)atomic_load(&arena->n_kills),
	    (unsigned long long)atomic_load(&arena->n_stops),
	    (unsigned long long)atomic_load(&arena->n_wraps),
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
	if (settings->is_daemon_dead && n_forced > 0)
		return 1;
	return n_failures() == 0 && n_hangs == 0 ? 0 : 1;
}

static const char usage_text[] =
    "usage: stress [-DT] [-a addresses] [-c capacity_log2] [-d steps_between]\n"
    "              [-g capacity_max_log2] [-k kills] [-n operations]\n"
    "              [-R rounds] [-r revoke_percent] [-S stop_ticks_max]\n"
    "              [-s seed] [-t tick_us] [-w workers]\n";

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
	    .window_s = 10,
	    .revoke_percent = 2,
	    .stop_ticks_max = 20,
	    .steps_between = 100000,
	    .path = path,
	};
	int c;

	while ((c = getopt(argc, argv, "a:c:d:Dg:k:n:r:R:s:S:t:Tw:")) != -1) {
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
		case 'D':
			settings.is_daemon_dead = true;
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
		case 'T':
			settings.has_threads = true;
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
	    settings.n_workers > WORKERS_MAX ||
	    settings.n_addresses < settings.n_workers || /* all own some */
	    settings.n_addresses > ADDRESSES_MAX ||
	    (WRAP_IS_NEAR &&
		1u << settings.capacity_max_log2 > WRAP_SLOTS_MAX)) {
		fputs(usage_text, stderr);
		return 2;
	}
	printf("# seed %llu\n", (unsigned long long)settings.seed);
	fflush(stdout);
	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED) {
		perror("stress: mmap");
		return 2;
	}
	atomic_store(&arena->clock_s, 1000);
	snprintf(
	    path, sizeof(path), "/dev/shm/popauth-stress.%d", (int)getpid());
	return run(&settings);
}
