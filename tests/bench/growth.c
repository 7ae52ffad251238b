/* SPDX-License-Identifier: ISC */
/*
 * Reader and writer each have a core, where there are two: the benchmark is
 * about the table, not the scheduler.  The daemon runs where the scheduler puts
 * it.
 * A time is the difference of two successive readings of the clock with one
 * look-up in between, less the median of such differences with nothing in
 * between.
 */
#include "tests/bench/growth.h"

#include "shmcache/cache.h"
#include "shmcache/shmcache.h"
#include "tests/bench/bench.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEBIBYTE_LOG2_SLOTS 13 /* 2^13 slots are 576 KiB, twice is more */
#define DAEMON_WAIT_MS 5000    /* popauthd's sweep_every */
#define PUBLISH_EVERY 64
#define CALIBRATE_N 1000000
#define REST_N 1000000

/* ---- times ---------------------------------------------------------------- */

#define TIME_MAX_NS 20000

struct times {
	uint64_t n;
	uint64_t count[TIME_MAX_NS + 1]; /* the last: all above */
};

static void
times_add(struct times *times, uint64_t ns)
{
	times->count[ns < TIME_MAX_NS ? ns : TIME_MAX_NS]++;
	times->n++;
}

static double
times_quantile(const struct times *times, double part)
{
	const double wanted = (double)times->n * part;
	uint64_t seen = 0;
	unsigned ns = 0;

	while (ns < TIME_MAX_NS && (double)(seen += times->count[ns]) < wanted)
		ns++;
	return ns;
}

/* ---- what the processes share ------------------------------------------------ */

struct shared {
	uint32_t n_logged_in; /* clients 0 to this - 1 are there */
	uint32_t is_grown;    /* writer to reader: all are there */
	cpu_set_t allowed;    /* to this process, before it stayed on one */
	int error;
	unsigned n_steps;
	struct growth_step steps[GROWTH_LEVELS_MAX];
};

static uint32_t
load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void
publish(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* cpu: 0 for the reader, 1 for the writer. */
static void
stay_on(const cpu_set_t *allowed, unsigned cpu)
{
	cpu_set_t one;
	unsigned n = 0;

	if (CPU_COUNT(allowed) < 2)
		return;
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, allowed) && n++ == cpu)
			CPU_SET(i, &one);
	}
	sched_setaffinity(0, sizeof(one), &one);
}

static int
open_table(
    const char *path, enum shmcache_access access, struct shmcache **cache_out)
{
	const int error = shmcache_open(path, access, cache_out);

	if (error == 0)
		(*cache_out)->clock_s = bench_clock;
	return error > 0 ? -EPROTO : error;
}

static int
create_table(const char *path, unsigned slots_log2, unsigned slots_max_log2)
{
	const struct shmcache_params params = {
	    .window_s = BENCH_WINDOW,
	    .ipv6_prefix = 64,
	    .n_slots_max = UINT64_C(1) << slots_max_log2,
	};
	const int error = shmcache_create(
	    path, &params, slots_log2, geteuid(), getegid(), 0600);

	return error > 0 ? -EPROTO : error;
}

static unsigned
slots_log2_for(uint32_t n_logins)
{
	unsigned log2 = MEBIBYTE_LOG2_SLOTS;

	while ((UINT64_C(1) << log2) < UINT64_C(4) * n_logins)
		log2++;
	return log2;
}

/* ---- daemon and writer ------------------------------------------------------- */

static _Noreturn void
be_daemon(const char *path)
{
	struct shmcache *cache;
	bool grown;

	if (open_table(path, SHMCACHE_WRITE, &cache) != 0 ||
	    shmcache_sweep(cache, NULL) != 0)
		_exit(EXIT_FAILURE);
	for (;;) {
		if (shmcache_grow(cache, NULL, &grown) != 0)
			_exit(EXIT_FAILURE);
		shmcache_wait(cache, DAEMON_WAIT_MS);
	}
}

static uint64_t
file_bytes(const struct shmcache *cache)
{
	struct stat st;

	if (fstat(shmcache_fd(cache), &st) == -1)
		return 0;
	return (uint64_t)st.st_blocks * 512;
}

