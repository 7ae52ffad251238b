/* SPDX-License-Identifier: ISC */
/*
 * popauthd - makes the table and sweeps it.
 *
 * Phases, by privilege:
 *   root     read the configuration, make directory and table, lock
 *   popauth  sweep, reload on SIGHUP, keep the machine's own addresses from
 *            being granted, end on SIGTERM or SIGINT
 *
 * The table stays when the daemon ends.  Logins and gates go on without it, and
 * the next daemon finds the grants that still live.
 */
#include "common/notify.h"
#include "common/privilege.h"
#include "common/report.h"
#include "common/startup.h"
#include "config/conf.h"
#include "config/conf_check.h"
#include "popauthd/own.h"
#include "popauthd/reaper.h"
#include "popauthd/ruler.h"
#include "popauthd/setup.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#include <urcu.h>

static const char usage_text[] =
    "usage: popauthd [-c FILE] [-e]\n"
    "       popauthd [-c FILE] -t\n"
    "\n"
    "Make the table of grants and evict what is past its window.  Stays in "
    "the\n"
    "foreground.  SIGHUP reads the configuration again, SIGTERM ends; the "
    "table\n"
    "and its grants stay.\n"
    "\n"
    "  -c, --config FILE  read this file, not " CONF_DEFAULT_PATH "\n"
    "  -e, --stderr       log to standard error as well\n"
    "  -t, --test         check the configuration, and exit: 0 fine, 78 not\n"
    "  -V, --version      print the version\n"
    "  -h, --help         print this\n";

static void
report_mistake(const char *sentence, void *arg)
{
	(void)arg;
	report(REPORT_FATAL, "configuration", "%s", sentence);
}

/* A loaded configuration on the heap, or NULL after a report. */
static struct conf *
load(const char *path)
{
	struct conf *conf = calloc(1, sizeof(*conf));

	if (conf == NULL) {
		report(REPORT_FATAL, "no-memory", "out of memory");
		return NULL;
	}
	if (conf_load_anyway(path, conf, report_mistake, NULL) != 0) {
		conf_free(conf);
		free(conf);
		return NULL;
	}
	return conf;
}

/* The state of the signal loop. */
struct daemon {
	const char *path; /* of the configuration */
	struct conf *conf;
	struct shmcache *cache;
	struct reaper *reaper;
	struct nevergrant never; /* in force */
	struct ruler ruler;
	int watch_fd;            /* own_watch(), or a negative errno */
};

/* Read the file again; on an error keep the configuration. */
static void
reload(struct daemon *daemon)
{
	struct conf *old = daemon->conf, *new = load(daemon->path);
	int error;

	if (new == NULL) {
		report(REPORT_ERROR, "not-reloaded",
		    "the configuration in use stays");
		return;
	}
	if (strcmp(new->table.path, old->table.path) != 0) {
		report(REPORT_ERROR, "not-reloaded",
		    "[table] path has changed; restart popauthd to use "
		    "it");
		goto out;
	}
	error = setup_configure(daemon->cache, new, &daemon->never);
	if (error != 0) {
		report(REPORT_ERROR, "not-configured", "%s",
		    shmcache_strerror(error));
		goto out;
	}
	reaper_reconfigure(daemon->reaper, new);
	ruler_refresh(&daemon->ruler, daemon->cache, new->table.rules);
	daemon->conf = new;
	new = old;
	report(REPORT_INFO, "reloaded", "%s", daemon->path);
out:
	conf_free(new);
	free(new);
}

/* Read the machine's own addresses and gateways, which are never granted. */
static void
refresh(struct daemon *daemon)
{
	bool changed;
	const int error = setup_refresh(
	    daemon->cache, daemon->conf, &daemon->never, &changed);

	if (error != 0)
		report(REPORT_ERROR, "not-configured", "%s",
		    shmcache_strerror(error));
	else if (changed && daemon->never.own_error == 0)
		report(REPORT_INFO, "own-addresses",
		    "this machine's addresses changed; %zu networks are never "
		    "granted",
		    daemon->never.n);
}

/* Write damaged parameters anew. */
static void
repair(struct daemon *daemon)
{
	bool repaired;
	const int error = setup_repair(
	    daemon->cache, daemon->conf, &daemon->never, &repaired);

	if (error != 0)
		report(REPORT_ERROR, "not-configured", "%s",
		    shmcache_strerror(error));
	else if (repaired)
		report(REPORT_WARN, "table-repaired",
		    "another program changed the table's parameters; they are "
		    "as configured again");
}

