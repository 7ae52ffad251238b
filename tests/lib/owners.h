/* SPDX-License-Identifier: ISC */
/*
 * owners_can_change - whether this is root, and not that of a user namespace
 * with one user: it may become another user and give files away.
 */
#ifndef POPAUTH_TESTS_OWNERS_H
#define POPAUTH_TESTS_OWNERS_H

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static inline bool
owners_can_change(void)
{
	FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned long users = 0;

	if (map != NULL) {
		if (fscanf(map, "%*u %*u %lu", &users) != 1)
			users = 0;
		fclose(map);
	}
	return geteuid() == 0 && users > 1;
}

#endif
