/* SPDX-License-Identifier: ISC */
#include "popauthd/reaper.h"

#include "common/clock.h"
#include "common/report.h"
#include "popauthd/setup.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <urcu.h>

#define COMPLAIN_EVERY_MS 60000

/* A pass over the largest table takes a hundredth of it. */
#define LATE_MS 2000

struct reaper {
	struct shmcache *cache;
	struct conf *conf; /* RCU: replaced by reaper_reconfigure() */
	pthread_t thread;
	_Atomic bool stop;
	_Atomic bool table_lost;
	_Atomic int64_t due_ms; /* the next turn, at the latest */

	struct stat at_start; /* owners and mode of the table */

	/* of the thread alone */
	uint64_t n_forced; /* at the last complaint */
	int64_t complained_ms;
	int64_t swept_ms; /* when the last sweep began */
};

/* The inputs of a turn. */
struct turn {
	int64_t pause_ms; /* between two sweeps */
	int place;        /* look_at_place() */
};

/* Whether the path still leads to the open table, and its owners and mode are
 * those of the start: 0, -ESTALE when it leads to another file, -EPERM when they
 * were changed, or another negative errno. */
static int
look_at_place(const struct reaper *reaper, const char *path)
{
	struct stat ours, there;

	if (fstat(shmcache_fd(reaper->cache), &ours) == -1 ||
	    lstat(path, &there) == -1)
		return -errno;
	if (ours.st_ino != there.st_ino || ours.st_dev != there.st_dev)
		return -ESTALE;
	return ours.st_uid == reaper->at_start.st_uid &&
		       ours.st_gid == reaper->at_start.st_gid &&
		       ours.st_mode == reaper->at_start.st_mode
		   ? 0
		   : -EPERM;
}

/* Why the table is lost; NULL: it is not.  place: of look_at_place().  Any
 * other error than these may pass. */
static const char *
why_lost(int place)
{
	switch (place) {
	case -ESTALE:
		return "the table was replaced";
	case -ENOENT:
	case -ENOTDIR:
		return "the table was removed";
	case -EACCES:
	case -ELOOP:
		return strerror(-place);
	case -EPERM:
		return "the table's owner, group or mode was changed";
	}
	return NULL;
}

/* The same by the file's header.  The next sweep reports a foreign clock, and
 * the main thread repairs parameters. */
static const char *
why_damaged(struct shmcache *cache)
{
	const int error = shmcache_check(cache);

	if (error == SHMCACHE_BAD_SIZE)
		return "the table was cut short or damaged";
	return error > 0 && error != SHMCACHE_FOREIGN_CLOCK &&
		       error != SHMCACHE_BAD_PARAMS
		   ? shmcache_strerror(error)
		   : NULL;
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

/* Report, at most once a minute, that live grants had to make room. */
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
	    shmcache_strerror(
		grow_error != 0 ? grow_error : swept->room_error));
	report_line(REPORT_WARN, &line);
	reaper->n_forced = swept->n_forced;
	reaper->complained_ms = now_ms;
}

static struct turn
begin_turn(struct reaper *reaper)
{
	rcu_read_lock();
	const struct conf *conf = rcu_dereference(reaper->conf);
	const struct turn turn = {
	    .pause_ms = (int64_t)conf->popauthd.sweep_every_s * 1000,
	    .place = look_at_place(reaper, conf->table.path),
	};
	rcu_read_unlock();

	return turn;
}

/* End the daemon: only root can make another table.  why: what happened. */
static int64_t
lose_table(struct reaper *reaper, const char *why)
{
	report(REPORT_FATAL, "table-lost",
	    "%s; restart popauthd, which makes or repairs it", why);
	reaper->table_lost = true;
	kill(getpid(), SIGTERM);
	return -1;
}

/* One pass.  Returns whether the table is still there. */
static bool
sweep(struct reaper *reaper)
{
	struct shmcache_sweep swept;
	bool grown;
	int error;

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
	error = shmcache_grow(reaper->cache, &swept, &grown);
	complain(reaper, &swept, error);
	return true;
}

/*
 * The time or a writer's call for room begins a turn.  A call is answered
 * first: a small table fills in milliseconds.  A call that cannot be answered
 * is reported by the next sweep.
 * Returns how long to wait for the next turn; -1: the table is lost, and that
 * was reported.
 */
static int64_t
take_turn(struct reaper *reaper)
{
	const struct turn turn = begin_turn(reaper);
	const int64_t now_ms = clock_mono_ms();
	bool grown;

	const char *why = why_lost(turn.place);

	if (why == NULL)
		why = why_damaged(reaper->cache);
	if (why != NULL)
		return lose_table(reaper, why);
	if (turn.place != 0)
		report(REPORT_ERROR, "no-sweep",
		    "cannot look for the table: %s", strerror(-turn.place));
	if (shmcache_grow(reaper->cache, NULL, &grown) == SHMCACHE_BAD_SIZE)
		return lose_table(reaper, "the table was cut short");
	if (now_ms - reaper->swept_ms >= turn.pause_ms) {
		reaper->swept_ms = now_ms;
		if (!sweep(reaper))
			return lose_table(reaper, "the table was cut short");
	}
	return reaper->swept_ms + turn.pause_ms - now_ms;
}

static void *
run(void *arg)
{
	struct reaper *reaper = arg;

	rcu_register_thread();
	reaper->swept_ms = INT64_MIN / 2; /* at once */
	while (!reaper->stop) {
		int64_t wait_ms;

		reaper->due_ms = clock_mono_ms();
		wait_ms = take_turn(reaper);
		if (wait_ms < 0)
			break;
		reaper->due_ms = clock_mono_ms() + wait_ms;
		(void)shmcache_wait(reaper->cache, (unsigned)wait_ms);
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
	reaper->due_ms = clock_mono_ms();
	error = fstat(shmcache_fd(cache), &reaper->at_start) == -1 ? -errno : 0;
	if (error != 0) {
		free(reaper);
		return error;
	}
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
reaper_is_late(const struct reaper *reaper)
{
	return clock_mono_ms() > reaper->due_ms + LATE_MS;
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
