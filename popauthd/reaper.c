/* SPDX-License-Identifier: ISC */
#include "popauthd/reaper.h"

#include "common/report.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <urcu.h>

struct reaper {
	struct shmcache *cache;
	struct conf *conf; /* RCU: replaced by reaper_reconfigure() */
	pthread_t thread;

	pthread_mutex_t mutex; /* for the three below */
	pthread_cond_t wake;
	bool stop;
	bool reconfigured;
	bool table_lost;
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
report_sweep(uint64_t n_evicted)
{
	struct logline line;

	logline_init(&line, "sweep");
	logline_add_u64(&line, "evicted", n_evicted);
	report_line(REPORT_INFO, &line);
}

/* One pass.  Returns whether the table is still there. */
static bool
sweep(const struct reaper *reaper, uint32_t *pause_s_out)
{
	uint64_t n_evicted = 0;
	bool in_place;

	rcu_read_lock();
	const struct conf *conf = rcu_dereference(reaper->conf);

	in_place = is_in_place(reaper->cache, conf->table.path);
	*pause_s_out = conf->popauthd.sweep_every_s;
	rcu_read_unlock();

	const int error = shmcache_sweep(reaper->cache, &n_evicted);

	if (error != 0)
		report(
		    REPORT_ERROR, "no-sweep", "%s", shmcache_strerror(error));
	else if (n_evicted > 0)
		report_sweep(n_evicted);
	return in_place;
}

/* Wait until the next sweep is due, or something changed. */
static void
wait_for(struct reaper *reaper, uint32_t pause_s)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)pause_s;
	pthread_mutex_lock(&reaper->mutex);
	while (!reaper->stop && !reaper->reconfigured) {
		if (pthread_cond_timedwait(
			&reaper->wake, &reaper->mutex, &until) == ETIMEDOUT)
			break;
	}
	reaper->reconfigured = false;
	pthread_mutex_unlock(&reaper->mutex);
}

static bool
is_stopped(struct reaper *reaper)
{
	pthread_mutex_lock(&reaper->mutex);
	const bool stop = reaper->stop;

	pthread_mutex_unlock(&reaper->mutex);
	return stop;
}

static void
lose_table(struct reaper *reaper)
{
	report(REPORT_FATAL, "table-lost",
	    "the table was removed or replaced; restart popauthd to make "
	    "another");
	pthread_mutex_lock(&reaper->mutex);
	reaper->table_lost = true;
	pthread_mutex_unlock(&reaper->mutex);
	kill(getpid(), SIGTERM);
}

static void *
run(void *arg)
{
	struct reaper *reaper = arg;
	uint32_t pause_s;

	rcu_register_thread();
	while (!is_stopped(reaper)) {
		if (!sweep(reaper, &pause_s)) {
			lose_table(reaper);
			break;
		}
		wait_for(reaper, pause_s);
	}
	rcu_unregister_thread();
	return NULL;
}

int
reaper_start(
    struct shmcache *cache, struct conf *conf, struct reaper **reaper_out)
{
	struct reaper *reaper = calloc(1, sizeof(*reaper));
	pthread_condattr_t attr;
	int error;

	if (reaper == NULL)
		return -ENOMEM;
	reaper->cache = cache;
	reaper->conf = conf;
	pthread_mutex_init(&reaper->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&reaper->wake, &attr);
	pthread_condattr_destroy(&attr);
	error = pthread_create(&reaper->thread, NULL, run, reaper);
	if (error != 0) {
		pthread_cond_destroy(&reaper->wake);
		pthread_mutex_destroy(&reaper->mutex);
		free(reaper);
		return -error;
	}
	*reaper_out = reaper;
	return 0;
}

static void
wake(struct reaper *reaper, bool stop)
{
	pthread_mutex_lock(&reaper->mutex);
	reaper->stop = reaper->stop || stop;
	reaper->reconfigured = true;
	pthread_cond_signal(&reaper->wake);
	pthread_mutex_unlock(&reaper->mutex);
}

void
reaper_reconfigure(struct reaper *reaper, struct conf *conf)
{
	rcu_assign_pointer(reaper->conf, conf);
	synchronize_rcu();
	wake(reaper, false);
}

bool
reaper_stop(struct reaper *reaper)
{
	wake(reaper, true);
	pthread_join(reaper->thread, NULL);
	const bool lost = reaper->table_lost;

	pthread_cond_destroy(&reaper->wake);
	pthread_mutex_destroy(&reaper->mutex);
	free(reaper);
	return lost;
}
