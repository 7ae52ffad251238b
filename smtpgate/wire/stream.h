/* SPDX-License-Identifier: ISC */
/*
 * stream - buffered, timed bytes to and from one peer.
 *
 * CONCEPT.  The one place where the gate reads from or writes to the client
 * and the backend.  Every wait ends at a deadline.  A line and a message may
 * share one read: the bytes after a line stay in the buffer.  stream_put()
 * gathers output, which is written before the stream waits for input: replies
 * to pipelined commands leave together, and no peer waits for one of them.
 *
 * LIFETIME.  stream_init() first; a stream does not own its descriptors.
 * After stream_start_tls() all bytes go through TLS; stream_stop_tls() ends it.
 *
 * TIME.  Deadlines are milliseconds of clock_mono_ms().
 *
 * CONCURRENCY.  One thread.
 *
 * CAVEATS.  A descriptor that is not a socket is never made non-blocking: a
 * shell may share its file description, and would find its terminal changed.
 * It is written in pieces that a pipe takes at once.
 */
#ifndef SMTPGATE_WIRE_STREAM_H
#define SMTPGATE_WIRE_STREAM_H

#include "smtpgate/wire/crowd.h"
#include "smtpgate/wire/line.h"
#include "smtpgate/wire/tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_BYTES 16384
#define STREAM_OUT_BYTES 2048

enum stream_result {
	STREAM_DONE = 0,
	STREAM_EOF,     /* the peer closed its side */
	STREAM_WATCHED, /* the watched descriptor became readable first */
};

/*
 * How long the peer may keep the gate waiting.  debt_ms counts the time spent
 * in waits for input; each byte that comes pays for 1/min_rate seconds of it.
 * While crowd is set and the debt is max_debt_ms, waits end with -ETIMEDOUT.
 */
struct stream_patience {
	const struct crowd *crowd; /* NULL: the deadlines alone count */
	int64_t max_debt_ms;
	uint32_t min_rate; /* bytes a second; 0: a byte pays for all */
	int64_t debt_ms;
};

struct stream {
	int fd_in;
	int fd_out;
	bool is_socket;
	int stop_fd; /* ends the wait for a line that has not begun; -1 */
	struct stream_patience patience;
	const struct tls_library *library;
	struct tls *tls;   /* NULL: plain */
	size_t begin, end; /* the buffered bytes of buf */
	size_t n_out;      /* bytes of out that are not yet written */
	int64_t out_since_ms;
	/* The small buffer first: the last pages of the large one are often
	 * never touched, and so never allocated. */
	char out[STREAM_OUT_BYTES];
	char buf[STREAM_BYTES];
};

/* Returns 0, or a negative errno when a descriptor is not open. */
int stream_init(struct stream *stream, int fd_in, int fd_out);

/* Forget the buffered bytes. */
void stream_discard_input(struct stream *stream);

/*
 * Become the server side of TLS.  Buffered bytes are the beginning of the
 * client's handshake.
 * service: its number (tls.h).
 * The stream must be a socket.
 * Returns STREAM_DONE, _EOF, -ETIMEDOUT, -ENOMEM, or -EPROTO, with the reason
 * in why.
 * Blocks: until the deadline.
 */
int stream_start_tls(struct stream *stream, const struct tls_library *library,
    struct tls_keys *keys, unsigned char service, int64_t deadline_ms,
    char why[TLS_WHY_BYTES]);

/* End TLS, if there is any; close_notify is sent if that needs no wait. */
void stream_stop_tls(struct stream *stream);

/*
 * Read until at least one byte is buffered; return at once if one is already.
 * Gathered output is written before a wait.
 * watch_fd: the wait also ends when this descriptor is readable; -1: none.
 * Returns STREAM_DONE, _EOF, _WATCHED, -ETIMEDOUT, or another negative errno.
 * Blocks: until the deadline.
 */
int stream_fill(struct stream *stream, int64_t deadline_ms, int watch_fd);

/*
 * Read one line.  The line is initialised here; its flaws are for the caller to
 * check.  After a bare LF the wait is short: a peer that ends its lines in LF
 * waits for a reply while the stream waits for CR LF.
 * Returns STREAM_DONE, _EOF, _WATCHED (stop_fd is readable), -ETIMEDOUT
 * (line->flaws has LINE_BARE_LF if one was in it), or another negative errno.
 * Blocks: until the deadline, which is that of the whole line.
 */
int stream_read_line(
    struct stream *stream, struct line *line, int64_t deadline_ms);

/*
 * Gather bytes for a later write, by the next stream_fill() that waits or by
 * stream_flush().  They are written now if they do not fit, or if gathered
 * bytes have waited for a second.
 * Returns as stream_write().
 */
int stream_put(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms);

/* Write the gathered bytes.  Returns as stream_write(). */
int stream_flush(struct stream *stream, int64_t deadline_ms);

/*
 * Write all bytes now; gathered bytes are not looked at.
 * Returns STREAM_DONE, -ETIMEDOUT, -EPIPE and the like.
 * Blocks: until the deadline.
 */
int stream_write(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms);

/*
 * The same, until the peer sends something or closes: then STREAM_WATCHED, and
 * part of the bytes may have been written.
 */
int stream_write_unless_spoken_to(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms);

/* Whether a whole line is buffered. */
bool stream_has_line(const struct stream *stream);

/* Read without waiting.  Returns whether bytes are buffered now. */
bool stream_try_fill(struct stream *stream);

/* Whether bytes are buffered, or a read would not wait (EOF counts). */
bool stream_has_input(struct stream *stream);

#endif
