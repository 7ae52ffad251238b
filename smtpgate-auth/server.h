/* SPDX-License-Identifier: ISC */
/*
 * server - accepts connections, has a child for each, and ends those that
 * take too long.
 *
 * CONCEPT.  The parent reads nothing that a gate sends and calls nothing of
 * PAM, so that it cannot be stopped or damaged by either.
 *
 * LIFETIME.  server_open(), server_run() until it returns SERVER_STOPPED,
 * server_close().
 *
 * CONCURRENCY.  One thread; SIGCHLD, SIGHUP, SIGINT and SIGTERM have to be
 * blocked from before server_open() on.
 *
 * TRUST.  A peer is root or the gate's user (SO_PEERCRED), or is sent away.
 *
 * On failure: denies; the gate tells its client to try again later.
 */
#ifndef SMTPGATE_AUTH_SERVER_H
#define SMTPGATE_AUTH_SERVER_H

#include "smtpgate-auth/attend.h"

#include <stdint.h>
#include <sys/types.h>

/* The bound of max_requests. */
#define SERVER_MAX_REQUESTS 1024

struct server;

struct server_rules {
	uid_t gate_uid; /* who may ask, beside root */
	struct attend_rules attend;
};

enum server_end {
	SERVER_STOPPED = 0, /* SIGTERM or SIGINT; all children have ended */
	SERVER_RELOAD,      /* SIGHUP; server_run() may be called again */
};

/*
 * Make a server.
 * listen_fd: a listening SOCK_SEQPACKET socket, which stays the caller's.
 * ipv6_prefix: bits of an IPv6 address that are one client.
 * Returns 0 or a negative errno.
 */
int server_open(
    int listen_fd, unsigned ipv6_prefix, struct server **server_out);

/*
 * Serve.
 * Returns enum server_end, or a negative errno when it cannot go on.
 */
int server_run(struct server *server, const struct server_rules *rules);

/* NULL is fine. */
void server_close(struct server *server);

#endif