/* Note that the table doubled, if it did. */
static void
note_step(struct shared *shared, struct shmcache *cache, unsigned *level,
    uint64_t *bytes, uint32_t n_logins)
{
	struct geometry geometry;

	if (cache_geometry(cache, &geometry) != 0 || geometry.cur == *level) {
		*bytes = file_bytes(cache);
		return;
	}
	if (shared->n_steps < GROWTH_LEVELS_MAX)
		shared->steps[shared->n_steps++] = (struct growth_step){
		    .n_keys = UINT64_C(2) * n_logins,
		    .slots_before =
			LAYOUT_SLOTS *
			layout_n_buckets(cache->buckets_log2, *level),
		    .bytes_before = *bytes,
		    .bytes_after = file_bytes(cache),
		};
	*level = geometry.cur;
}

static _Noreturn void
be_writer(const char *path, struct shared *shared, uint32_t n_logins)
{
	struct shmcache *cache;
	unsigned level = 0;
	uint64_t bytes = 0;
	int error = open_table(path, SHMCACHE_WRITE, &cache);

	for (uint32_t i = 0; i < n_logins && error == 0; i++) {
		struct client client;

		client_init(&client, i);
		client_name(&client);
		error = shmcache_grant(cache, &client.addr, client.user);
		if ((i + 1) % PUBLISH_EVERY == 0 || i + 1 == n_logins) {
			note_step(shared, cache, &level, &bytes, i + 1);
			publish(&shared->n_logged_in, i + 1);
		}
	}
	shared->error = error > 0 ? -EPROTO : error;
	publish(&shared->is_grown, 1);
	_exit(EXIT_SUCCESS);
}

/* ---- reader ------------------------------------------------------------------ */

struct reader {
	struct shmcache *cache;
	uint64_t random;
	uint64_t last_ns;
	uint64_t n_lost;
};

static void
read_one(struct reader *reader, uint32_t n, struct times *times)
{
	struct shmcache_grant grant;
	struct client client;
	uint64_t now_ns;

	reader->random =
	    reader->random * 6364136223846793005u + 1442695040888963407u;
	client_init(&client, (uint32_t)((reader->random >> 32) * n >> 32));
	if (shmcache_lookup(reader->cache, &client.addr, NULL, &grant) != 0)
		reader->n_lost++;
	now_ns = bench_mono_ns();
	times_add(times, now_ns - reader->last_ns);
	reader->last_ns = now_ns;
}

static void
read_some(
    struct reader *reader, uint32_t n, uint64_t n_lookups, struct times *times)
{
	reader->last_ns = bench_mono_ns();
	for (uint64_t i = 0; i < n_lookups; i++)
		read_one(reader, n, times);
}

/* While the writer writes. */
static void
read_growing(struct reader *reader, struct shared *shared, struct times *times)
{
	while (load(&shared->n_logged_in) == 0 && !load(&shared->is_grown))
		sched_yield();
	reader->last_ns = bench_mono_ns();
	while (!load(&shared->is_grown))
		read_one(reader, load(&shared->n_logged_in), times);
}

static double
clock_ns(void)
{
	static struct times times;
	uint64_t last = bench_mono_ns();

	for (unsigned i = 0; i < CALIBRATE_N; i++) {
		const uint64_t now = bench_mono_ns();

		times_add(&times, now - last);
		last = now;
	}
	return times_quantile(&times, 0.5);
}

/* ---- a cycle, and rest -------------------------------------------------------- */

static pid_t
spawn(const char *path, struct shared *shared, uint32_t n_logins, bool daemon)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_setaffinity(0, sizeof(shared->allowed), &shared->allowed);
	if (daemon)
		be_daemon(path);
	stay_on(&shared->allowed, 1);
	be_writer(path, shared, n_logins);
}

