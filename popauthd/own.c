/* SPDX-License-Identifier: ISC */
#include "popauthd/own.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>

static socklen_t
length_of(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					: sizeof(struct sockaddr_in6);
}

int
own_addresses(struct cidr *list, size_t *n, size_t max)
{
	struct ifaddrs *all = NULL;
	int error = 0;

	if (getifaddrs(&all) == -1)
		return -errno;
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		struct addr addr;

		if (i->ifa_addr == NULL ||
		    (i->ifa_addr->sa_family != AF_INET &&
			i->ifa_addr->sa_family != AF_INET6) ||
		    addr_from_sockaddr(i->ifa_addr, length_of(i->ifa_addr),
			&addr, NULL) != 0 ||
		    cidr_list_contains(list, *n, &addr))
			continue;
		if (*n == max) {
			error = -E2BIG;
			break;
		}
		list[(*n)++] = (struct cidr){.net = addr, .prefix_len = 128};
	}
	freeifaddrs(all);
	return error;
}
