/* SPDX-License-Identifier: ISC */
/*
 * wait - poll(2) until a deadline.
 *
 * TIME.  Deadlines are milliseconds of clock_mono_ms().
 */
#ifndef POPAUTH_WAIT_H
#define POPAUTH_WAIT_H

#include <poll.h>
#include <stdint.h>

/* A deadline that never comes. */
#define WAIT_FOR_EVER INT64_MAX

/*
 * Wait until a descriptor has an event.  A signal does not end the wait; a
 * deadline that has passed still lets an event be seen.
 * fds: as for poll(2), which ignores an entry whose fd is -1; n: 0 only waits.
 * Returns 0 when there is an event, -ETIMEDOUT, or another negative errno.
 * Blocks: until the deadline.
 */
int wait_until(struct pollfd *fds, nfds_t n, int64_t deadline_ms);

/* The same for one descriptor.  events: POLLIN or POLLOUT. */
int wait_fd(int fd, short events, int64_t deadline_ms);

#endif
