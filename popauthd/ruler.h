/* SPDX-License-Identifier: ISC */
/*
 * ruler - brings the administrator's rules from their file into the table.
 *
 * CONCEPT.  popauthctl writes the file and the table.  popauthd compares the
 * two at each tick: a new table after a boot, a damaged copy, and a file that
 * was restored or edited by hand come right by the same way.
 *
 * On failure: a block may be in a file that cannot be read.  The rules that are
 * in force stay.  A new table gets a text that no reader accepts, so that
 * nobody is granted and nobody may relay until the file is repaired.
 */
#ifndef POPAUTH_DAEMON_RULER_H
#define POPAUTH_DAEMON_RULER_H

#include "shmcache/shmcache.h"

#include <stddef.h>
#include <sys/types.h>

struct ruler {
	int error;   /* of the last reading, 0 at first */
	size_t line; /* the bad line, if there is one */
};

/*
 * The text for a new table.
 * text_out: of *n_out bytes, for free(3); NULL only when out of memory.
 * Blocks: in the file system.
 */
void ruler_first(const char *path, char **text_out, size_t *n_out);

/*
 * Make the table's copy the same as the file.
 * Reports a change, and each error once.
 * Blocks: in the file system.
 */
void ruler_refresh(
    struct ruler *ruler, struct shmcache *cache, const char *path);

/* As root: make the file's directory, root:group 0750, if it does not exist. */
void ruler_make_directory(const char *path, gid_t group);

#endif
