/* SPDX-License-Identifier: ISC */
#include "smtpgate/wire/stream.h"

#include "common/clock.h"
#include "common/wait.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Long enough for the rest of a line that was split on its way. */
#define BARE_LF_GRACE_MS 3000

/* How soon a wait notices that the listener is crowded. */
#define CROWD_LOOK_MS 1000

/* The longest that a gathered reply waits while the backend is slow. */
#define OUT_DELAY_MAX_MS 1000

int
stream_init(struct stream *stream, int fd_in, int fd_out)
{
	struct stat in, out;

	if (fstat(fd_in, &in) != 0)
		return -errno;
	if (fd_out == fd_in)
		out = in;
	else if (fstat(fd_out, &out) != 0)
		return -errno;
	stream->fd_in = fd_in;
	stream->fd_out = fd_out;
	stream->is_socket = S_ISSOCK(in.st_mode) && S_ISSOCK(out.st_mode);
	stream->begin = stream->end = stream->n_out = 0;
	stream->tls = NULL;
	stream->stop_fd = -1;
	stream->patience = (struct stream_patience){.crowd = NULL};
	return 0;
}

/* ---- patience ----------------------------------------------------------- */

/* When the wait that began at begin_ms is to be looked at again. */
static int64_t
look_again_ms(const struct stream_patience *patience, int64_t begin_ms)
{
	if (crowd_is_set(patience->crowd))
		return begin_ms + patience->max_debt_ms - patience->debt_ms;
	return clock_mono_ms() + CROWD_LOOK_MS;
}

static void
pay(struct stream_patience *patience, size_t n_bytes)
{
	int64_t earned_ms = patience->debt_ms;

	if (patience->min_rate > 0)
		earned_ms = (int64_t)n_bytes * 1000 / patience->min_rate;
	patience->debt_ms -=
	    earned_ms < patience->debt_ms ? earned_ms : patience->debt_ms;
}

/* wait_until(), or as long as patience lasts. */
static int
wait_for_peer(
    struct stream *stream, struct pollfd *fds, nfds_t n, int64_t deadline_ms)
{
	struct stream_patience *patience = &stream->patience;
	int64_t begin_ms = clock_mono_ms(), end_ms, now_ms;
	int result;

	do {
		end_ms = deadline_ms;
		if (patience->crowd != NULL)
			end_ms = look_again_ms(patience, begin_ms);
		if (end_ms > deadline_ms)
			end_ms = deadline_ms;
		result = wait_until(fds, n, end_ms);
		now_ms = clock_mono_ms();
	} while (result == -ETIMEDOUT && now_ms < deadline_ms &&
		 !(crowd_is_set(patience->crowd) &&
		     patience->debt_ms + now_ms - begin_ms >=
			 patience->max_debt_ms));
	patience->debt_ms += now_ms - begin_ms;
	return result;
}

/* ---- one attempt -------------------------------------------------------- */

/*
 * Neither of the two waits.  STREAM_AGAIN: wait for *events_out, then repeat.
 */
#define STREAM_AGAIN (-EAGAIN)

static int
result_of_tls(int result, short *events_out)
{
	switch (result) {
	case TLS_DONE:
		return STREAM_DONE;
	case TLS_WANT_READ:
		*events_out = POLLIN;
		return STREAM_AGAIN;
	case TLS_WANT_WRITE:
		*events_out = POLLOUT;
		return STREAM_AGAIN;
	case TLS_EOF:
		return STREAM_EOF;
	default:
		return result;
	}
}

static int
read_some(struct stream *stream, short *events_out)
{
	char *room = stream->buf + stream->end;
	size_t size = sizeof(stream->buf) - stream->end, n_tls = 0;
	ssize_t n;
	int result;

	*events_out = POLLIN;
	if (stream->tls != NULL) {
		result = result_of_tls(
		    stream->library->read(stream->tls, room, size, &n_tls),
		    events_out);
		if (result == STREAM_DONE)
			stream->end += n_tls;
		return result;
	}
	n = stream->is_socket ? recv(stream->fd_in, room, size, MSG_DONTWAIT)
			      : read(stream->fd_in, room, size);
	if (n < 0)
		return errno == EINTR ? STREAM_AGAIN : -errno;
	if (n == 0)
		return STREAM_EOF;
	stream->end += (size_t)n;
	return STREAM_DONE;
}