/* The interval of sweeps, or of the watchdog if that is shorter. */
static struct timespec
tick_of(const struct daemon *daemon)
{
	uint64_t ms = (uint64_t)daemon->conf->popauthd.sweep_every_s * 1000;

	if (notify_watchdog_ms() != 0 && notify_watchdog_ms() < ms)
		ms = notify_watchdog_ms();
	return (struct timespec){.tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000};
}

/* Until SIGTERM or SIGINT. */
static void
serve(const sigset_t *signals, struct daemon *daemon)
{
	/* The watch does not report changes from before it began. */
	refresh(daemon);
	ruler_refresh(
	    &daemon->ruler, daemon->cache, daemon->conf->table.rules);
	notify("READY=1");
	for (;;) {
		const struct timespec tick = tick_of(daemon);
		const int signal_number = sigtimedwait(signals, NULL, &tick);

		if (!reaper_is_late(daemon->reaper))
			notify("WATCHDOG=1");
		if (signal_number == SIGHUP) {
			notify_reloading();
			reload(daemon);
			notify("READY=1");
		} else if (signal_number != -1)
			return;
		else {
			if (daemon->never.own_error != 0 ||
			    (daemon->watch_fd >= 0 &&
				own_changed(daemon->watch_fd)))
				refresh(daemon);
			repair(daemon);
			ruler_refresh(&daemon->ruler, daemon->cache,
			    daemon->conf->table.rules);
		}
	}
}

/* As user popauth: sweep until a signal ends it.  Returns an exit status. */
static int
run(const sigset_t *signals, struct daemon *daemon)
{
	int error;

	rcu_register_thread();
	error = reaper_start(daemon->cache, daemon->conf, &daemon->reaper);
	if (error != 0) {
		report(REPORT_FATAL, "no-thread", "%s", strerror(-error));
		return EX_OSERR;
	}
	daemon->watch_fd = own_watch();
	if (daemon->watch_fd < 0)
		report(REPORT_WARN, "no-watch",
		    "cannot watch this machine's addresses (%s); reload "
		    "popauthd after a change",
		    strerror(-daemon->watch_fd));
	report(REPORT_INFO, "started", "version " POPAUTH_VERSION);
	serve(signals, daemon);
	notify("STOPPING=1");
	if (daemon->watch_fd >= 0)
		close(daemon->watch_fd);
	if (reaper_stop(daemon->reaper))
		return EX_UNAVAILABLE;
	report(REPORT_INFO, "stopped", "the table stays");
	return EX_OK;
}

/* Block them at once: an early SIGHUP must not end the daemon.  Block them in
 * all threads: only sigtimedwait(2) may receive them. */
static void
block_signals(sigset_t *signals_out)
{
	sigemptyset(signals_out);
	sigaddset(signals_out, SIGHUP);
	sigaddset(signals_out, SIGINT);
	sigaddset(signals_out, SIGTERM);
	pthread_sigmask(SIG_BLOCK, signals_out, NULL);
}

int
main(int argc, char **argv)
{
	struct daemon daemon = {.watch_fd = -1};
	struct startup options = {.conf_path = CONF_DEFAULT_PATH};
	sigset_t signals;
	int lock_fd = -1, status, error;

	notify_init();
	status = startup_parse(
	    argc, argv, usage_text, "popauthd " POPAUTH_VERSION, &options);
	if (status != STARTUP_GO_ON)
		return status;
	block_signals(&signals);

	if (options.is_check)
		return conf_check(
		    "popauthd", options.conf_path, stdout, stderr);
	/* A user who starts it by hand sees why it does not start. */
	report_init("popauthd", REPORT_TO_BOTH);
	daemon.path = options.conf_path;
	daemon.conf = load(daemon.path);
	if (daemon.conf == NULL)
		return EX_CONFIG;

	/* root */
	status =
	    setup_table(daemon.conf, &daemon.cache, &daemon.never, &lock_fd);
	if (status != 0)
		goto out;

	/* popauth */
	error = geteuid() == 0 ? privilege_drop(POPAUTHD_USER, NULL)
			       : privilege_lock();
	if (error != 0) {
		report(REPORT_FATAL, "privilege",
		    "cannot become " POPAUTHD_USER ": %s", strerror(-error));
		status = EX_NOPERM;
		goto out;
	}
	if (!options.to_stderr)
		report_init("popauthd", REPORT_TO_SYSLOG);
	status = run(&signals, &daemon);
out:
	conf_free(daemon.conf);
	free(daemon.conf);
	shmcache_close(daemon.cache);
	if (lock_fd != -1)
		close(lock_fd);
	return status;
}