static void
end(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
note_forced(struct shmcache *cache, uint64_t *n_forced)
{
	struct shmcache_status status;

	if (shmcache_status(cache, &status) == 0)
		*n_forced += status.forced;
}

static int
run_cycle(const char *path, uint32_t n_logins, struct shared *shared,
    struct reader *reader, struct times *growing, struct times *grown,
    uint64_t *n_forced)
{
	pid_t daemon = -1, writer = -1;
	int error;

	shared->n_logged_in = 0;
	shared->is_grown = 0;
	shared->n_steps = 0;
	if ((error = create_table(
		 path, MEBIBYTE_LOG2_SLOTS, slots_log2_for(n_logins))) != 0 ||
	    (error = open_table(path, SHMCACHE_READ, &reader->cache)) != 0)
		return error;
	daemon = spawn(path, shared, n_logins, true);
	writer = spawn(path, shared, n_logins, false);
	if (daemon == -1 || writer == -1) {
		error = -EAGAIN;
		goto out;
	}
	read_growing(reader, shared, growing);
	waitpid(writer, NULL, 0);
	writer = -1;
	error = shared->error;
	end(daemon);
	daemon = -1;
	if (error == 0) {
		note_forced(reader->cache, n_forced);
		read_some(reader, n_logins, REST_N, grown); /* page faults */
		*grown = (struct times){0};
		read_some(reader, n_logins, REST_N, grown);
	}
out:
	end(daemon);
	end(writer);
	shmcache_close(reader->cache);
	unlink(path);
	return error;
}

static int
run_rest(const char *path, uint32_t n_logins, struct reader *reader,
    struct times *times)
{
	struct shmcache *writer = NULL;
	int error;

	if ((error = create_table(path, slots_log2_for(n_logins),
		 slots_log2_for(n_logins))) != 0 ||
	    (error = open_table(path, SHMCACHE_WRITE, &writer)) != 0)
		goto out;
	for (uint32_t i = 0; i < n_logins && error == 0; i++) {
		struct client client;

		client_init(&client, i);
		client_name(&client);
		error = shmcache_grant(writer, &client.addr, client.user);
	}
	if (error != 0)
		goto out;
	if ((error = open_table(path, SHMCACHE_READ, &reader->cache)) != 0)
		goto out;
	read_some(reader, n_logins, REST_N, times); /* page faults */
	*times = (struct times){0};
	read_some(reader, n_logins, REST_N, times);
	shmcache_close(reader->cache);
out:
	shmcache_close(writer);
	unlink(path);
	return error > 0 ? -EPROTO : error;
}

int
growth_measure(const char *dir, uint32_t n_logins, unsigned n_cycles,
    struct growth *growth_out)
{
	static struct times growing, grown, rest;
	struct growth growth = {.n_cycles = n_cycles};
	struct reader reader = {.random = n_logins};
	struct shared *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char path[256];
	int error;

	if (shared == MAP_FAILED)
		return -errno;
	snprintf(path, sizeof(path), "%s/growing", dir);
	sched_getaffinity(0, sizeof(shared->allowed), &shared->allowed);
	stay_on(&shared->allowed, 0);
	growth.clock_ns = clock_ns();
	error = run_rest(path, n_logins, &reader, &rest);
	for (unsigned i = 0; i < n_cycles && error == 0; i++)
		error = run_cycle(path, n_logins, shared, &reader, &growing,
		    &grown, &growth.n_forced);
	sched_setaffinity(0, sizeof(shared->allowed), &shared->allowed);

	growth.n_lookups = growing.n;
	growth.n_lost = reader.n_lost;
	growth.p50_rest_ns = times_quantile(&rest, 0.5) - growth.clock_ns;
	growth.p99_rest_ns = times_quantile(&rest, 0.99) - growth.clock_ns;
	growth.p50_grown_ns = times_quantile(&grown, 0.5) - growth.clock_ns;
	growth.p99_grown_ns = times_quantile(&grown, 0.99) - growth.clock_ns;
	growth.p50_ns = times_quantile(&growing, 0.5) - growth.clock_ns;
	growth.p99_ns = times_quantile(&growing, 0.99) - growth.clock_ns;
	growth.p999_ns = times_quantile(&growing, 0.999) - growth.clock_ns;
	growth.n_steps = shared->n_steps;
	memcpy(growth.steps, shared->steps, sizeof(growth.steps));
	munmap(shared, sizeof(*shared));
	*growth_out = growth;
	return error;
}
