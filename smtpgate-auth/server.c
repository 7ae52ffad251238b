/* SPDX-License-Identifier: ISC */
/*
 * A late child is killed with all its descendants: a stack mostly hangs in a
 * program that a module started, and each login would leave another one.  Each
 * process is stopped before its children are listed, so that it cannot start
 * another meanwhile.  A process that became a daemon is not a descendant any
 * more, and is not killed.
 *
 * Log lines: timeout (error) pid msg; died (error) pid [signal] msg; stranger
 * (warn) uid msg; no-child, accept (error) msg.
 */
#include "smtpgate-auth/server.h"

#include "common/clock.h"
#include "common/report.h"
#include "common/wait.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* No stack starts programs that start programs so deep. */
#define TREE_DEPTH_MAX 8

/* The pause after a failure of accept(2). */
#define PAUSE_MS 100

struct child {
	pid_t pid; /* 0: no child in this place */
	int64_t begin_ms;
};

struct server {
	int listen_fd;
	int signal_fd;
	bool is_stopping;
	size_t n_children;
	struct failures *failures;
	struct attend_place *places; /* shared memory; one for each child */
	struct child children[SERVER_MAX_REQUESTS];
};

#define PLACES_BYTES (SERVER_MAX_REQUESTS * sizeof(struct attend_place))

/* ---- ending a child ----------------------------------------------------- */

/* NOLINTNEXTLINE(misc-no-recursion): bounded by depth. */
static void
kill_tree(pid_t pid, unsigned depth)
{
	char path[64];
	FILE *list;
	int child;

	(void)kill(pid, SIGSTOP);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	list = depth < TREE_DEPTH_MAX ? fopen(path, "re") : NULL;
	while (list != NULL && fscanf(list, "%d", &child) == 1)
		kill_tree(child, depth + 1);
	if (list != NULL)
		fclose(list);
	(void)kill(pid, SIGKILL);
}

static void
log_child(const char *event, pid_t pid, int signal_number, const char *msg)
{
	struct logline line;

	logline_init(&line, event);
	logline_add_u64(&line, "pid", (uint64_t)pid);
	if (signal_number != 0)
		logline_add_u64(&line, "signal", (uint64_t)signal_number);
	logline_add_sentence(&line, "msg", msg);
	report_line(REPORT_ERROR, &line);
}

static void
kill_late(struct server *server, const struct server_rules *rules)
{
	int64_t now_ms = clock_mono_ms();
	size_t i;

	for (i = 0; i < SERVER_MAX_REQUESTS; i++) {
		struct child *child = &server->children[i];

		if (child->pid == 0 ||
		    now_ms - child->begin_ms < rules->attend.timeout_ms)
			continue;
		log_child("timeout", child->pid, 0,
		    "the PAM stack did not answer in time and was killed; "
		    "find the module of /etc/pam.d/smtpgate that hangs");
		kill_tree(child->pid, 0);
		/* Do not kill it again before the next timeout. */
		child->begin_ms = now_ms;
	}
}

static void
log_death(const struct attend_place *place, pid_t pid, int status)
{
	int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	/* By kill_late(), or by the administrator. */
	if (signal_number == SIGKILL)
		return;
	if (signal_number != 0 || attend_is_asking(place))
		log_child("died", pid, signal_number,
		    "a module of the PAM stack crashed or ended its process");
}

static void
reap(struct server *server)
{
	int status;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < SERVER_MAX_REQUESTS; i++)
			if (server->children[i].pid == pid)
				break;
		if (i == SERVER_MAX_REQUESTS)
			continue;
		log_death(&server->places[i], pid, status);
		attend_clear(&server->places[i], server->failures);
		server->children[i].pid = 0;
		server->n_children--;
	}
}

/* ---- a connection ------------------------------------------------------- */

static bool
is_welcome(int fd, uid_t gate_uid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	struct logline line;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return false;
	if (peer.uid == 0 || peer.uid == gate_uid)
		return true;
	logline_init(&line, "stranger");
	logline_add_u64(&line, "uid", peer.uid);
	logline_add_sentence(&line, "msg",
	    "a user other than the gate's connected and was refused; check the "
	    "permissions of the socket");
	report_line(REPORT_WARN, &line);
	return false;
}

