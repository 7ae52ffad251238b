/* SPDX-License-Identifier: ISC */
/*
 * Workers see an end of file on two pipes: over_fd when their generation is
 * over, gate.stop_fd when the listener stops.  The kernel closes the pipes even
 * if the supervisor is killed.
 */
#include "smtpgate/listener/supervisor.h"

#include "common/clock.h"
#include "common/notify.h"
#include "common/report.h"
#include "smtpgate/gate.h"
#include "smtpgate/listener/admission.h"
#include "smtpgate/listener/files.h"
#include "smtpgate/listener/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* How often files are checked and a failed start is tried again. */
#define TICK_MS 1000

/* How long the supervisor waits for its workers after the listener was stopped.
 * A worker that is still in a message then finishes it alone. */
#define STOP_S 30

/* Workers of all generations: more than twice the largest max_connections. */
#define PLACES_MAX 65536

struct generation {
	struct crew crew;
	uint32_t number;
	int over_end;   /* closed when the generation is over */
	uint64_t files; /* files_mark() before they were read */
};

/* A place of the scoreboard. */
struct place {
	pid_t pid; /* 0: no worker */
	uint32_t generation;
};

struct supervisor {
	const char *config;
	struct sockets sockets;
	struct generation *generation;
	uint32_t n_generations;
	struct scoreboard *board;
	struct crowd *crowd;
	struct place *places;
	uint32_t n_used; /* places that may have a worker: the first */
	int stop_fd, stop_end;
	int want_fd, want_end;
	int signal_fd;
	int64_t tick_ms; /* clock_mono_ms() of the next tick */
	bool is_pausing; /* until the next tick: a worker could not start */
};

/* ---- generations --------------------------------------------------------- */

static void
generation_free(struct generation *generation)
{
	if (generation == NULL)
		return;
	if (generation->over_end >= 0)
		close(generation->over_end);
	if (generation->crew.over_fd >= 0)
		close(generation->crew.over_fd);
	gate_close(&generation->crew.gate);
	free(generation);
}

/* Read all files.  The first time, open the sockets too. */
static int
read_files(struct supervisor *supervisor, struct generation *generation,
    struct conf_error *mistake)
{
	struct gate *gate = &generation->crew.gate;
	int error = gate_configure(gate, supervisor->config, mistake);

	if (error == 0 && supervisor->sockets.n == 0)
		error =
		    sockets_open(&gate->conf, &supervisor->sockets, mistake);
	if (error != 0)
		return error;
	/* Before they are read: a later change starts a new generation. */
	generation->files = files_mark(&gate->conf);
	return gate_open(
	    gate, sockets_services(&supervisor->sockets), true, NULL, mistake);
}

/* Returns NULL after mistake was filled in. */
static struct generation *
generation_new(struct supervisor *supervisor, struct conf_error *mistake)
{
	struct generation *generation = calloc(1, sizeof(*generation));
	int over[2] = {-1, -1};

	snprintf(mistake->text, sizeof(mistake->text), "out of memory");
	if (generation == NULL)
		return NULL;
	generation->over_end = generation->crew.over_fd = -1;
	if (read_files(supervisor, generation, mistake) != 0)
		goto out;
	if (pipe2(over, O_CLOEXEC) != 0) {
		snprintf(mistake->text, sizeof(mistake->text),
		    "no descriptors: %s", strerror(errno));
		goto out;
	}
	generation->number = ++supervisor->n_generations;
	generation->over_end = over[1];
	generation->crew.over_fd = over[0];
	generation->crew.want_fd = supervisor->want_end;
	generation->crew.sockets = &supervisor->sockets;
	generation->crew.board = supervisor->board;
	generation->crew.crowd = supervisor->crowd;
	generation->crew.gate.stop_fd = supervisor->stop_fd;
	return generation;
out:
	generation_free(generation);
	return NULL;
}

/* Workers of the old generation end by themselves; they are reaped and not
 * replaced. */
static void
begin_generation(struct supervisor *supervisor, const char *why)
{
	struct conf_error mistake;
	struct generation *next;

	notify_reloading();
	next = generation_new(supervisor, &mistake);
	if (next == NULL) {
		report(REPORT_ERROR, "not-reloaded",
		    "%s; going on with what was read before", mistake.text);
		/* Try again when a file changes, not each second. */
		supervisor->generation->files =
		    files_mark(&supervisor->generation->crew.gate.conf);
	} else {
		generation_free(supervisor->generation);
		supervisor->generation = next;
		scoreboard_retire(supervisor->board);
		report(REPORT_INFO, "reloaded", "%s", why);
	}
	notify("READY=1");
}

