/* SPDX-License-Identifier: ISC */
/*
 * The limit: a plain array of cache lines on tmpfs, no hash, no concurrency.
 * Each look-up reads one random line, whose place depends on the line before,
 * so that no look-up begins before the last has ended.  "array" reads nothing
 * else; "array-clock" reads the clock and checks the age, as a table must.
 */
#include "tests/bench/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct line {
	uint32_t number_1; /* of the client, and one; 0: no client */
	uint32_t zero;     /* always, which the compiler does not know */
	struct stored stored;
	uint8_t rest[40];
};

_Static_assert(sizeof(struct line) == 64, "one cache line");

struct handle {
	struct line *lines;
	uint64_t n;
	size_t bytes;
	uint32_t carry;
};

static int
array_open(const char *dir, uint32_t n, void **handle_out)
{
	struct handle *h = calloc(1, sizeof(*h));
	int error = -ENOMEM;
	char path[256];
	int fd = -1;

	if (h == NULL)
		return -ENOMEM;
	h->n = n;
	/* After the clients, as much room for those that are inserted and
	 * removed. */
	h->bytes = 2 * n * sizeof(struct line);
	snprintf(path, sizeof(path), "%s/array", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || (error = -posix_fallocate(fd, 0, (off_t)h->bytes)) != 0)
		goto failed;
	h->lines =
	    mmap(NULL, h->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (h->lines == MAP_FAILED) {
		error = -errno;
		goto failed;
	}
	close(fd);
	*handle_out = h;
	return 0;
failed:
	if (fd != -1)
		close(fd);
	free(h);
	return error;
}

static void
array_close(void *arg)
{
	struct handle *h = arg;

	munmap(h->lines, h->bytes);
	free(h);
}

static struct line *
line_of(struct handle *h, const struct client *client)
{
	const uint64_t at = client->number < h->n
				? client->number
				: h->n + client->number % h->n;

	return &h->lines[at + h->carry];
}

static int
array_lookup(void *arg, const struct client *client, struct answer *answer)
{
	struct handle *h = arg;
	const struct line *line = line_of(h, client);

	h->carry = line->zero;
	memcpy(answer->user, line->stored.user, sizeof(answer->user));
	answer->age = 0;
	return line->number_1 == client->number + 1;
}

static int
array_clock_lookup(
    void *arg, const struct client *client, struct answer *answer)
{
	struct handle *h = arg;
	const struct line *line = line_of(h, client);

	h->carry = line->zero;
	memcpy(answer->user, line->stored.user, sizeof(answer->user));
	return line->number_1 == client->number + 1 &&
	       bench_is_live(line->stored.stamp, &answer->age);
}

static int
array_insert(void *arg, const struct client *client)
{
	struct line *line = line_of(arg, client);

	line->stored.stamp = bench_clock();
	memcpy(line->stored.user, client->user, sizeof(line->stored.user));
	line->number_1 = client->number + 1;
	return 0;
}

static int
array_refresh(void *arg, const struct client *client)
{
	struct line *line = line_of(arg, client);

	if (line->number_1 != client->number + 1)
		return 0;
	line->stored.stamp = bench_clock();
	return 1;
}

static int
array_remove(void *arg, const struct client *client)
{
	struct line *line = line_of(arg, client);

	line->number_1 = 0;
	return 0;
}

static int
array_sweep(void *arg, uint64_t *n_removed_out)
{
	struct handle *h = arg;
	const uint32_t now = bench_clock();

	*n_removed_out = 0;
	for (uint64_t i = 0; i < h->n; i++) {
		struct line *line = &h->lines[i];

		if (line->number_1 == 0 ||
		    now - line->stored.stamp < BENCH_WINDOW)
			continue;
		line->number_1 = 0;
		++*n_removed_out;
	}
	return 0;
}

static int
array_bytes(void *arg, uint64_t *bytes_out)
{
	const struct handle *h = arg;

	*bytes_out = h->n * sizeof(struct line);
	return 0;
}

#define ARRAY_FUNCTIONS                                                        \
	.kind = PEER_LIMIT, .create = array_open, .open = array_open,          \
	.close = array_close, .insert = array_insert,                          \
	.refresh = array_refresh, .remove = array_remove,                      \
	.sweep = array_sweep, .bytes = array_bytes

const struct peer peer_array = {
    .name = "array",
    .title = "the limit: one dependent line",
    .lookup = array_lookup,
    ARRAY_FUNCTIONS,
};

const struct peer peer_array_clock = {
    .name = "array-clock",
    .title = "the limit, and the clock",
    .lookup = array_clock_lookup,
    ARRAY_FUNCTIONS,
};
