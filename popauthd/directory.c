/* SPDX-License-Identifier: ISC */
#include "popauthd/directory.h"

#include "common/report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_MODE 0750

/* Whether a name is the table's, or that of a table being made (file.c). */
static bool
is_of_table(const char *name, const char *table)
{
	const char *slash = strrchr(table, '/');
	const char *base = slash != NULL ? slash + 1 : table;
	const size_t len = strlen(base);

	return strncmp(name, base, len) == 0 &&
	       (name[len] == '\0' || strcmp(name + len, ".new") == 0);
}

/*
 * Whether the directory's owner and mode may be changed: it has the right ones
 * already, or holds nothing but the table.  Otherwise a path like /run/grants
 * would close /run to all users.
 * Returns 0, -EEXIST when others use it, or another negative errno.
 */
static int
check(int fd, const char *table, gid_t group)
{
	struct stat st;
	const struct dirent *entry;
	int error = 0, copy;
	DIR *dir;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (st.st_uid == 0 && st.st_gid == group)
		return 0;
	/* A second open file: readdir moves its offset, closedir closes it. */
	copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = copy == -1 ? NULL : fdopendir(copy);
	if (dir == NULL) {
		error = -errno;
		if (copy != -1)
			close(copy);
		return error;
	}
	while (error == 0 && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    !is_of_table(entry->d_name, table))
			error = -EEXIST;
	closedir(dir);
	return error;
}

/* Set owner and mode of the directory. */
static int
take(int fd, const char *table, gid_t group)
{
	int error;

	if (geteuid() != 0)
		return 0;
	error = check(fd, table, group);
	if (error != 0)
		return error;
	return fchown(fd, 0, group) == 0 && fchmod(fd, DIRECTORY_MODE) == 0
		   ? 0
		   : -errno;
}

int
directory_lock(const char *table, gid_t group)
{
	char *copy = strdup(table);
	const char *path = copy == NULL ? NULL : dirname(copy);
	int fd = -1, error;

	if (path == NULL)
		goto failed;
	if (mkdir(path, DIRECTORY_MODE) == -1 && errno != EEXIST)
		goto failed;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		goto failed;
	error = take(fd, table, group);
	if (error == -EEXIST) {
		report(REPORT_FATAL, "no-directory",
		    "%s: it has other files; set [table] path to a directory "
		    "of its own",
		    path);
		goto out;
	}
	errno = -error;
	if (error != 0)
		goto failed;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		free(copy);
		return fd;
	}
	if (errno == EWOULDBLOCK) {
		report(REPORT_FATAL, "running",
		    "another popauthd uses %s; stop it first", path);
		goto out;
	}
failed:
	report(REPORT_FATAL, "no-directory",
	    "%s: %s; it has to be a directory "
	    "that popauthd can make or own",
	    path == NULL ? table : path, strerror(errno));
out:
	if (fd != -1)
		close(fd);
	free(copy);
	return -1;
}
