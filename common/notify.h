/* SPDX-License-Identifier: ISC */
/*
 * notify - tell a service manager how we are, and take its sockets.
 *
 * CONCEPT.  The protocols of sd_notify(3) and sd_listen_fds(3), which are
 * stable and a dozen lines: datagrams to $NOTIFY_SOCKET, descriptors from 3 on.
 * Without a service manager nothing happens.
 *
 * LIFETIME.  notify_init() first, while the environment is still there.
 *
 * CONCURRENCY.  notify_init() before any thread; the rest from any.
 */
#ifndef POPAUTH_NOTIFY_H
#define POPAUTH_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#define NOTIFY_SOCKETS_MAX 64
#define NOTIFY_NAME_BYTES 32

struct notify_socket {
	int fd;                       /* close-on-exec */
	char name[NOTIFY_NAME_BYTES]; /* FileDescriptorName=, or "" */
};

/*
 * Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, LISTEN_FDS, LISTEN_PID
 * and LISTEN_FDNAMES.  More than NOTIFY_SOCKETS_MAX sockets are left alone.
 */
void notify_init(void);

/* The first descriptor that was not passed; for before notify_init(). */
int notify_first_other_fd(void);

/* The sockets that were passed; n_out: how many. */
const struct notify_socket *notify_sockets(size_t *n_out);

/* Send "READY=1" and the like; lost where nobody listens. */
void notify(const char *state);

/* Send "RELOADING=1", with the time that its manager wants beside it. */
void notify_reloading(void);

/* How often "WATCHDOG=1" is due, in milliseconds; 0: never. */
uint32_t notify_watchdog_ms(void);

#endif
