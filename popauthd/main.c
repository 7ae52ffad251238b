/* SPDX-License-Identifier: ISC */
/*
 * popauthd - makes the table, sweeps it, and otherwise stays out of the way.
 *
 * Phases, by privilege:
 *   root     read the configuration, make directory and table, lock
 *   popauth  sweep, reload on SIGHUP, end on SIGTERM or SIGINT
 *
 * The table stays when the daemon ends: logins and gates go on without it, and
 * the next daemon finds the grants that still live.
 */
#include "common/privilege.h"
#include "common/report.h"
#include "config/conf.h"
#include "popauthd/reaper.h"
#include "popauthd/setup.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <urcu.h>

struct options {
	const char *conf_path;
	bool test;
	bool to_stderr;
};

static const char usage_text[] =
    "usage: popauthd [-e] [-t] [-c FILE]\n"
    "\n"
    "Make the table of grants and evict what is past its window.  Stays in "
    "the\n"
    "foreground.  SIGHUP reads the configuration again, SIGTERM ends; the "
    "table\n"
    "and its grants stay.\n"
    "\n"
    "  -c FILE  configuration (" CONF_DEFAULT_PATH ")\n"
    "  -e       log to standard error as well\n"
    "  -t       check the configuration and end\n"
    "  -h, -V   this text; the version\n";

/* Returns -1 to go on, or an exit status. */
static int
parse_options(int argc, char **argv, struct options *options)
{
	int c;

	*options = (struct options){.conf_path = CONF_DEFAULT_PATH};
	while ((c = getopt(argc, argv, "c:ehtV")) != -1) {
		switch (c) {
		case 'c':
			options->conf_path = optarg;
			break;
		case 'e':
			options->to_stderr = true;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return EX_OK;
		case 't':
			options->test = true;
			break;
		case 'V':
			puts("popauthd " POPAUTH_VERSION);
			return EX_OK;
		default:
			fputs(usage_text, stderr);
			return EX_USAGE;
		}
	}
	if (optind != argc) {
		fputs(usage_text, stderr);
		return EX_USAGE;
	}
	return -1;
}

/* A loaded configuration on the heap, or NULL after a report. */
static struct conf *
load(const char *path)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	struct conf_error error;

	if (conf == NULL) {
		report(REPORT_FATAL, "no-memory", "out of memory");
		return NULL;
	}
	if (conf_load(path, conf, &error) != 0) {
		report(REPORT_FATAL, "configuration", "%s", error.text);
		free(conf);
		return NULL;
	}
	return conf;
}

/* Replaces *conf by what the file says now, or leaves it. */
static void
reload(const char *path, struct conf **conf, struct shmcache *cache,
    struct reaper *reaper)
{
	struct conf *old = *conf, *new = load(path);
	int error;

	if (new == NULL) {
		report(REPORT_ERROR, "not-reloaded",
		    "going on with the configuration of before");
		return;
	}
	if (strcmp(new->table.path, old->table.path) != 0) {
		report(REPORT_ERROR, "not-reloaded",
		    "[table] path cannot change under running programs; "
		    "restart popauthd");
		conf_free(new);
		free(new);
		return;
	}
	error = setup_configure(cache, new);
	if (error != 0)
		report(REPORT_ERROR, "not-configured", "%s",
		    shmcache_strerror(error));
	reaper_reconfigure(reaper, new);
	*conf = new;
	conf_free(old);
	free(old);
	report(REPORT_INFO, "reloaded", "%s", path);
}

/* Until SIGTERM or SIGINT. */
static void
serve(const sigset_t *signals, const char *path, struct conf **conf,
    struct shmcache *cache, struct reaper *reaper)
{
	for (;;) {
		int signal_number = 0;

		if (sigwait(signals, &signal_number) != 0)
			continue;
		if (signal_number != SIGHUP)
			return;
		reload(path, conf, cache, reaper);
	}
}

/* As user popauth: sweep until told to end.  Returns an exit status. */
static int
run(const sigset_t *signals, const char *path, struct conf **conf,
    struct shmcache *cache)
{
	struct reaper *reaper;
	int error;

	rcu_register_thread();
	error = reaper_start(cache, *conf, &reaper);
	if (error != 0) {
		report(REPORT_FATAL, "no-thread", "%s", strerror(-error));
		return EX_OSERR;
	}
	report(REPORT_INFO, "started", "version " POPAUTH_VERSION);
	serve(signals, path, conf, cache, reaper);
	if (reaper_stop(reaper))
		return EX_UNAVAILABLE;
	report(REPORT_INFO, "stopped", "the table stays");
	return EX_OK;
}

int
main(int argc, char **argv)
{
	struct shmcache *cache = NULL;
	struct options options;
	struct conf *conf;
	sigset_t signals;
	int lock_fd = -1, status, error;

	status = parse_options(argc, argv, &options);
	if (status != -1)
		return status;
	/* From the first moment, for an early reload must not end us; and in
	 * all threads, for only sigwait(3) is to see them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);

	/* Whoever starts it by hand sees why it does not. */
	report_init(
	    "popauthd", options.test ? REPORT_TO_STDERR : REPORT_TO_BOTH);
	conf = load(options.conf_path);
	if (conf == NULL)
		return EX_CONFIG;
	if (options.test) {
		printf("popauthd: %s is fine\n", options.conf_path);
		status = EX_OK;
		goto out;
	}
	report_init(
	    "popauthd", options.to_stderr ? REPORT_TO_BOTH : REPORT_TO_SYSLOG);

	/* root */
	status = setup_table(conf, &cache, &lock_fd);
	if (status != 0)
		goto out;

	/* popauth */
	error =
	    geteuid() == 0 ? privilege_drop(POPAUTHD_USER, NULL) : privilege_lock();
	if (error != 0) {
		report(REPORT_FATAL, "privilege",
		    "cannot become " POPAUTHD_USER ": %s", strerror(-error));
		status = EX_NOPERM;
		goto out;
	}
	if (!options.to_stderr)
		report_init("popauthd", REPORT_TO_SYSLOG);
	status = run(&signals, options.conf_path, &conf, cache);
out:
	conf_free(conf);
	free(conf);
	shmcache_close(cache);
	if (lock_fd != -1)
		close(lock_fd);
	return status;
}
