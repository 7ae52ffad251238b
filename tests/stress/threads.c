/* SPDX-License-Identifier: ISC */
/*
 * A crew of threads, for ThreadSanitizer.  It sees only one process, and knows
 * a word by its address, so all threads share one handle.  Accidents are milder
 * than those of processes: a worker that stops sleeps inside the operation, and
 * one that dies leaves the operation and does not return to it.
 */
#include "tests/stress/crew.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct thread {
	pthread_t id;
	unsigned worker;
	const struct settings *settings;
};

static struct thread threads[WORKERS_MAX];
static pthread_t house;

static void *
work(void *arg)
{
	const struct thread *thread = arg;

	worker_run(thread->settings, thread->worker,
	    thread->settings->seed * WORKERS_MAX + thread->worker);
	return NULL;
}

static void *
keep_house(void *arg)
{
	house_run(arg);
	return NULL;
}

static void
must(int error)
{
	if (error == 0)
		return;
	fprintf(stderr, "stress: pthread_create: error %d\n", error);
	exit(2);
}

static void
start(const struct settings *settings)
{
	/* pthread's argument is not const; house_run()'s is. */
	must(pthread_create(
	    &house, NULL, keep_house, (void *)(uintptr_t)settings));
	for (unsigned i = 0; i < settings->n_workers; i++) {
		threads[i] = (struct thread){.worker = i, .settings = settings};
		must(pthread_create(&threads[i].id, NULL, work, &threads[i]));
	}
}

static void
tend(const struct settings *settings)
{
	(void)settings;
}

static bool
ends(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += HANG_US / 1000000;
	return pthread_timedjoin_np(thread, NULL, &until) == 0;
}

static unsigned
finish(const struct settings *settings)
{
	unsigned n_hanging = 0;

	for (unsigned i = 0; i < settings->n_workers; i++)
		n_hanging += !ends(threads[i].id);
	n_hanging += !ends(house);
	return n_hanging;
}

const struct crew crew_of_threads = {start, tend, finish};
