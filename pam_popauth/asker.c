/* SPDX-License-Identifier: ISC */
#include "pam_popauth/asker.h"

#include "pam_popauth/arguments.h"
#include "pam_popauth/descriptor.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct search {
	const char *exe_list;
	int fd;     /* our end of the asker's socket, -1 before one is found */
	pid_t pid;  /* the asker */
	bool other; /* there is more than one */
};

static bool
is_same_file(const char *path, const void *arg)
{
	const struct stat *exe = arg;
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == exe->st_dev &&
	       st.st_ino == exe->st_ino;
}

static bool
runs_listed(pid_t pid, const char *exe_list)
{
	char path[32];
	struct stat exe;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return stat(path, &exe) == 0 &&
	       arguments_any(exe_list, is_same_file, &exe);
}

/* The process at the other end; 0 without one, or if fd is no unix socket. */
static pid_t
peer_pid(int fd)
{
	struct sockaddr_un sa;
	socklen_t sa_len = sizeof(sa);
	struct ucred cred = {.pid = 0};
	socklen_t cred_len = sizeof(cred);

	/* A listening socket has no peer, but its own credentials. */
	if (getpeername(fd, (struct sockaddr *)&sa, &sa_len) == -1 ||
	    sa.sun_family != AF_UNIX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_len) == -1)
		return 0;
	return cred.pid;
}

static bool
note_asker(int fd, void *arg)
{
	struct search *search = arg;
	const pid_t pid = peer_pid(fd);

	if (pid <= 0 || !runs_listed(pid, search->exe_list))
		return false;
	if (search->fd != -1 && search->pid != pid)
		search->other = true;
	search->fd = fd;
	search->pid = pid;
	return search->other;
}

/* Whether any process still has the other end open. */
static bool
is_connected(int fd)
{
	struct pollfd one = {.fd = fd, .events = 0};

	return poll(&one, 1, 0) == 0;
}

static const char *
borrow(const struct search *search, int pidfd, struct addr *addr_out)
{
	struct addr addr;
	int fd, error;

	fd = pidfd_getfd(pidfd, STDIN_FILENO, 0);
	if (fd == -1)
		return errno == EPERM ? "the program that asked may not be "
					"traced (CAP_SYS_PTRACE, Yama)"
		       : errno == ENOSYS
			   ? "the kernel has no pidfd_getfd(2)"
			   : "fd 0 of the program that asked is closed";
	error = descriptor_peer(fd, &addr);
	close(fd);
	if (error != 0)
		return "fd 0 of the program that asked is not a connected inet "
		       "socket";
	if (!runs_listed(search->pid, search->exe_list) ||
	    !is_connected(search->fd))
		return "the program that asked is gone";
	*addr_out = addr;
	return NULL;
}

const char *
asker_peer(const char *exe_list, struct addr *addr_out)
{
	struct search search = {.exe_list = exe_list, .fd = -1};
	const int error = descriptor_walk(note_asker, &search);
	const char *why;
	int pidfd;

	if (error != 0)
		return "/proc/self/fd cannot be read, or is too long";
	if (search.other)
		return "several programs of from_exe= are asking";
	if (search.fd == -1)
		return "no program of from_exe= is asking over a unix socket";
	pidfd = pidfd_open(search.pid, 0);
	if (pidfd == -1)
		return "the program that asked is gone";
	why = borrow(&search, pidfd, addr_out);
	close(pidfd);
	return why;
}
