/* SPDX-License-Identifier: ISC */
#include "pam_popauth/descriptor.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#define DIRECTORY "/proc/self/fd"

int
descriptor_peer(int fd, struct addr *addr_out)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (getpeername(fd, (struct sockaddr *)&sa, &len) == -1)
		return -errno;
	return addr_from_sockaddr(
	    (const struct sockaddr *)&sa, len, addr_out, NULL);
}

int
descriptor_walk(bool (*visit)(int fd, void *arg), void *arg)
{
	DIR *dir = opendir(DIRECTORY);
	const struct dirent *entry;
	unsigned n = 0;
	int error = 0;

	if (dir == NULL)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		const int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(dir))
			continue;
		if (++n > DESCRIPTOR_MAX) {
			error = -EMFILE;
			break;
		}
		if (visit(fd, arg))
			break;
	}
	closedir(dir);
	return error;
}

struct only {
	struct addr addr;
	bool is_found;
	bool is_other; /* there is a second address */
};

static bool
note_peer(int fd, void *arg)
{
	struct only *only = arg;
	struct addr addr;
	socklen_t len = sizeof(int);
	int type;

	/* A datagram socket's peer is a name server or a log host. */
	if (descriptor_peer(fd, &addr) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_STREAM)
		return false;
	if (only->is_found && !addr_equal(&only->addr, &addr))
		only->is_other = true;
	only->addr = addr;
	only->is_found = true;
	return only->is_other;
}

const char *
descriptor_only_peer(struct addr *addr_out)
{
	struct only only = {.is_found = false};
	const int error = descriptor_walk(note_peer, &only);

	if (error == -EMFILE)
		return "the process has more than 1024 descriptors";
	if (error != 0)
		return DIRECTORY " cannot be read";
	if (only.is_other)
		return "the process is connected to several addresses";
	if (!only.is_found)
		return "the process has no connected inet socket";
	*addr_out = only.addr;
	return NULL;
}
