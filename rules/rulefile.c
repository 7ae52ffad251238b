/* SPDX-License-Identifier: ISC */
#include "rules/rulefile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0640

/* path with an ending.  Returns 0 or -ENAMETOOLONG. */
static int
beside(const char *path, const char *ending, char out[PATH_MAX])
{
	const int n = snprintf(out, PATH_MAX, "%s%s", path, ending);

	return n >= 0 && n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int
rulefile_lock(const char *path)
{
	char name[PATH_MAX];
	int fd, error;

	if ((error = beside(path, ".lock", name)) != 0)
		return error;
	/* For root only: any reader of the file could keep the lock. */
	fd = open(name, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return -errno;
	while (flock(fd, LOCK_EX) == -1) {
		if (errno == EINTR)
			continue;
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

static int
read_all(int fd, char *text, size_t *n_out)
{
	size_t n = 0;

	for (;;) {
		const ssize_t got =
		    read(fd, text + n, RULES_TEXT_BYTES + 1 - n);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > RULES_TEXT_BYTES)
			return -EFBIG;
	}
	*n_out = n;
	return 0;
}

int
rulefile_read(const char *path, char **text_out, size_t *n_out)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int error;

	*text_out = NULL;
	*n_out = 0;
	if (fd == -1)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) == -1)
		error = -errno;
	else if (!S_ISREG(st.st_mode))
		error = -EINVAL;
	else if ((*text_out = malloc(RULES_TEXT_BYTES + 1)) == NULL)
		error = -ENOMEM;
	else
		error = read_all(fd, *text_out, n_out);
	close(fd);
	if (error != 0) {
		free(*text_out);
		*text_out = NULL;
	}
	return error;
}

static int
write_all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		const ssize_t done = write(fd, text, n);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -errno;
		text += done;
		n -= (size_t)done;
	}
	return fsync(fd) == -1 ? -errno : 0;
}

/* The name in the directory is on the disk, too. */
static int
sync_directory(int dir_fd)
{
	return fsync(dir_fd) == -1 && errno != EINVAL ? -errno : 0;
}

static int
fill(int fd, int dir_fd, const char *text, size_t n)
{
	struct stat dir;

	if (fstat(dir_fd, &dir) == -1 ||
	    (fchown(fd, (uid_t)-1, dir.st_gid) == -1 && errno != EPERM) ||
	    fchmod(fd, FILE_MODE) == -1)
		return -errno;
	return write_all(fd, text, n);
}

int
rulefile_write(const char *path, const char *text, size_t n)
{
	char name[PATH_MAX], dir[PATH_MAX];
	int fd, dir_fd, error;

	if (n > RULES_TEXT_BYTES)
		return -EFBIG;
	if ((error = beside(path, ".new", name)) != 0 ||
	    (error = beside(path, "", dir)) != 0)
		return error;
	dir_fd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd == -1)
		return -errno;
	/* Left by a change that was killed; the lock is ours. */
	if (unlink(name) == -1 && errno != ENOENT) {
		error = -errno;
		goto out;
	}
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		error = -errno;
		goto out;
	}
	error = fill(fd, dir_fd, text, n);
	if (close(fd) == -1 && error == 0)
		error = -errno;
	if (error == 0 && rename(name, path) == -1)
		error = -errno;
	if (error == 0)
		error = sync_directory(dir_fd);
	else
		(void)unlink(name);
out:
	close(dir_fd);
	return error;
}
