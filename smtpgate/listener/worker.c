/* SPDX-License-Identifier: ISC */
/*
 * All workers wait at all sockets; the kernel wakes one of them for a client
 * (EPOLLEXCLUSIVE).  There are max_connections + 1 workers at most: the extra
 * one answers 421 to a client above the limit, which would have to wait
 * otherwise.
 *
 * A worker that serves a client still holds the listening sockets.  If the
 * supervisor were killed, clients would connect and wait for that worker.  So
 * each worker gets a signal then, and ends the listening.
 */
#include "smtpgate/listener/worker.h"

#include "common/clock.h"
#include "common/report.h"
#include "decision/right.h"
#include "smtpgate/events.h"
#include "smtpgate/listener/admission.h"
#include "smtpgate/sandbox/sandbox.h"
#include "smtpgate/session/dispatch.h"
#include "smtpgate/syntax/reply.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

/* A worker then ends, and with it whatever memory it may have lost. */
#define SESSIONS_MAX 500

/* In the epoll set: no index of a socket. */
#define IS_OVER UINT32_MAX

static struct session session;

/* A worker's place, for the callback of its gate. */
struct seat {
	struct crew *crew;
	uint32_t place;
};

/* ---- one client ---------------------------------------------------------- */

/* The client that was accepted, or that a balancer named: enter it, and decide.
 * A client without a right is waited for with less patience. */
static enum admission
admit_client(struct crew *crew, uint32_t place)
{
	struct gate *gate = &crew->gate;
	struct admission_networks networks;
	struct scoreboard_tally tally;
	struct right right;
	struct client_rules rules;
	bool has_right;

	right_ask(&gate->site, client_addr(&gate->client), "", &right);
	has_right = right_kind_may_relay(right.kind);
	gate->crowd = has_right ? NULL : crew->crowd;
	conf_client_rules(&gate->conf.table, &rules);
	admission_networks(&gate->client.addr, &rules, &networks);
	scoreboard_set(crew->board, place, SCOREBOARD_BUSY, &networks.client);
	scoreboard_tally(crew->board, &networks.client, &networks.wider,
	    networks.wider_bits, &tally);
	return admission_decide(&gate->conf.smtpgate, &tally, has_right);
}

/* A balancer takes a place, and is no client: admits() counts whom it names. */
static enum admission
admit_balancer(struct crew *crew, uint32_t place)
{
	struct addr none;

	memset(&none, 0xff, sizeof(none)); /* no client's network */
	crew->gate.crowd = NULL;
	scoreboard_set(crew->board, place, SCOREBOARD_BUSY, &none);
	return scoreboard_count(crew->board, SCOREBOARD_BUSY) >
		       crew->gate.conf.smtpgate.max_connections
		   ? ADMISSION_TOO_MANY
		   : ADMISSION_GRANTED;
}

/* A health check, for which the header names no client, is always served. */
static bool
admits(void *arg)
{
	const struct seat *seat = arg;

	return !seat->crew->gate.client.is_known ||
	       admit_client(seat->crew, seat->place) == ADMISSION_GRANTED;
}

static void
turn_away(const struct gate *gate, int fd, enum admission why)
{
	const struct event_totals nothing = {.begin_ms = clock_mono_ms()};
	const struct reply_words words = {.host = gate->hostname};
	char text[REPLY_BYTES];
	size_t len = reply_format(REPLY_CLOSING_TOO_MANY, &words, text);

	/* The client expects a TLS handshake, not text. */
	if (gate->service->tls != CONF_TLS_IMPLICIT)
		(void)!send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	event_disconnect(gate,
	    why == ADMISSION_TOO_MANY ? EVENT_END_TOO_MANY
				      : EVENT_END_TOO_MANY_OF_CLIENT,
	    &nothing);
}

/*
 * Erase a client's data before the next client's session.  MADV_DONTNEED
 * zeroes the pages, and most are never touched again.  With another page size
 * it could hit neighbouring data, so memset clears them.
 */
static void
forget_client(void)
{
	if (sysconf(_SC_PAGESIZE) != SESSION_PAGE_BYTES ||
	    madvise(&session, sizeof(session), MADV_DONTNEED) != 0)
		memset(&session, 0, sizeof(session));
}

