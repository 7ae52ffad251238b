/* SPDX-License-Identifier: ISC */
/*
 * server - accepts connections, forks a child for each, and kills children
 * that take too long.
 *
 * CONCEPT.  The parent reads nothing that a gate sends and calls nothing of
 * PAM, so that neither can stop or damage it.
 *
 * LIFETIME.  server_open(), server_run() until it returns SERVER_STOPPED,
 * server_close().
 *
 * CONCURRENCY.  One thread; SIGCHLD, SIGHUP, SIGINT and SIGTERM have to be
 * blocked from before server_open() on.
 *
 * TRUST.  Only root and the gate's user (SO_PEERCRED) may connect.
 *
 * On failure: denies; the gate's client gets 454.
 */
#ifndef SMTPGATE_AUTH_SERVER_H
#define SMTPGATE_AUTH_SERVER_H

#include "common/client.h"
#include "smtpgate-auth/attend.h"

#include <stdint.h>
#include <sys/types.h>

/* The bound of max_requests. */
#define SERVER_MAX_REQUESTS 1024

struct server;

struct server_rules {
	uid_t gate_uid; /* may connect, as root may */
	struct attend_rules attend;
};

enum server_end {
	SERVER_STOPPED = 0, /* SIGTERM or SIGINT; all children have ended */
	SERVER_RELOAD,      /* SIGHUP; server_run() may be called again */
};

/*
 * Make a server.
 * listen_fd: a listening SOCK_SEQPACKET socket, which stays the caller's.
 * clients: which addresses are one client; copied.
 * Returns 0 or a negative errno.
 */
int server_open(int listen_fd, const struct client_rules *clients,
    struct server **server_out);

/*
 * Serve.
 * Returns enum server_end, or a negative errno when it cannot go on.
 */
int server_run(struct server *server, const struct server_rules *rules);

/* NULL is accepted. */
void server_close(struct server *server);

#endif
