/* SPDX-License-Identifier: ISC */
/*
 * A machine made for the test: a network namespace with lo and a veth pair.
 */
#ifndef POPAUTH_TESTS_NETWORK_FIXTURE_H
#define POPAUTH_TESTS_NETWORK_FIXTURE_H

#include "popauthd/addresses.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static struct addresses list;

static inline void
network_setup(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		cr_skip_test("no network namespace without root");
	cr_assert(eq(int,
	    system("ip link set lo up && "
		   "ip link add eth0 type veth peer name eth1 && "
		   "ip address add 192.0.2.25/24 dev eth0 && "
		   "ip address add 2001:db8::25/64 dev eth0 nodad && "
		   "ip link set eth0 up && ip link set eth1 up"),
	    0));
}

static inline void
ip(const char *command)
{
	char line[256];

	snprintf(line, sizeof(line), "ip %s", command);
	cr_assert(eq(int, system(line), 0), "%s", line);
}

static inline bool
has(const char *text)
{
	struct addr addr;

	cr_assert(eq(int, addr_parse(text, &addr), 0));
	return cidr_list_contains(list.items, list.n, &addr);
}

#endif
