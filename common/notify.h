/* SPDX-License-Identifier: ISC */
/*
 * notify - report the state to a service manager, and take its sockets.
 *
 * CONCEPT.  The protocols of sd_notify(3) and sd_listen_fds(3): datagrams to
 * $NOTIFY_SOCKET, descriptors from 3 on.  They are stable and need a dozen
 * lines.  Without a service manager nothing happens.
 *
 * LIFETIME.  notify_init() first, before the environment is cleared.
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
 * and LISTEN_FDNAMES.  Sockets beyond NOTIFY_SOCKETS_MAX are not touched.
 */
void notify_init(void);

/* The first descriptor that was not passed; also before notify_init(). */
int notify_first_other_fd(void);

/* The sockets that were passed; n_out: their number. */
const struct notify_socket *notify_sockets(size_t *n_out);

/* Send "READY=1" and the like; lost without a service manager. */
void notify(const char *state);

/* Send "RELOADING=1" and the time that systemd requires with it. */
void notify_reloading(void);

/* The interval of "WATCHDOG=1" in milliseconds; 0: never. */
uint32_t notify_watchdog_ms(void);

#endif