/* ---- workers ------------------------------------------------------------- */

static void
be_worker(struct supervisor *supervisor, uint32_t place)
{
	struct generation *generation = supervisor->generation;
	sigset_t none;

	close(supervisor->signal_fd);
	close(supervisor->want_fd);
	close(supervisor->stop_end);
	close(generation->over_end);
	/* Only the supervisor reacts to a signal for the whole process group, as
	 * a terminal's Ctrl-C and timeout(1) send it. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(worker_run(&generation->crew, place));
}

/* Returns the first place without a worker, or PLACES_MAX if this generation has
 * all its workers. */
static uint32_t
free_place(const struct supervisor *supervisor)
{
	const struct generation *generation = supervisor->generation;
	uint32_t max = generation->crew.gate.conf.smtpgate.max_connections + 1;
	uint32_t i, n_own = 0, place = supervisor->n_used;

	for (i = supervisor->n_used; i-- > 0;) {
		if (supervisor->places[i].pid == 0)
			place = i;
		else
			n_own += supervisor->places[i].generation ==
				 generation->number;
	}
	return n_own < max ? place : PLACES_MAX;
}

/* pid: 0: none.  The last places are given up when they are empty. */
static void
note_place(struct supervisor *supervisor, uint32_t place, pid_t pid)
{
	supervisor->places[place] =
	    (struct place){pid, supervisor->generation->number};
	if (supervisor->n_used <= place)
		supervisor->n_used = place + 1;
	while (supervisor->n_used > 0 &&
	       supervisor->places[supervisor->n_used - 1].pid == 0)
		supervisor->n_used--;
	scoreboard_use(supervisor->board, supervisor->n_used);
}

static bool
start_worker(struct supervisor *supervisor)
{
	uint32_t place = free_place(supervisor);
	pid_t pid;

	if (place == PLACES_MAX)
		return false;
	/* Count the worker as idle at once, or a second one would be started
	 * for the same need. */
	scoreboard_set(supervisor->board, place, SCOREBOARD_IDLE, NULL);
	/* Before the fork: the worker counts the clients of all places in use,
	 * its own among them.  No child has this pid. */
	note_place(supervisor, place, getpid());
	pid = fork();
	if (pid == 0)
		be_worker(supervisor, place);
	note_place(supervisor, place, pid > 0 ? pid : 0);
	if (pid > 0)
		return true;
	report(REPORT_WARN, "worker", "cannot start a worker: %s",
	    strerror(errno));
	scoreboard_set(supervisor->board, place, SCOREBOARD_EMPTY, NULL);
	supervisor->is_pausing = true;
	return false;
}

static void
start_workers(struct supervisor *supervisor)
{
	while (!supervisor->is_pausing &&
	       scoreboard_count(supervisor->board, SCOREBOARD_IDLE) <
		   WORKER_IDLE_MIN &&
	       start_worker(supervisor))
		;
}

static void
note_end(struct supervisor *supervisor, pid_t pid, int status)
{
	uint32_t place, number;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		report(REPORT_WARN, "worker",
		    "%d was killed by an administrator, or for want of memory",
		    (int)pid);
	else if (WIFSIGNALED(status))
		report(REPORT_BUG, "worker", "%d died of signal %d", (int)pid,
		    WTERMSIG(status));
	for (place = 0; place < supervisor->n_used; place++)
		if (supervisor->places[place].pid == pid)
			break;
	if (place == supervisor->n_used)
		return;
	number = supervisor->places[place].generation;
	scoreboard_set(supervisor->board, place, SCOREBOARD_EMPTY, NULL);
	note_place(supervisor, place, 0);
	/* The next worker would fail for the same reason. */
	if (number == supervisor->generation->number &&
	    (!WIFEXITED(status) || WEXITSTATUS(status) != EX_OK))
		supervisor->is_pausing = true;
}

/* Returns whether any child is left. */
static bool
reap(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		note_end(supervisor, pid, status);
	return pid == 0;
}

/* ---- the loop ------------------------------------------------------------ */

/* Returns the signal that came, or 0 after a tick or a worker's byte. */
static int
wait_for_something(struct supervisor *supervisor)
{
	struct pollfd fds[] = {
	    {.fd = supervisor->signal_fd, .events = POLLIN},
	    {.fd = supervisor->want_fd, .events = POLLIN},
	};
	struct signalfd_siginfo info;
	char bytes[256];

	(void)poll(fds, 2, TICK_MS);
	if (fds[1].revents != 0)
		while (read(supervisor->want_fd, bytes, sizeof(bytes)) > 0)
			;
	if (fds[0].revents != 0 && read(supervisor->signal_fd, &info,
				       sizeof(info)) == (ssize_t)sizeof(info))
		return (int)info.ssi_signo;
	return 0;
}

/* Whether the generation began without a table, and now there is one: its mode
 * was wrong, or descriptors were missing, and no mark has changed. */
static bool
has_table_now(const struct gate *gate)
{
	struct shmcache *table;

	if (gate->site.table != NULL ||
	    shmcache_open(gate->conf.table.path, SHMCACHE_PREAD, &table) != 0)
		return false;
	shmcache_close(table);
	return true;
}

/* Once a second, however busy the workers are. */
static void
tick(struct supervisor *supervisor)
{
	int64_t now_ms = clock_mono_ms();

	if (now_ms < supervisor->tick_ms)
		return;
	supervisor->tick_ms = now_ms + TICK_MS;
	supervisor->is_pausing = false;
	crowd_set(supervisor->crowd,
	    admission_is_crowded(
		&supervisor->generation->crew.gate.conf.smtpgate,
		scoreboard_count(supervisor->board, SCOREBOARD_BUSY)));
	if (files_mark(&supervisor->generation->crew.gate.conf) !=
	    supervisor->generation->files)
		begin_generation(
		    supervisor, "a file that the configuration names is new");
	else if (has_table_now(&supervisor->generation->crew.gate))
		begin_generation(supervisor, "the table can be read now");
	notify("WATCHDOG=1");
}

static void
serve(struct supervisor *supervisor)
{
	int signal_number = 0;

	while (signal_number != SIGTERM && signal_number != SIGINT) {
		(void)reap(supervisor);
		if (signal_number == SIGHUP)
			begin_generation(supervisor, "at SIGHUP");
		tick(supervisor);
		start_workers(supervisor);
		signal_number = wait_for_something(supervisor);
	}
}

static void
stop(struct supervisor *supervisor)
{
	struct generation *generation = supervisor->generation;
	int64_t end_ms = clock_mono_ms() + STOP_S * 1000;

	notify("STOPPING=1");
	sockets_end(&supervisor->sockets);
	sockets_close(&supervisor->sockets);
	close(supervisor->stop_end);
	close(generation->over_end);
	generation->over_end = -1;
	while (reap(supervisor) && clock_mono_ms() < end_ms)
		(void)wait_for_something(supervisor);
	report(REPORT_INFO, "stopped", "no client is served any more");
}

static int
set_up(struct supervisor *supervisor)
{
	sigset_t signals;
	int fds[2];

	supervisor->places = calloc(PLACES_MAX, sizeof(supervisor->places[0]));
	supervisor->board = scoreboard_new(PLACES_MAX);
	supervisor->crowd = crowd_new();
	if (supervisor->places == NULL || supervisor->board == NULL ||
	    supervisor->crowd == NULL)
		return -ENOMEM;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
		return -errno;
	supervisor->signal_fd =
	    signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (supervisor->signal_fd < 0)
		return -errno;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return -errno;
	supervisor->stop_fd = fds[0];
	supervisor->stop_end = fds[1];
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return -errno;
	supervisor->want_fd = fds[0];
	supervisor->want_end = fds[1];
	return 0;
}

int
supervisor_run(const char *config)
{
	struct supervisor supervisor = {.config = config};
	struct conf_error mistake;
	int error = set_up(&supervisor);

	report_share();
	if (error != 0) {
		report(REPORT_FATAL, "listener", "%s", strerror(-error));
		return EX_OSERR;
	}
	supervisor.generation = generation_new(&supervisor, &mistake);
	if (supervisor.generation == NULL) {
		report(REPORT_FATAL, "configuration", "%s", mistake.text);
		return EX_CONFIG;
	}
	report(REPORT_INFO, "started",
	    "version " POPAUTH_VERSION ", %zu sockets", supervisor.sockets.n);
	notify("READY=1");
	serve(&supervisor);
	stop(&supervisor);
	generation_free(supervisor.generation);
	scoreboard_free(supervisor.board);
	crowd_free(supervisor.crowd);
	free(supervisor.places);
	return EX_OK;
}
