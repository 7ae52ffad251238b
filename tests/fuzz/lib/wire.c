/* SPDX-License-Identifier: ISC */
/*
 * wire - sockets and a clock for a harness, without a kernel.
 */
#include "tests/fuzz/lib/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FD_FIRST 100000
#define N_WIRES 64

static struct {
	struct wire *wires[N_WIRES]; /* NULL: free, or not yet connected */
	bool is_taken[N_WIRES];
	struct wire *(*dialled)(const struct sockaddr *addr);
	size_t piece_bytes;
	int64_t now_ms;
} world;

/* The linker's names of the calls. */
int __real_close(int fd);
int __real_fstat(int fd, struct stat *out);
int __wrap_close(int fd);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_fstat(int fd, struct stat *out);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
ssize_t __wrap_recv(int fd, void *room, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t n, int flags);
int __wrap_setsockopt(
    int fd, int level, int name, const void *value, socklen_t len);
int __wrap_socket(int family, int type, int protocol);
int64_t __wrap_clock_mono_ms(void);

static bool
is_wire(int fd)
{
	return fd >= FD_FIRST && fd < FD_FIRST + N_WIRES;
}

static struct wire *
wire_of(int fd)
{
	/* A closed descriptor must not be used. */
	if (!is_wire(fd) || world.wires[fd - FD_FIRST] == NULL)
		abort();
	return world.wires[fd - FD_FIRST];
}

static int
take_fd(void)
{
	for (int i = 0; i < N_WIRES; i++) {
		if (world.is_taken[i])
			continue;
		world.is_taken[i] = true;
		return FD_FIRST + i;
	}
	abort();
}

/* ---- for a harness ------------------------------------------------------ */

void
wire_reset(
    struct wire *(*dialled)(const struct sockaddr *addr), size_t piece_bytes)
{
	memset(&world, 0, sizeof(world));
	world.dialled = dialled;
	world.piece_bytes = piece_bytes > 0 ? piece_bytes : SIZE_MAX;
	world.now_ms = 1000000;
}

static void
plug_in(int fd, struct wire *wire)
{
	world.wires[fd - FD_FIRST] = wire;
	wire->is_open = true;
	wire->is_ended = wire->is_broken = false;
	wire->n_said = wire->n_read = 0;
	if (wire->begun != NULL)
		wire->begun(wire);
}

int
wire_open(struct wire *wire)
{
	int fd = take_fd();

	plug_in(fd, wire);
	return fd;
}

void
wire_say(struct wire *wire, const char *bytes, size_t n)
{
	if (wire->n_read == wire->n_said)
		wire->n_read = wire->n_said = 0;
	if (n > sizeof(wire->said) - wire->n_said)
		abort();
	if (n > 0)
		memcpy(wire->said + wire->n_said, bytes, n);
	wire->n_said += n;
}

void
wire_end(struct wire *wire)
{
	wire->is_ended = true;
}

bool
wire_is_read(const struct wire *wire)
{
	return wire->n_read == wire->n_said;
}

unsigned
wire_count(void)
{
	unsigned n = 0;

	for (int i = 0; i < N_WIRES; i++)
		n += world.is_taken[i];
	return n;
}

/* ---- for the gate ------------------------------------------------------- */

int64_t
__wrap_clock_mono_ms(void)
{
	return world.now_ms;
}

int
__wrap_socket(int family, int type, int protocol)
{
	(void)family;
	(void)protocol;
	/* There is no log daemon. */
	if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_DGRAM) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return take_fd();
}

int
__wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct wire *wire = world.dialled(addr);

	(void)len;
	if (wire == NULL) {
		errno = ECONNREFUSED;
		return -1;
	}
	plug_in(fd, wire);
	return 0;
}

int
__wrap_close(int fd)
{
	if (!is_wire(fd))
		return __real_close(fd);
	if (!world.is_taken[fd - FD_FIRST])
		abort();
	if (world.wires[fd - FD_FIRST] != NULL)
		world.wires[fd - FD_FIRST]->is_open = false;
	world.wires[fd - FD_FIRST] = NULL;
	world.is_taken[fd - FD_FIRST] = false;
	return 0;
}

int
__wrap_fstat(int fd, struct stat *out)
{
	if (!is_wire(fd))
		return __real_fstat(fd, out);
	memset(out, 0, sizeof(*out));
	out->st_mode = S_IFSOCK;
	return 0;
}

int
__wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	(void)fd;
	(void)level;
	(void)name;
	(void)value;
	(void)len;
	return 0;
}

static int
look(struct pollfd *fds, nfds_t n)
{
	int n_ready = 0;

	for (nfds_t i = 0; i < n; i++) {
		struct wire *wire;

		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		wire = wire_of(fds[i].fd);
		if (!wire_is_read(wire) || wire->is_ended)
			fds[i].revents = fds[i].events & POLLIN;
		fds[i].revents |= fds[i].events & POLLOUT;
		n_ready += fds[i].revents != 0;
	}
	return n_ready;
}

static bool
let_speak(const struct pollfd *fds, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++) {
		if (fds[i].fd < 0 || (fds[i].events & POLLIN) == 0)
			continue;
		struct wire *wire = wire_of(fds[i].fd);

		if (wire->idle(wire))
			return true;
	}
	return false;
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	int n_ready = look(fds, n);

	if (n_ready > 0 || timeout_ms == 0)
		return n_ready;
	/* No wait may be endless. */
	if (timeout_ms < 0)
		abort();
	if (let_speak(fds, n))
		return look(fds, n);
	world.now_ms += timeout_ms;
	return 0;
}

ssize_t
__wrap_recv(int fd, void *room, size_t n, int flags)
{
	struct wire *wire = wire_of(fd);

	if (n == 0)
		abort();
	if (wire_is_read(wire)) {
		errno = EAGAIN;
		return wire->is_ended ? 0 : -1;
	}
	if (n > wire->n_said - wire->n_read)
		n = wire->n_said - wire->n_read;
	if (n > world.piece_bytes)
		n = world.piece_bytes;
	memcpy(room, wire->said + wire->n_read, n);
	if ((flags & MSG_PEEK) == 0)
		wire->n_read += n;
	return (ssize_t)n;
}

ssize_t
__wrap_send(int fd, const void *bytes, size_t n, int flags)
{
	struct wire *wire = wire_of(fd);

	if ((flags & MSG_NOSIGNAL) == 0)
		abort();
	if (wire->is_broken) {
		errno = EPIPE;
		return -1;
	}
	if (n > world.piece_bytes)
		n = world.piece_bytes;
	wire->heard(wire, bytes, n);
	return (ssize_t)n;
}
