/* SPDX-License-Identifier: ISC */
/*
 * A socket file whose process has ended refuses connections and is replaced.
 * Owner and mode are set before listen(2), so that no other user can connect in
 * between.  The directory must belong to root, so that no other user can put a
 * socket there.
 */
#include "smtpgate-auth/listen.h"

#include "common/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* How many gates may wait while others are served. */
#define BACKLOG 128

#define DIRECTORY_MODE 0750
#define SOCKET_MODE 0660

bool
listen_is_passed(void)
{
	return notify_first_other_fd() == LISTEN_PASSED_FD + 1;
}

static int
option_of(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, option, &value, &len) != 0)
		return -1;
	return value;
}

int
listen_take(void)
{
	const int fd = LISTEN_PASSED_FD;

	if (option_of(fd, SO_DOMAIN) != AF_UNIX ||
	    option_of(fd, SO_TYPE) != SOCK_SEQPACKET ||
	    option_of(fd, SO_ACCEPTCONN) != 1 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return -EINVAL;
	return fd;
}

/* Make the directory of the socket, or check it. */
static int
make_directory(const char *path, gid_t group)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat st;
	char *slash;

	strcpy(dir, path);
	slash = strrchr(dir, '/');
	if (slash == dir)
		return 0;
	*slash = '\0';
	if (mkdir(dir, 0700) == 0)
		/* Independent of the umask. */
		return lchown(dir, geteuid(), group) == 0 &&
			       chmod(dir, DIRECTORY_MODE) == 0
			   ? 0
			   : -errno;
	if (errno != EEXIST)
		return -errno;
	if (lstat(dir, &st) != 0)
		return -errno;
	/* Any other user who can write there could replace the socket. */
	if (!S_ISDIR(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		return -EPERM;
	return 0;
}

/* Remove a socket file, unless a process listens there. */
static int
remove_stale(int fd, const struct sockaddr_un *un)
{
	struct stat st;

	if (lstat(un->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) == 0 ||
	    errno != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(un->sun_path) == 0 ? 0 : -errno;
}

int
listen_make(const struct conf_endpoint *endpoint, gid_t group)
{
	struct sockaddr_un un;
	int fd, error;

	memcpy(&un, &endpoint->addr, sizeof(un));
	error = make_directory(un.sun_path, group);
	if (error != 0)
		return error;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	error = remove_stale(fd, &un);
	if (error == 0 &&
	    (bind(fd, (const struct sockaddr *)&un, sizeof(un)) != 0 ||
		chmod(un.sun_path, SOCKET_MODE) != 0 ||
		lchown(un.sun_path, geteuid(), group) != 0 ||
		listen(fd, BACKLOG) != 0))
		error = -errno;
	if (error == 0)
		return fd;
	close(fd);
	return error;
}
