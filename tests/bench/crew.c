/* SPDX-License-Identifier: ISC */
/*
 * Orders go through one place in shared memory, a semaphore a member says
 * "go", one says "done".
 *
 * Peers for threads are in a separate process, the host, whose threads are the
 * members of those orders.
 */
#include "tests/bench/crew.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_WITHIN_S 120

#define N_MEMBERS (CREW_MAX + 1)

struct crew_shared *crew;
uint32_t *bench_offset;

/* The private part. */
struct signals {
	sem_t go[N_MEMBERS];       /* processes */
	sem_t go_thread[CREW_MAX]; /* the host's threads */
	sem_t done;
};

static struct signals *signals;
static char crew_path[200];
static pid_t pids[N_MEMBERS + 1]; /* the last: the host */

void
crew_dir(unsigned peer, char path[static 256])
{
	snprintf(path, 256, "%s/%s", crew_path, peers[peer]->name);
}

/* Handles of one process. */
static void *handles[PEERS_MAX];

static _Noreturn void
serve(unsigned member, sem_t *go)
{
	for (;;) {
		struct crew_order order;

		while (sem_wait(go) == -1 && errno == EINTR)
			;
		order = crew->order;
		crew->result[member] = (struct crew_result){0};
		work(&order, member, &handles[order.peer],
		    &crew->result[member]);
		sem_post(&signals->done);
	}
}

static void *
serve_as_thread(void *arg)
{
	const unsigned member = (unsigned)((sem_t *)arg - signals->go_thread);

	serve(member, arg);
}

static _Noreturn void
host(void)
{
	pthread_t threads[CREW_MAX];

	for (unsigned i = 0; i < CREW_MAX; i++) {
		if (pthread_create(&threads[i], NULL, serve_as_thread,
			&signals->go_thread[i]) != 0)
			_exit(EXIT_FAILURE);
	}
	for (unsigned i = 0; i < CREW_MAX; i++)
		pthread_join(threads[i], NULL);
	_exit(EXIT_SUCCESS);
}

static int
share(void)
{
	crew = mmap(NULL, sizeof(*crew) + sizeof(*signals),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (crew == MAP_FAILED)
		return -errno;
	signals = (struct signals *)(void *)(crew + 1);
	bench_offset = &crew->offset;
	for (unsigned i = 0; i < N_MEMBERS; i++)
		sem_init(&signals->go[i], 1, 0);
	for (unsigned i = 0; i < CREW_MAX; i++)
		sem_init(&signals->go_thread[i], 1, 0);
	sem_init(&signals->done, 1, 0);
	return 0;
}

int
crew_start(const char *dir)
{
	int error;

	snprintf(crew_path, sizeof(crew_path), "%s", dir);
	if ((error = share()) != 0)
		return error;
	for (unsigned i = 0; i <= N_MEMBERS; i++) {
		pids[i] = fork();
		if (pids[i] == -1)
			return -errno;
		if (pids[i] != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (i == N_MEMBERS)
			host();
		serve(i, &signals->go[i]);
	}
	return 0;
}

static bool
anybody_died(void)
{
	for (unsigned i = 0; i <= N_MEMBERS; i++) {
		if (pids[i] > 0 && waitpid(pids[i], NULL, WNOHANG) != 0)
			return true;
	}
	return false;
}

static int
wait_done(void)
{
	for (unsigned s = 0; s < ANSWER_WITHIN_S; s++) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		while (sem_timedwait(&signals->done, &until) == -1) {
			if (errno == ETIMEDOUT)
				break;
			if (errno != EINTR)
				return -errno;
		}
		if (errno != ETIMEDOUT)
			return 0;
		if (anybody_died())
			return -ECHILD;
		errno = 0;
	}
	return -ETIMEDOUT;
}

int
crew_do(const struct crew_order *order, unsigned first, unsigned n_members)
{
	const bool threads = peers[order->peer]->kind == PEER_THREADS;

	crew->order = *order;
	crew->order.n_members = n_members;
	for (unsigned i = first; i < first + n_members; i++)
		sem_post(threads ? &signals->go_thread[i] : &signals->go[i]);
	for (unsigned i = 0; i < n_members; i++) {
		int error;

		errno = 0;
		if ((error = wait_done()) != 0) {
			fprintf(stderr,
			    "bench: a worker died or hangs at peer %s, "
			    "job %d\n",
			    peers[order->peer]->name, (int)order->job);
			crew_stop();
			exit(EXIT_FAILURE);
		}
	}
	for (unsigned i = first; i < first + n_members; i++) {
		if (crew->result[i].error != 0)
			return crew->result[i].error;
	}
	return 0;
}

/* A Redis server that still runs ends with its parent. */
void
crew_stop(void)
{
	for (unsigned i = 0; i <= N_MEMBERS; i++) {
		if (pids[i] <= 0)
			continue;
		kill(pids[i], SIGTERM);
		waitpid(pids[i], NULL, 0);
		pids[i] = 0;
	}
}
