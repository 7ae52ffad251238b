/* SPDX-License-Identifier: ISC */
/*
 * table_world - a table's file, the clients that log in, and the open handles;
 * and each operation on them, checked.
 *
 * One for the process, for one thread.  A check that fails ends the process, as
 * a memory error does.
 */
#ifndef POPAUTH_TESTS_FUZZ_TABLE_WORLD_H
#define POPAUTH_TESTS_FUZZ_TABLE_WORLD_H

#include "shmcache/cache.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMALL_BUCKETS_LOG2 7u
#define FILE_BYTES_MAX ((size_t)1 << 20)
#define WINDOW_S 900u
#define SLOTS_MAX ((uint64_t)1 << 12)
#define N_ACCESS 4u

enum kind {
	KIND_OF_FILE = 0,
	KIND_OF_SMALL,
	KIND_OF_LARGE,
};

struct table_world {
	char path[64];
	int fd; /* of the file, for edits */
	uint32_t now_s;
	struct shmcache *handles[N_ACCESS]; /* by enum shmcache_access */
};

extern struct table_world world;

void must(bool holds, const char *what);

/* The address or the name of a number: a few addresses, one of them never
 * granted; a few names, NULL among them. */
const struct addr *addr_of(unsigned choice);
const char *user_of(unsigned choice);

/* The file's bytes.  get_word: 0 beyond the end of the file. */
void put_bytes(uint64_t offset, const void *bytes, size_t n);
void put_word(uint64_t offset, uint64_t word);
uint64_t get_word(uint64_t offset);
uint64_t control_offset(uint64_t slot);
uint64_t payload_offset(uint64_t slot, unsigned word);

/* Close and open the handle.  Returns shmcache_open()'s result. */
int reopen(enum shmcache_access access);
void close_all(bool also_pread);

/* One operation each, with checks of its result.
 * called: grow as if a writer had called for room.
 * visit: for shmcache_list(); arg: a uint64_t that counts. */
int look_up(struct shmcache *cache, unsigned a, unsigned u,
    struct shmcache_grant *grant_out);
int visit(const struct shmcache_entry *entry, void *arg);
void sweep_and_grow(struct shmcache *cache, bool called);
void configure(struct shmcache *cache, unsigned choice);

/* Each operation once, through new handles: readers agree, and each grant that
 * they find is in the file. */
void do_all(enum kind kind);

#endif
