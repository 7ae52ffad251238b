/* SPDX-License-Identifier: ISC */
/*
 * reaper - the thread that sweeps.
 *
 * CONCEPT.  Every sweep_every it evicts what is past the window and writes the
 * heartbeat; in between it answers writers who call for room, at once.  Nothing
 * depends on it for being right: readers judge the age of a grant themselves.
 * It keeps the table small and tells, by the heartbeat, that somebody cares.
 *
 * LIFETIME.  reaper_start() once, reaper_stop() once.
 *
 * OWNERSHIP.  Table and configuration stay the caller's; both must outlive the
 * thread's use of them.
 *
 * CONCURRENCY.  The configuration is read under RCU: reaper_reconfigure()
 * publishes another one while the thread sweeps, and returns when no thread
 * uses the old one any more.  All functions are for one thread, which
 * is registered with liburcu (rcu_register_thread()).
 */
#ifndef POPAUTH_DAEMON_REAPER_H
#define POPAUTH_DAEMON_REAPER_H

#include "config/conf.h"
#include "shmcache/shmcache.h"

struct reaper;

/*
 * Start the thread.
 * When the table is no longer at its path, the thread reports it and sends
 * this process SIGTERM, for only root can make a new one.
 * Returns 0 or a negative errno.
 */
int reaper_start(
    struct shmcache *cache, struct conf *conf, struct reaper **reaper_out);

/* Go by another configuration from now on; when it returns, nobody uses the old
 * one any more.
 * Blocks: for a grace period. */
void reaper_reconfigure(struct reaper *reaper, struct conf *conf);

/* Whether the thread should have begun a turn seconds ago, and has not: a
 * watchdog should not be told that all is well. */
bool reaper_is_late(const struct reaper *reaper);

/* End the thread and release all.  Returns whether the table was lost. */
bool reaper_stop(struct reaper *reaper);

#endif
