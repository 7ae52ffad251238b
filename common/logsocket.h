/* SPDX-License-Identifier: ISC */
/*
 * logsocket - sends lines to the log daemon, and never waits for it.
 *
 * CONCEPT.  syslog(3) waits when the log daemon does not read: a stopped daemon
 * stops every program that logs.  This is its replacement, with a socket of its
 * own.  A line that does not fit at once is not sent, and the caller counts it.
 * A later line has that number at its end, as lost=N.
 *
 * LIFETIME.  LOGSOCKET_CLOSED(path) is a socket that opens at its first line.
 * After a fork(2) parent and child may both use it.
 *
 * CONCURRENCY.  No shared state; one thread at a time uses a struct.  Not for
 * signal handlers.
 *
 * TIME.  The stamp of a line is local time, as that of syslog(3): in a chroot
 * call tzset(3) before.
 */
#ifndef POPAUTH_LOGSOCKET_H
#define POPAUTH_LOGSOCKET_H

#include <stdint.h>

/* The longest line with its stamp; what is beyond is cut. */
#define LOGSOCKET_BYTES 2048

struct logsocket {
	const char *path; /* relative: to the working directory */
	int fd;           /* -1: none yet */
	int type;         /* SOCK_DGRAM; SOCK_STREAM if the daemon wants that */
};

#define LOGSOCKET_CLOSED(path_of_daemon)                                       \
	{                                                                      \
		.path = (path_of_daemon), .fd = -1, .type = SOCK_DGRAM         \
	}

/* One line. */
struct logsocket_line {
	int priority;      /* facility and severity of syslog(3) */
	const char *ident; /* the program's name */
	const char *text;
	uint64_t n_lost; /* lines that were not sent before; 0: none */
};

/*
 * Connect, so that a later chroot does not hide the daemon.
 * Returns 0, or a negative errno; logsocket_send() then tries again.
 * Blocks: never.
 */
int logsocket_open(struct logsocket *log);

/*
 * Send one line, as "<PRIORITY>Mmm dd hh:mm:ss ident[pid]: text lost=N"
 * (RFC 3164).  A log daemon that was started anew is found.
 * Returns 0, or a negative errno: the line is lost (-EAGAIN: the daemon does
 * not read).  errno stays as it was.
 * Blocks: never.
 */
int logsocket_send(struct logsocket *log, const struct logsocket_line *line);

/* Also for a socket that is closed. */
void logsocket_close(struct logsocket *log);

#endif
