/* SPDX-License-Identifier: ISC */
/*
 * check - whether the file is a table, and still the right one.
 *
 * TRUST.  Every process that opens the file checks it first.  A process that
 * keeps it open checks the file and the head again at each look-up, because the
 * file can be removed, damaged or opened to all users meanwhile.
 *
 * On failure: the caller denies.
 */
#ifndef POPAUTH_SHMCACHE_CHECK_H
#define POPAUTH_SHMCACHE_CHECK_H

#include "shmcache/cache.h"

/* The header's first words, in its order. */
struct check_head {
	uint64_t magic, version, boot_id[2], hash_key[2], buckets_log2, spare0;
	uint64_t geometry, allocated, heartbeat, params;
};

_Static_assert(offsetof(struct layout_header, params) ==
		   offsetof(struct check_head, params),
    "the head is the beginning of the header");

/* The boot's UUID as two words; all zero if the machine has none.
 * Returns 0 or a negative errno that may pass. */
int check_boot_id(uint64_t id_out[2]);

/*
 * Check owner, mode, size and header of the file that was just opened, and note
 * what the handle needs of them.
 * Returns 0, a negative errno, or SHMCACHE_BAD_OWNER ... REMOVED.
 */
int check_file(struct shmcache *cache, const char *path);

/* Check them again.  head: as just read from the file. */
int check_head(const struct shmcache *cache, const struct check_head *head);

#endif
