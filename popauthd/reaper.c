/* SPDX-License-Identifier: ISC */
#include "popauthd/reaper.h"

#include "common/clock.h"
#include "common/report.h"
#include "popauthd/setup.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <urcu.h>

/* However often writers call for room, this much rest is between sweeps. */
#define REST_MS 100

#define COMPLAIN_EVERY_MS 60000

struct reaper {
	struct shmcache *cache;
	struct conf *conf; /* RCU: replaced by reaper_reconfigure() */
	pthread_t thread;
	_Atomic bool stop;
	_Atomic bool table_lost;

	/* of the thread alone */
	uint64_t n_forced; /* at the last complaint */
	int64_t complained_ms;
};

/* Whether the path still leads to the table that we hold. */
static bool
is_in_place(const struct shmcache *cache, const char *path)
{
	struct stat ours, there;

	return fstat(shmcache_fd(cache), &ours) == 0 &&
	       lstat(path, &there) == 0 && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

static void
report_sweep(const struct shmcache_sweep *swept)
{
	struct logline line;

	logline_init(&line, "sweep");
	logline_add_u64(&line, "evicted", swept->n_evicted);
	logline_add_u64(&line, "used", swept->n_used);
	report_line(REPORT_INFO, &line);
}

/* Live grants had to make room: said once a minute at most. */
static void
complain(
    struct reaper *reaper, const struct shmcache_sweep *swept, int grow_error)
{
	const int64_t now_ms = clock_mono_ms();
	struct logline line;

	if (swept->n_forced == reaper->n_forced && grow_error == 0)
		return;
	if (reaper->complained_ms != 0 &&
	    now_ms - reaper->complained_ms < COMPLAIN_EVERY_MS)
		return;
	logline_init(&line, "table-full");
	logline_add_u64(&line, "forced", swept->n_forced - reaper->n_forced);
	logline_add_u64(&line, "used", swept->n_used);
	logline_add_sentence(&line, "reason",
	    grow_error == 0 ? "raise [table] max_logins and restart popauthd"
			    : shmcache_strerror(grow_error));
	report_line(REPORT_WARN, &line);
	reaper->n_forced = swept->n_forced;
	reaper->complained_ms = now_ms;
}

/* One pass.  Returns whether the table is still there. */
static bool
sweep(struct reaper *reaper, uint32_t *pause_s_out, bool *grown_out)
{
	struct shmcache_sweep swept;
	uint64_t n_slots_max;
	bool in_place;
	int error;

	*grown_out = false;
	rcu_read_lock();
	const struct conf *conf = rcu_dereference(reaper->conf);

	in_place = is_in_place(reaper->cache, conf->table.path);
	*pause_s_out = conf->popauthd.sweep_every_s;
	n_slots_max = setup_slots_max(&conf->table);
	rcu_read_unlock();

	if (!in_place)
		return false;
	error = shmcache_sweep(reaper->cache, &swept);
	if (error == SHMCACHE_BAD_SIZE)
		return false;
	if (error != 0) {
		report(
		    REPORT_ERROR, "no-sweep", "%s", shmcache_strerror(error));
		return true;
	}
	if (swept.n_evicted > 0)
		report_sweep(&swept);
	error = shmcache_grow(reaper->cache, &swept, n_slots_max, grown_out);
	complain(reaper, &swept, error);
	return true;
}

static void
lose_table(struct reaper *reaper)
{
	report(REPORT_FATAL, "table-lost",
	    "the table was removed, replaced or cut short; restart popauthd to "
	    "make "
	    "another");
	reaper->table_lost = true;
	kill(getpid(), SIGTERM);
}

static void *
run(void *arg)
{
	struct reaper *reaper = arg;
	uint32_t pause_s;
	bool grown;

	rcu_register_thread();
	while (!reaper->stop) {
		if (!sweep(reaper, &pause_s, &grown)) {
			lose_table(reaper);
			break;
		}
		if (!shmcache_wait(reaper->cache, pause_s * 1000))
			continue;
		/* A table that is growing is called for again at once. */
		if (!grown && !reaper->stop)
			usleep(REST_MS * 1000);
	}
	rcu_unregister_thread();
	return NULL;
}

int
reaper_start(
    struct shmcache *cache, struct conf *conf, struct reaper **reaper_out)
{
	struct reaper *reaper = calloc(1, sizeof(*reaper));
	int error;

	if (reaper == NULL)
		return -ENOMEM;
	reaper->cache = cache;
	reaper->conf = conf;
	error = pthread_create(&reaper->thread, NULL, run, reaper);
	if (error != 0) {
		free(reaper);
		return -error;
	}
	*reaper_out = reaper;
	return 0;
}

void
reaper_reconfigure(struct reaper *reaper, struct conf *conf)
{
	rcu_assign_pointer(reaper->conf, conf);
	synchronize_rcu();
	shmcache_wake(reaper->cache);
}

bool
reaper_stop(struct reaper *reaper)
{
	reaper->stop = true;
	shmcache_wake(reaper->cache);
	pthread_join(reaper->thread, NULL);
	const bool lost = reaper->table_lost;

	free(reaper);
	return lost;
}
