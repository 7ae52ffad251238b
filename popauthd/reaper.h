/* SPDX-License-Identifier: ISC */
/*
 * reaper - the thread that sweeps.
 *
 * CONCEPT.  Every sweep_every it evicts expired grants and writes the
 * heartbeat.  In between it answers writers that call for room, at once.
 * Correctness does not depend on it: readers judge the age of a grant
 * themselves.  It keeps the table small, and its heartbeat shows that a daemon
 * is running.
 *
 * LIFETIME.  reaper_start() once, reaper_stop() once.
 *
 * OWNERSHIP.  Table and configuration stay the caller's; both must outlive the
 * thread's use of them.
 *
 * CONCURRENCY.  The configuration is read under RCU: reaper_reconfigure()
 * publishes another one while the thread sweeps, and returns when no thread
 * uses the old one any more.  All functions are for one thread, which must be
 * registered with liburcu (rcu_register_thread()).
 */
#ifndef POPAUTH_DAEMON_REAPER_H
#define POPAUTH_DAEMON_REAPER_H

#include "config/conf.h"
#include "shmcache/shmcache.h"

struct reaper;

/*
 * Start the thread.
 * When the table is no longer at its path, the thread reports that and sends
 * this process SIGTERM, because only root can make a new table.
 * Returns 0 or a negative errno.
 */
int reaper_start(
    struct shmcache *cache, struct conf *conf, struct reaper **reaper_out);

/* Use another configuration from now on.  After it returns the old one is not
 * used any more.
 * Blocks: for a grace period. */
void reaper_reconfigure(struct reaper *reaper, struct conf *conf);

/* Whether the thread's next turn is overdue by seconds: then do not notify the
 * watchdog. */
bool reaper_is_late(const struct reaper *reaper);

/* End the thread and release all.  Returns whether the table was lost. */
bool reaper_stop(struct reaper *reaper);

#endif
