/* SPDX-License-Identifier: ISC */
#include "popauthd/own.h"

#include "popauthd/gateway.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static socklen_t
length_of(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					: sizeof(struct sockaddr_in6);
}

int
own_addresses(struct addresses *set)
{
	struct ifaddrs *all = NULL;
	int error = 0;

	if (getifaddrs(&all) == -1)
		return -errno;
	for (const struct ifaddrs *i = all; error == 0 && i != NULL;
	     i = i->ifa_next) {
		struct addr addr;

		if (i->ifa_addr == NULL ||
		    (i->ifa_addr->sa_family != AF_INET &&
			i->ifa_addr->sa_family != AF_INET6) ||
		    addr_from_sockaddr(
			i->ifa_addr, length_of(i->ifa_addr), &addr, NULL) != 0)
			continue;
		error = addresses_add(set, &addr);
	}
	freeifaddrs(all);
	return error != 0 ? error : gateway_addresses(set);
}

int
own_watch(void)
{
	const struct sockaddr_nl groups = {
	    .nl_family = AF_NETLINK,
	    .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			 RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	const int fd = socket(
	    AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int error;

	if (fd == -1)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&groups, sizeof(groups)) == 0) {
		const int objects = RTNLGRP_NEXTHOP;

		/* Linux before 5.3 has no such objects. */
		(void)setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
		    &objects, sizeof(objects));
		return fd;
	}
	error = -errno;
	close(fd);
	return error;
}

bool
own_changed(int watch_fd)
{
	char ignored[1];
	bool changed = false;

	/* ENOBUFS: so many changes that some were lost. */
	while (recv(watch_fd, ignored, sizeof(ignored), 0) != -1 ||
	       errno == ENOBUFS || errno == EINTR)
		changed = true;
	return changed;
}