/* In the child. */
static void
serve(const struct server *server, const struct server_rules *rules, int fd,
    size_t own, pid_t parent)
{
	const struct attend_places places = {
	    .all = server->places,
	    .n = SERVER_MAX_REQUESTS,
	    .own = own,
	};
	sigset_t none;

	/* Only the parent kills a late child. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	close(server->listen_fd);
	close(server->signal_fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	attend(fd, server->children[own].begin_ms, &rules->attend,
	    server->failures, &places);
	/* exit(3) would run the handlers that modules registered. */
	_exit(0);
}

/* Returns whether there is a child. */
static bool
start_child(struct server *server, const struct server_rules *rules, int fd)
{
	const pid_t parent = getpid();
	size_t i;

	if (server->n_children >= rules->attend.max_requests)
		return false;
	for (i = 0; server->children[i].pid != 0; i++)
		;
	server->children[i].begin_ms = clock_mono_ms();
	server->children[i].pid = fork();
	if (server->children[i].pid == 0)
		serve(server, rules, fd, i, parent);
	if (server->children[i].pid < 0) {
		server->children[i].pid = 0;
		report(REPORT_ERROR, "no-child", "fork: %s", strerror(errno));
		return false;
	}
	server->n_children++;
	return true;
}

static void
take_connection(struct server *server, const struct server_rules *rules)
{
	const struct answer busy = {.kind = ANSWER_BUSY};
	int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		report(REPORT_ERROR, "accept", "%s", strerror(errno));
		poll(NULL, 0, PAUSE_MS);
		return;
	}
	if (is_welcome(fd, rules->gate_uid) && !start_child(server, rules, fd))
		attend_answer(fd, &busy);
	close(fd);
}

/* ---- the loop ----------------------------------------------------------- */

static int
read_signal(const struct server *server)
{
	struct signalfd_siginfo info;

	if (read(server->signal_fd, &info, sizeof(info)) !=
	    (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

/* When the next child is out of time. */
static int64_t
next_deadline_ms(const struct server *server, const struct server_rules *rules)
{
	int64_t deadline_ms, next_ms = WAIT_FOR_EVER;
	size_t i;

	for (i = 0; i < SERVER_MAX_REQUESTS && server->n_children > 0; i++) {
		if (server->children[i].pid == 0)
			continue;
		deadline_ms =
		    server->children[i].begin_ms + rules->attend.timeout_ms;
		if (deadline_ms < next_ms)
			next_ms = deadline_ms;
	}
	return next_ms;
}

int
server_run(struct server *server, const struct server_rules *rules)
{
	struct pollfd fds[] = {
	    {.fd = server->signal_fd, .events = POLLIN},
	    {.fd = server->listen_fd, .events = POLLIN},
	};
	int signal_number, error;

	while (!server->is_stopping || server->n_children > 0) {
		if (server->is_stopping)
			fds[1].fd = -1;
		error = wait_until(fds, 2, next_deadline_ms(server, rules));
		if (error != 0 && error != -ETIMEDOUT)
			return error;
		signal_number = fds[0].revents != 0 ? read_signal(server) : 0;
		/* One SIGCHLD may report several children. */
		reap(server);
		kill_late(server, rules);
		if (signal_number == SIGHUP)
			return SERVER_RELOAD;
		if (signal_number == SIGTERM || signal_number == SIGINT)
			server->is_stopping = true;
		else if (fds[1].revents != 0)
			take_connection(server, rules);
	}
	return SERVER_STOPPED;
}

int
server_open(int listen_fd, const struct client_rules *clients,
    struct server **server_out)
{
	struct server *server = calloc(1, sizeof(*server));
	sigset_t signals;
	void *places;
	int error;

	if (server == NULL)
		return -ENOMEM;
	server->listen_fd = listen_fd;
	server->signal_fd = -1;
	places = mmap(NULL, PLACES_BYTES, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (places == MAP_FAILED) {
		error = -errno;
		goto out;
	}
	server->places = places;
	error = failures_new(clients, clock_boot_s(), &server->failures);
	if (error != 0)
		goto out;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	server->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	error = server->signal_fd < 0 ? -errno : 0;
out:
	if (error != 0) {
		server_close(server);
		return error;
	}
	*server_out = server;
	return 0;
}

void
server_close(struct server *server)
{
	if (server == NULL)
		return;
	if (server->signal_fd >= 0)
		close(server->signal_fd);
	failures_free(server->failures);
	if (server->places != NULL)
		munmap(server->places, PLACES_BYTES);
	free(server);
}