static void
serve(struct crew *crew, uint32_t place, const struct listening_socket *at)
{
	struct gate *gate = &crew->gate;
	struct seat seat = {crew, place};
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	int fd = accept4(at->fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
	enum admission why;

	if (fd < 0)
		return; /* another worker was faster, or the client left */
	client_of_accept(fd, &peer, len, &gate->client);
	gate->admits = admits;
	gate->admits_arg = &seat;
	gate->service = &gate->conf.services[at->service];
	why = gate_is_balancer(gate) ? admit_balancer(crew, place)
				     : admit_client(crew, place);
	if (why != ADMISSION_GRANTED) {
		/* First: its place must not be missing for another client. */
		scoreboard_set(crew->board, place, SCOREBOARD_IDLE, NULL);
		turn_away(gate, fd, why);
	} else {
		if (scoreboard_count(crew->board, SCOREBOARD_IDLE) <
		    WORKER_IDLE_MIN)
			(void)!write(crew->want_fd, "", 1);
		(void)session_run(&session, gate, fd, fd);
		forget_client();
	}
	close(fd);
	scoreboard_set(crew->board, place, SCOREBOARD_IDLE, NULL);
}

/* ---- all clients --------------------------------------------------------- */

static int
watch(int epoll_fd, int fd, uint32_t events, uint32_t number)
{
	struct epoll_event event = {.events = events, .data.u32 = number};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static int
watch_all(const struct crew *crew, int *epoll_fd_out)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int error = epoll_fd < 0 ? -errno : 0;
	size_t i;

	for (i = 0; i < crew->sockets->n && error == 0; i++)
		error = watch(epoll_fd, crew->sockets->items[i].fd,
		    EPOLLIN | EPOLLEXCLUSIVE, (uint32_t)i);
	if (error == 0)
		error = watch(epoll_fd, crew->over_fd, EPOLLIN, IS_OVER);
	if (error == 0)
		error = watch(epoll_fd, crew->gate.stop_fd, EPOLLIN, IS_OVER);
	*epoll_fd_out = epoll_fd;
	return error;
}

static void
serve_all(struct crew *crew, uint32_t place, int epoll_fd)
{
	struct epoll_event event;
	unsigned n_sessions = 0;

	while (
	    n_sessions < SESSIONS_MAX &&
	    scoreboard_count(crew->board, SCOREBOARD_IDLE) <= WORKER_IDLE_MAX) {
		if (epoll_wait(epoll_fd, &event, 1, -1) != 1)
			continue;
		if (event.data.u32 == IS_OVER)
			return;
		n_sessions++;
		serve(crew, place, &crew->sockets->items[event.data.u32]);
	}
}

/* ---- the supervisor's death ---------------------------------------------- */

/* For the signal handler. */
static const struct sockets *listening;

static void
on_death(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	sockets_end(listening);
	errno = saved;
}

static int
handle_death(const struct crew *crew)
{
	struct sigaction action = {.sa_handler = on_death};

	listening = crew->sockets;
	return sigaction(SIGUSR1, &action, NULL) == 0 ? 0 : -errno;
}

/* After the sandbox: a change of user would undo it.  A supervisor that died
 * before is seen by the idle worker. */
static int
ask_for_death_signal(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0) == 0 ? 0 : -errno;
}

int
worker_run(struct crew *crew, uint32_t place)
{
	int epoll_fd = -1;
	int error = watch_all(crew, &epoll_fd);

	if (error == 0)
		error = handle_death(crew);
	if (error == 0)
		error = sandbox_enter(&crew->gate.conf);
	if (error == 0)
		error = ask_for_death_signal();
	if (error != 0) {
		report(REPORT_FATAL, "worker",
		    "cannot become user " GATE_USER " in " SANDBOX_JAIL ": %s",
		    strerror(-error));
		return EX_OSERR;
	}
	scoreboard_set(crew->board, place, SCOREBOARD_IDLE, NULL);
	serve_all(crew, place, epoll_fd);
	return EX_OK;
}
