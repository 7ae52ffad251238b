/* SPDX-License-Identifier: ISC */
/*
 * stream - buffered, timed bytes to and from one peer.
 */
#include "smtpgate/stream.h"

#include "common/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Long enough for the rest of a line that was split on its way. */
#define BARE_LF_GRACE_MS 3000

/* How long an answer waits for company, while the backend is slow. */
#define OUT_DELAY_MAX_MS 1000

int
stream_init(struct stream *stream, int fd_in, int fd_out)
{
	struct stat in, out;

	if (fstat(fd_in, &in) != 0 || fstat(fd_out, &out) != 0)
		return -errno;
	stream->fd_in = fd_in;
	stream->fd_out = fd_out;
	stream->is_socket = S_ISSOCK(in.st_mode) && S_ISSOCK(out.st_mode);
	stream->begin = stream->end = stream->n_out = 0;
	return 0;
}

/*
 * Wait for any of the descriptors; those of -1 are passed over by poll(2).
 * Returns 0 when there is an event, -ETIMEDOUT, or another negative errno.
 */
static int
wait_for(struct pollfd *fds, nfds_t n, int64_t deadline_ms)
{
	int64_t left;
	int ready;

	for (;;) {
		left = deadline_ms - clock_mono_ms();
		if (left < 0)
			left = 0;
		if (left > INT_MAX)
			left = INT_MAX;
		ready = poll(fds, n, (int)left);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (clock_mono_ms() >= deadline_ms)
			return -ETIMEDOUT;
	}
}

static ssize_t
read_some(struct stream *stream)
{
	char *room = stream->buf + stream->end;
	size_t n = sizeof(stream->buf) - stream->end;

	if (stream->is_socket)
		return recv(stream->fd_in, room, n, MSG_DONTWAIT);
	return read(stream->fd_in, room, n);
}

int
stream_fill(struct stream *stream, int64_t deadline_ms, int watch_fd)
{
	struct pollfd fds[] = {
	    {.fd = stream->fd_in, .events = POLLIN},
	    {.fd = watch_fd, .events = POLLIN},
	};
	ssize_t n;
	int error;

	if (stream->begin < stream->end)
		return STREAM_DONE;
	stream->begin = stream->end = 0;
	error = stream_flush(stream, deadline_ms);
	if (error != 0)
		return error;
	for (;;) {
		error = wait_for(fds, 2, deadline_ms);
		if (error != 0)
			return error;
		if (fds[1].revents != 0)
			return STREAM_WATCHED;
		n = read_some(stream);
		if (n > 0) {
			stream->end = (size_t)n;
			return STREAM_DONE;
		}
		if (n == 0)
			return STREAM_EOF;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
}

int
stream_read_line(struct stream *stream, struct line *line, int64_t deadline_ms)
{
	bool had_bare_lf;
	int64_t grace_ms;
	int result;

	line_init(line);
	for (;;) {
		result = stream_fill(stream, deadline_ms, -1);
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

static ssize_t
write_some(const struct stream *stream, const char *bytes, size_t n)
{
	if (stream->is_socket)
		return send(
		    stream->fd_out, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* What POSIX promises to fit into a pipe that poll(2) calls ready. */
	return write(stream->fd_out, bytes, n < PIPE_BUF ? n : PIPE_BUF);
}

/* watch_fd: ends the writing when it becomes readable; -1: none. */
static int
write_all(struct stream *stream, const char *bytes, size_t n,
    int64_t deadline_ms, int watch_fd)
{
	struct pollfd fds[] = {
	    {.fd = stream->fd_out, .events = POLLOUT},
	    {.fd = watch_fd, .events = POLLIN},
	};
	ssize_t written;
	int error;

	while (n > 0) {
		error = wait_for(fds, 2, deadline_ms);
		if (error != 0)
			return error;
		if (fds[1].revents != 0)
			return STREAM_WATCHED;
		written = write_some(stream, bytes, n);
		if (written >= 0) {
			bytes += written;
			n -= (size_t)written;
		} else if (errno != EAGAIN && errno != EINTR) {
			return -errno;
		}
	}
	return STREAM_DONE;
}

int
stream_write(
    struct stream *stream, const char *bytes, size_t n, int64_t deadline_ms)
{
	ssize_t written = 0;

	/* A reply nearly always fits at once: spare it the poll. */
	if (stream->is_socket) {
		written = write_some(stream, bytes, n);
		if (written < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (written < 0)
			written = 0;
	}
	return write_all(
	    stream, bytes + written, n - (size_t)written, deadline_ms, -1);
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
stream_try_fill(struct stream *stream)
{
	return stream_has_input(stream) &&
	       stream_fill(stream, clock_mono_ms(), -1) == STREAM_DONE;
}

bool
stream_has_input(const struct stream *stream)
{
	struct pollfd fd = {.fd = stream->fd_in, .events = POLLIN};

	return stream->begin < stream->end || poll(&fd, 1, 0) > 0;
}
