/* SPDX-License-Identifier: ISC */
/*
 * cache - the handle, and how its bytes are reached.
 *
 * A handle maps the whole file, or (SHMCACHE_PREAD) nothing.  Code that writes
 * takes pointers into the mapping; code that only reads fetches lines, which
 * is a copy in either case, so that one look-up serves both.
 */
#ifndef POPAUTH_SHMCACHE_CACHE_H
#define POPAUTH_SHMCACHE_CACHE_H

#include "shmcache/key.h"
#include "shmcache/layout.h"
#include "shmcache/shmcache.h"

struct shmcache {
	int fd;
	enum shmcache_access access;
	uint8_t *map; /* NULL for PREAD */
	size_t map_bytes;
	unsigned buckets_log2;
	unsigned level_max; /* of the segments in the mapping or the file */
	uint64_t hash_key[2];
	uint32_t (*clock_s)(void); /* clock_boot_s(), but in tests */
};

/* The part of the header that changes, and what the clock said after it. */
struct cache_now {
	struct geometry geometry;
	uint32_t window_s;
	struct key_rules rules;
	uint64_t never_gen;
	uint32_t now_s;
};

/*
 * Read the header, then the clock.
 * Returns 0, SHMCACHE_FOREIGN_CLOCK when the clock is behind the heartbeat, or
 * a negative errno.
 */
int cache_now(const struct shmcache *cache, struct cache_now *now_out);

/* Load the geometry anew. */
int cache_geometry(const struct shmcache *cache, struct geometry *geometry_out);

struct layout_header *cache_header(const struct shmcache *cache);
uint64_t *cache_controls(const struct shmcache *cache, uint64_t bucket);
uint64_t *cache_payload(const struct shmcache *cache, uint64_t slot);

/* Copies, for readers.  Return 0 or a negative errno. */
int cache_fetch_controls(const struct shmcache *cache, uint64_t bucket,
    uint64_t controls_out[LAYOUT_SLOTS]);
int cache_fetch_control(
    const struct shmcache *cache, uint64_t slot, uint64_t *control_out);
int cache_fetch_payload(const struct shmcache *cache, uint64_t slot,
    uint64_t payload_out[LAYOUT_LINE_WORDS]);

/* The segment that a bucket lies in. */
unsigned cache_segment(const struct shmcache *cache, uint64_t bucket);

/* Buckets in the file as this handle sees it. */
uint64_t cache_n_buckets(const struct shmcache *cache);

/* Bring { valid | stamp } in a header word to now; it goes forwards only,
 * whoever writes it. */
void cache_advance(uint64_t *word, uint32_t now_s);

/* Whether a grant of this stamp is over; signed, so that a stale clock reading
 * never sees a younger stamp as old. */
static inline bool
is_expired(uint32_t stamp_s, uint32_t now_s, uint32_t window_s)
{
	return (int32_t)(now_s - stamp_s) >= (int32_t)window_s;
}

/* Whether a comes after b. */
static inline bool
is_after(uint32_t a_s, uint32_t b_s)
{
	return (int32_t)(a_s - b_s) > 0;
}

/*
 * The buckets where a key may be, in the one order that all processes share
 * whatever levels they know of: by segment, then first chain before second.
 */
struct places {
	unsigned n;
	uint64_t bucket[2 * (LAYOUT_LEVEL_MAX + 1)];
};

void places_of(struct places *places, const struct key *key,
    const struct shmcache *cache, unsigned floor, unsigned cur);

/* The levels a look-up at this time has to search: old ones only while a
 * grant in them may live. */
static inline unsigned
geometry_lowest(struct geometry g, uint32_t now_s, uint32_t window_s)
{
	if (g.since == GEOMETRY_OPEN ||
	    (int32_t)(now_s - g.since) <= (int32_t)window_s)
		return g.floor;
	return g.cur;
}

#endif
