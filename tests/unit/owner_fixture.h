/* SPDX-License-Identifier: ISC */
/*
 * The user who runs the tests is popauth, unless it is root.
 *
 * A table belongs to root or to popauth (shmcache/check.c), and a package is
 * built by neither.  The program's own getpwnam_r() is found before that of
 * libc.
 */
#ifndef POPAUTH_TESTS_OWNER_FIXTURE_H
#define POPAUTH_TESTS_OWNER_FIXTURE_H

#include "shmcache/shmcache.h"

#include <dlfcn.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static inline bool
owner_is_root(void)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) == 0 &&
	       (real == 0 || effective == 0 || saved == 0);
}

int
getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t bytes,
    struct passwd **found)
{
	int (*libc)(
	    const char *, struct passwd *, char *, size_t, struct passwd **);

	if (owner_is_root() || strcmp(name, SHMCACHE_OWNER) != 0) {
		*(void **)&libc = dlsym(RTLD_NEXT, "getpwnam_r");
		return libc(name, entry, buffer, bytes, found);
	}
	*entry = (struct passwd){.pw_uid = geteuid(), .pw_gid = getegid()};
	*found = entry;
	return 0;
}

#endif
