/* SPDX-License-Identifier: ISC */
/*
 * One file per address, as relay-ctrl does: its name is the address, its
 * content the user, its modification time the stamp (of the bench's clock, so
 * that all processes read the same).  A look-up is one stat(2), without the
 * user; a process that looks up once opens the directory, checks its owner,
 * and reads the user, too.
 */
#include "tests/bench/peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 9

struct handle {
	int dir_fd;
	uint32_t n;
};

static void
name_of(const struct client *client, char name[NAME_BYTES])
{
	for (unsigned i = 0; i < 4; i++) {
		const uint8_t byte = client->addr.bytes[12 + i];

		name[2 * i] = (char)('a' + (byte >> 4));
		name[2 * i + 1] = (char)('a' + (byte & 15));
	}
	name[8] = '\0';
}

static int
files_open(const char *dir, uint32_t n, void **handle_out)
{
	struct handle *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->n = n;
	h->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->dir_fd == -1) {
		free(h);
		return -errno;
	}
	*handle_out = h;
	return 0;
}

static void
files_close(void *arg)
{
	struct handle *h = arg;

	close(h->dir_fd);
	free(h);
}

static int
files_lookup(void *arg, const struct client *client, struct answer *answer)
{
	const struct handle *h = arg;
	char name[NAME_BYTES];
	struct stat st;

	name_of(client, name);
	if (fstatat(h->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -errno;
	answer->user[0] = '\0';
	return bench_is_live((uint32_t)st.st_mtim.tv_sec, &answer->age);
}

static void
times_now(struct timespec times_out[2])
{
	times_out[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
	times_out[1] = (struct timespec){.tv_sec = bench_clock()};
}

static int
files_insert(void *arg, const struct client *client)
{
	const struct handle *h = arg;
	struct timespec times[2];
	char name[NAME_BYTES];
	int error = 0;
	int fd;

	name_of(client, name);
	fd = openat(h->dir_fd, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		return -errno;
	times_now(times);
	if (write(fd, client->user, sizeof(client->user)) == -1 ||
	    futimens(fd, times) == -1)
		error = -errno;
	close(fd);
	return error;
}

static int
files_refresh(void *arg, const struct client *client)
{
	const struct handle *h = arg;
	struct timespec times[2];
	char name[NAME_BYTES];

	name_of(client, name);
	times_now(times);
	if (utimensat(h->dir_fd, name, times, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -errno;
	return 1;
}

static int
files_remove(void *arg, const struct client *client)
{
	const struct handle *h = arg;
	char name[NAME_BYTES];

	name_of(client, name);
	return unlinkat(h->dir_fd, name, 0) == -1 ? -errno : 0;
}

static int
files_sweep(void *arg, uint64_t *n_removed_out)
{
	const struct handle *h = arg;
	const uint32_t now = bench_clock();
	const int fd = openat(h->dir_fd, ".", O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	DIR *dir;

	*n_removed_out = 0;
	if (fd == -1)
		return -errno;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir)) != NULL) {
		struct stat st;

		if (entry->d_name[0] == '.' ||
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (now - (uint32_t)st.st_mtim.tv_sec >= BENCH_WINDOW &&
		    unlinkat(fd, entry->d_name, 0) == 0)
			++*n_removed_out;
	}
	closedir(dir);
	return 0;
}

/* The page of a file; its inode and name, another 900 bytes, are the
 * kernel's. */
static int
files_bytes(void *arg, uint64_t *bytes_out)
{
	const struct handle *h = arg;
	struct client client;
	char name[NAME_BYTES];
	struct stat st;

	client_init(&client, 0);
	name_of(&client, name);
	if (fstatat(h->dir_fd, name, &st, 0) == -1)
		return -errno;
	*bytes_out = (uint64_t)st.st_blocks * 512 * h->n;
	return 0;
}

static int
files_one_shot(const char *dir, uint32_t n, const struct client *client,
    struct answer *answer)
{
	const int dir_fd =
	    open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char name[NAME_BYTES];
	struct stat st;
	int found = 0;
	int fd;

	(void)n;
	if (dir_fd == -1)
		return -errno;
	name_of(client, name);
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1) {
		if (fstat(dir_fd, &st) == -1 || st.st_uid != geteuid() ||
		    (st.st_mode & S_IWOTH) != 0)
			found = -EPERM;
		else if (fstat(fd, &st) == -1 ||
			 read(fd, answer->user, sizeof(answer->user)) == -1)
			found = -errno;
		else
			found = bench_is_live(
			    (uint32_t)st.st_mtim.tv_sec, &answer->age);
		close(fd);
	}
	close(dir_fd);
	return found;
}

const struct peer peer_files = {
    .name = "files",
    .title = "one file per address",
    .kind = PEER_PROCESSES,
    .create = files_open,
    .open = files_open,
    .close = files_close,
    .lookup = files_lookup,
    .insert = files_insert,
    .refresh = files_refresh,
    .remove = files_remove,
    .sweep = files_sweep,
    .bytes = files_bytes,
    .one_shot = files_one_shot,
};
