/* SPDX-License-Identifier: ISC */
/*
 * worker - a process of a listener that serves one client after another.
 *
 * All workers wait at all sockets; the kernel wakes one of them for a client
 * (EPOLLEXCLUSIVE).  There are max_connections + 1 workers at most: the extra
 * one answers 421 to a client above the limit, which would have to wait
 * otherwise.
 *
 * A worker that serves a client still holds the listening sockets.  If the
 * supervisor is killed, clients would connect and wait for that worker.  So the
 * first worker that is idle and sees the end ends the listening for all.
 */
#include "smtpgate/listener/worker.h"

#include "common/cidr.h"
#include "common/clock.h"
#include "common/report.h"
#include "smtpgate/events.h"
#include "smtpgate/sandbox/sandbox.h"
#include "smtpgate/session/dispatch.h"
#include "smtpgate/syntax/reply.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
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

/* The addresses that count as one client. */
static struct addr
network_of(const struct gate *gate)
{
	struct addr network = gate->client.addr;

	if (!addr_is_v4(&network))
		addr_mask(&network, gate->conf.table.ipv6_prefix);
	return network;
}

/* Enter the client, and count. */
static bool
is_one_too_many_of_client(struct crew *crew, uint32_t place)
{
	struct addr network = network_of(&crew->gate);

	scoreboard_set(crew->board, place, SCOREBOARD_BUSY, &network);
	return scoreboard_count_client(crew->board, &network) >
	       crew->gate.conf.smtpgate.max_connections_per_client;
}

/* A balancer takes a place, and is no client: admits() counts whom it names. */
static bool
is_one_too_many(struct crew *crew, uint32_t place, enum event_end *why_out)
{
	struct addr none;
	bool is_balancer = gate_is_balancer(&crew->gate), is_of_client = false;

	memset(&none, 0xff, sizeof(none)); /* no client's network */
	if (is_balancer)
		scoreboard_set(crew->board, place, SCOREBOARD_BUSY, &none);
	else
		is_of_client = is_one_too_many_of_client(crew, place);
	*why_out = EVENT_END_TOO_MANY;
	if (scoreboard_count(crew->board, SCOREBOARD_BUSY) >
	    crew->gate.conf.smtpgate.max_connections)
		return true;
	*why_out = EVENT_END_TOO_MANY_OF_CLIENT;
	return is_of_client;
}

/* A health check, for which the header names no client, is always served. */
static bool
admits(void *arg)
{
	const struct seat *seat = arg;

	return !seat->crew->gate.client.is_known ||
	       !is_one_too_many_of_client(seat->crew, seat->place);
}

static void
turn_away(const struct gate *gate, int fd, enum event_end why)
{
	const struct event_totals nothing = {.begin_ms = clock_mono_ms()};
	const struct reply_words words = {
	    .host = gate->hostname, .client = gate->client.text, .window = ""};
	char text[REPLY_BYTES];
	size_t len = reply_format(REPLY_CLOSING_TOO_MANY, &words, text);

	/* The client expects a TLS handshake, not text. */
	if (gate->service->tls != CONF_TLS_IMPLICIT)
		(void)!send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	event_disconnect(&gate->client, why, &nothing);
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
serve(
    struct crew *crew, uint32_t place, const struct listening_socket *listening)
{
	struct gate *gate = &crew->gate;
	struct seat seat = {crew, place};
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	int fd = accept4(
	    listening->fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
	enum event_end why;

	if (fd < 0)
		return; /* another worker was faster, or the client left */
	client_of_accept(fd, &peer, len, &gate->client);
	gate->admits = admits;
	gate->admits_arg = &seat;
	gate->service = &gate->conf.services[listening->service];
	if (is_one_too_many(crew, place, &why)) {
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

/* Whether the listener stops, not only this generation.  A killed supervisor's
 * end of the stop pipe is closed first: its number is lower. */
static bool
is_stopping(const struct crew *crew)
{
	struct pollfd fd = {.fd = crew->gate.stop_fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
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

int
worker_run(struct crew *crew, uint32_t place)
{
	int epoll_fd = -1;
	int error = watch_all(crew, &epoll_fd);

	if (error == 0)
		error = sandbox_enter(&crew->gate.conf);
	if (error != 0) {
		report(REPORT_FATAL, "worker",
		    "cannot become user " GATE_USER " in " SANDBOX_JAIL ": %s",
		    strerror(-error));
		return EX_OSERR;
	}
	scoreboard_set(crew->board, place, SCOREBOARD_IDLE, NULL);
	serve_all(crew, place, epoll_fd);
	if (is_stopping(crew))
		sockets_end(crew->sockets);
	return EX_OK;
}