static int
write_some(struct stream *stream, const char *bytes, size_t n, size_t *n_out,
    short *events_out)
{
	ssize_t written;

	*events_out = POLLOUT;
	*n_out = 0;
	if (stream->tls != NULL)
		return result_of_tls(
		    stream->library->write(stream->tls, bytes, n, n_out),
		    events_out);
	if (stream->is_socket)
		written =
		    send(stream->fd_out, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else /* POSIX: a pipe that poll(2) reports writable takes PIPE_BUF. */
		written =
		    write(stream->fd_out, bytes, n < PIPE_BUF ? n : PIPE_BUF);
	if (written < 0)
		return errno == EINTR ? STREAM_AGAIN : -errno;
	*n_out = (size_t)written;
	return STREAM_DONE;
}

/* ---- TLS ---------------------------------------------------------------- */

void
stream_discard_input(struct stream *stream)
{
	stream->begin = stream->end = 0;
}

/*
 * The buffer is not written during the handshake.  No early byte is left after
 * it: the client's last message depends on the server's first.
 */
int
stream_start_tls(struct stream *stream, const struct tls_library *library,
    struct tls_keys *keys, unsigned char service, int64_t deadline_ms,
    char why[TLS_WHY_BYTES])
{
	const struct tls_start start = {.fd = stream->fd_in,
	    .early = stream->buf + stream->begin,
	    .n_early = stream->end - stream->begin,
	    .service = service};
	struct pollfd fd = {.fd = stream->fd_in};
	int result = stream_flush(stream, deadline_ms);

	if (result != STREAM_DONE) {
		snprintf(why, TLS_WHY_BYTES, "closed before the handshake");
		return result;
	}
	stream->begin = stream->end = 0;
	stream->library = library;
	stream->tls = library->begin(keys, &start);
	if (stream->tls == NULL) {
		snprintf(why, TLS_WHY_BYTES, "no memory");
		return -ENOMEM;
	}
	for (;;) {
		result =
		    result_of_tls(library->handshake(stream->tls), &fd.events);
		if (result == STREAM_AGAIN)
			result = wait_for_peer(stream, &fd, 1, deadline_ms);
		else if (result == STREAM_DONE)
			return STREAM_DONE;
		if (result != 0)
			break;
	}
	snprintf(why, TLS_WHY_BYTES, "%s",
	    result == -ETIMEDOUT   ? "no handshake in time"
	    : result == STREAM_EOF ? "closed during the handshake"
				   : library->error(stream->tls));
	stream_stop_tls(stream);
	return result;
}

void
stream_stop_tls(struct stream *stream)
{
	if (stream->tls == NULL)
		return;
	stream->library->end(stream->tls);
	stream->tls = NULL;
}

/* ---- reading ------------------------------------------------------------ */

int
stream_fill(struct stream *stream, int64_t deadline_ms, int watch_fd)
{
	struct pollfd fds[] = {
	    {.fd = stream->fd_in, .events = POLLIN},
	    {.fd = watch_fd, .events = POLLIN},
	};
	int result;

	if (stream->begin < stream->end)
		return STREAM_DONE;
	stream->begin = stream->end = 0;
	result = stream_flush(stream, deadline_ms);
	if (result != STREAM_DONE)
		return result;
	/* OpenSSL may hold decrypted bytes that poll(2) does not report. */
	result = stream->tls != NULL ? read_some(stream, &fds[0].events)
				     : STREAM_AGAIN;
	while (result == STREAM_AGAIN) {
		result = wait_for_peer(stream, fds, 2, deadline_ms);
		if (result != 0)
			return result;
		if (fds[1].revents != 0)
			return STREAM_WATCHED;
		result = read_some(stream, &fds[0].events);
	}
	pay(&stream->patience, stream->end - stream->begin);
	return result;
}

int
stream_read_line(struct stream *stream, struct line *line, int64_t deadline_ms)
{
	bool had_bare_lf;
	int64_t grace_ms;
	int result;

	line_init(line);
	for (;;) {
		result = stream_fill(stream, deadline_ms,
		    line->n_bytes == 0 ? stream->stop_fd : -1);
		if (result != STREAM_DONE)
			return result;
		had_bare_lf = (line->flaws & LINE_BARE_LF) != 0;
		stream->begin += line_feed(line, stream->buf + stream->begin,
		    stream->end - stream->begin);
		if (line->state == LINE_DONE)
			return STREAM_DONE;
		if (had_bare_lf || (line->flaws & LINE_BARE_LF) == 0)
			continue;
		grace_ms = clock_mono_ms() + BARE_LF_GRACE_MS;
		if (grace_ms < deadline_ms)
			deadline_ms = grace_ms;
	}
}

/* ---- writing ------------------------------------------------------------ */

/* watch_fd: ends the writing when it becomes readable; -1: none. */
static int
write_all(struct stream *stream, const char *bytes, size_t n,
    int64_t deadline_ms, int watch_fd)
{
	struct pollfd fds[] = {
	    {.fd = stream->fd_out, .events = POLLOUT},
	    {.fd = watch_fd, .events = POLLIN},
	};
	size_t written;
	int result;

	while (n > 0) {
		result = wait_for_peer(stream, fds, 2, deadline_ms);
		if (result != 0)
			return result;
		if (fds[1].revents != 0)
			return STREAM_WATCHED;
		result = write_some(stream, bytes, n, &written, &fds[0].events);
		if (result == STREAM_EOF)
			return -EPIPE;
		if (result != STREAM_DONE && result != STREAM_AGAIN)
			return result;
		bytes += written;
		n -= written;
	}
	return STREAM_DONE;
}

int
stream_write(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms)
{
	size_t written = 0;
	short events;
	int result;

	/* Nearly every reply fits at once: try without poll(2) first. */
	if (stream->is_socket) {
		result = write_some(stream, bytes, n, &written, &events);
		if (result == STREAM_EOF)
			return -EPIPE;
		if (result != STREAM_DONE && result != STREAM_AGAIN)
			return result;
	}
	return write_all(stream, bytes + written, n - written, deadline_ms, -1);
}

int
stream_flush(struct stream *stream, int64_t deadline_ms)
{
	size_t n = stream->n_out;

	stream->n_out = 0;
	return n > 0 ? stream_write(stream, stream->out, n, deadline_ms)
		     : STREAM_DONE;
}

int
stream_put(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms)
{
	int64_t now_ms = clock_mono_ms();
	int result;

	if (stream->n_out == 0)
		stream->out_since_ms = now_ms;
	if (n > sizeof(stream->out) - stream->n_out ||
	    now_ms - stream->out_since_ms >= OUT_DELAY_MAX_MS) {
		result = stream_flush(stream, deadline_ms);
		if (result != STREAM_DONE)
			return result;
		return stream_write(stream, bytes, n, deadline_ms);
	}
	memcpy(stream->out + stream->n_out, bytes, n);
	stream->n_out += n;
	return STREAM_DONE;
}

int
stream_write_unless_spoken_to(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms)
{
	if (stream->begin < stream->end)
		return STREAM_WATCHED;
	return write_all(stream, bytes, n, deadline_ms, stream->fd_in);
}

bool
stream_has_line(const struct stream *stream)
{
	return memmem(stream->buf + stream->begin, stream->end - stream->begin,
		   "\r\n", 2) != NULL;
}

bool
stream_try_fill(struct stream *stream)
{
	return stream_has_input(stream) &&
	       stream_fill(stream, clock_mono_ms(), -1) == STREAM_DONE;
}

bool
stream_has_input(struct stream *stream)
{
	struct pollfd fd = {.fd = stream->fd_in, .events = POLLIN};

	if (stream->begin < stream->end)
		return true;
	if (stream->tls == NULL)
		return poll(&fd, 1, 0) > 0;
	stream->begin = stream->end = 0;
	return read_some(stream, &fd.events) != STREAM_AGAIN;
}
