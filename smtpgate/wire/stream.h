/* SPDX-License-Identifier: ISC */
/*
 * stream - buffered, timed bytes to and from one peer.
 *
 * CONCEPT.  The one place where the gate reads from or writes to the client
 * and the backend.  Every wait ends at a deadline; a line and a message may
 * share one read, the bytes behind a line stay in the buffer.  What is put is
 * gathered, and written at the latest before the stream waits for input: so
 * answers to pipelined commands leave together, and none is kept from a peer
 * that waits for it.
 *
 * LIFETIME.  stream_init() first; a stream does not own its descriptors.
 * After stream_start_tls() everything goes through TLS; stream_stop_tls() says
 * good-bye in it.
 *
 * TIME.  Deadlines are milliseconds of clock_mono_ms().
 *
 * CONCURRENCY.  One thread.
 *
 * CAVEATS.  A descriptor that is no socket is never set to non-blocking: its
 * file description may be shared with a shell, which would find its terminal
 * changed.  It is written in pieces that a pipe takes at once.
 */
#ifndef SMTPGATE_WIRE_STREAM_H
#define SMTPGATE_WIRE_STREAM_H

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

struct stream {
	int fd_in;
	int fd_out;
	bool is_socket;
	int stop_fd; /* ends the wait for a line that has not begun; -1 */
	const struct tls_library *library;
	struct tls *tls;   /* NULL: plain */
	size_t begin, end; /* what is buffered */
	size_t n_out;      /* what was put and is not yet written */
	int64_t out_since_ms;
	/* in this order: a page that nothing comes to is never there */
	char out[STREAM_OUT_BYTES];
	char buf[STREAM_BYTES];
};

/* Returns 0, or a negative errno when a descriptor is not open. */
int stream_init(struct stream *stream, int fd_in, int fd_out);

/*
 * Become the server side of TLS.  What the peer sent before is thrown away: it
 * may come from somebody on the way, and would be taken for the peer's own
 * (RFC 3207, 4.2).
 * The stream must be a socket.
 * Returns STREAM_DONE, _EOF, -ETIMEDOUT, -ENOMEM, or -EPROTO, with the reason
 * in why.
 * Blocks: until the deadline.
 */
int stream_start_tls(struct stream *stream, const struct tls_library *library,
    struct tls_keys *keys, int64_t deadline_ms, char why[TLS_WHY_BYTES]);

/* End TLS, if there is any; the peer is told when that goes at once. */
void stream_stop_tls(struct stream *stream);

/*
 * Read until at least one byte is buffered, which may be so already.  Before
 * it waits, it writes what was put.
 * watch_fd: a descriptor whose becoming readable ends the wait too; -1: none.
 * Returns STREAM_DONE, _EOF, _WATCHED, -ETIMEDOUT, or another negative errno.
 * Blocks: until the deadline.
 */
int stream_fill(struct stream *stream, int64_t deadline_ms, int watch_fd);

/*
 * Read one line.  The line is initialised here; its flaws are the caller's
 * business.  Behind a bare LF the wait is short: a peer that ends its lines so
 * would wait for us as we wait for its CR LF.
 * Returns STREAM_DONE, _EOF, _WATCHED (stop_fd is readable), -ETIMEDOUT
 * (line->flaws tells whether a bare LF was in it), or another negative errno.
 * Blocks: until the deadline, which is that of the whole line.
 */
int stream_read_line(
    struct stream *stream, struct line *line, int64_t deadline_ms);

/*
 * Have bytes written: now, if they do not fit beside what was put before or if
 * that has waited for a second, else by the next stream_fill() that waits, or
 * stream_flush().
 * Returns as stream_write().
 */
int stream_put(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms);

/* Write what was put.  Returns as stream_write(). */
int stream_flush(struct stream *stream, int64_t deadline_ms);

/*
 * Write all bytes, past what was put.
 * Returns STREAM_DONE, -ETIMEDOUT, -EPIPE and the like.
 * Blocks: until the deadline.
 */
int stream_write(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms);

/*
 * The same, unless the peer says something (or closes) meanwhile: then
 * STREAM_WATCHED, and part of the bytes may be gone.
 */
int stream_write_unless_spoken_to(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms);

/* Whether a whole line is buffered. */
bool stream_has_line(const struct stream *stream);

/* Read without waiting.  Whether bytes are buffered now. */
bool stream_try_fill(struct stream *stream);

/* Whether bytes are buffered or could be read at once, EOF counted in. */
bool stream_has_input(struct stream *stream);

#endif
