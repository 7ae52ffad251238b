/* SPDX-License-Identifier: ISC */
/*
 * A crew of processes.  A worker stops or kills itself (worker.c) by SIGSTOP or
 * SIGKILL before an atomic operation.  The parent resumes it after a while, or
 * reaps it and starts another one.
 */
#include "tests/stress/crew.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t parent_random;

static uint64_t
dice(uint64_t n)
{
	parent_random =
	    parent_random * 6364136223846793005u + 1442695040888963407u;
	return (parent_random >> 33) % n;
}

/* ---- workers ------------------------------------------------------------- */

struct child {
	pid_t pid;
	uint32_t stopped_until; /* 0: runs */
};

static struct child children[WORKERS_MAX];

static void
spawn(const struct settings *settings, unsigned id)
{
	const uint64_t seed = settings->seed ^ dice(UINT32_MAX);
	const pid_t pid = fork();

	if (pid == -1) {
		perror("stress: fork");
		exit(2);
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		worker_run(settings, id, seed);
		_exit(0);
	}
	children[id] = (struct child){.pid = pid};
}

/* popauthd's part, which is killed like the workers but never stopped: a table
 * that cannot grow loses grants, and counts them. */
static pid_t house;

static void
spawn_house(const struct settings *settings)
{
	house = fork();
	if (house == -1) {
		perror("stress: fork");
		exit(2);
	}
	if (house == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		house_run(settings);
		_exit(0);
	}
}

static void
kill_house(const struct settings *settings)
{
	kill(house, SIGKILL);
	waitpid(house, NULL, 0);
	spawn_house(settings);
}

/* A worker stopped itself: let it sleep for a while. */
static void
note_stop(const struct settings *settings, unsigned id)
{
	children[id].stopped_until =
	    arena_clock() + 1 + (uint32_t)dice(settings->stop_ticks_max);
}

static void
wake_sleepers(const struct settings *settings)
{
	for (unsigned i = 0; i < settings->n_workers; i++) {
		if (children[i].stopped_until != 0 &&
		    (int32_t)(arena_clock() - children[i].stopped_until) >= 0) {
			children[i].stopped_until = 0;
			kill(children[i].pid, SIGCONT);
		}
	}
}

/* See which workers had an accident. */
static void
look_after(const struct settings *settings)
{
	for (unsigned i = 0; i < settings->n_workers; i++) {
		int status;

		if (waitpid(children[i].pid, &status, WNOHANG | WUNTRACED) !=
		    children[i].pid)
			continue;
		if (WIFSTOPPED(status)) {
			note_stop(settings, i);
		} else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
			worker_bury(i);
			spawn(settings, i);
		} else {
			fprintf(stderr, "stress: worker %u ended: %#x\n", i,
			    (unsigned)status);
			atomic_fetch_add(&arena->errors, 1000);
			worker_bury(i);
			spawn(settings, i);
		}
	}
}

static void
start(const struct settings *settings)
{
	parent_random += settings->seed;
	spawn_house(settings);
	for (unsigned id = 0; id < settings->n_workers; id++)
		spawn(settings, id);
}

static void
tend(const struct settings *settings)
{
	look_after(settings);
	wake_sleepers(settings);
	if (settings->kills_wanted > 0 && dice(1024) == 0)
		kill_house(settings);
}

static bool
ends(pid_t pid)
{
	const int64_t until = now_us() + HANG_US;

	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (now_us() >= until) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return false;
		}
		kill(pid, SIGCONT);
		usleep(1000);
	}
	return true;
}

static unsigned
finish(const struct settings *settings)
{
	unsigned n_hanging = 0;

	for (unsigned i = 0; i < settings->n_workers; i++)
		n_hanging += !ends(children[i].pid);
	n_hanging += !ends(house);
	return n_hanging;
}

const struct crew crew_of_processes = {start, tend, finish};
