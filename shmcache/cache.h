/* SPDX-License-Identifier: ISC */
/*
 * cache - the handle, and how its bytes are reached.
 *
 * A handle maps the file once, at its largest possible size.  When the file
 * grows, the new part is within the mapping already, so processes need no
 * notice.  For a large file SHMCACHE_LOGIN maps only the pages that it touches,
 * as does shmcache_open_brief() beyond the size that the file had when it was
 * opened; SHMCACHE_PREAD maps nothing.  Code that writes takes pointers into a mapping.
 * Code that only reads fetches copies of lines, which works with and without a
 * mapping.
 */
#ifndef POPAUTH_SHMCACHE_CACHE_H
#define POPAUTH_SHMCACHE_CACHE_H

#include "common/word.h"
#include "shmcache/geometry.h"
#include "shmcache/key.h"
#include "shmcache/layout.h"
#include "shmcache/shmcache.h"

/* Pages that one login touches at most, while a table grows through all its
 * levels. */
#define CACHE_WINDOWS_MAX 128

struct cache_window {
	uint64_t page; /* number of the page in the file */
	uint8_t *map;
};

struct shmcache {
	int fd;
	enum shmcache_access access;
	struct layout_header *header; /* NULL for PREAD */
	uint8_t *map; /* from the file's start; NULL for PREAD */
	size_t map_bytes;
	uid_t owner; /* of the file when it was opened */
	unsigned buckets_log2;
	uint64_t level_max; /* the highest level known to be in the file */
	uint64_t hash_key[2];
	uint32_t (*clock_s)(void); /* clock_boot_s(), except in tests */
	uint64_t woken; /* header's `wanted` as shmcache_wait() last saw it;
			   a call may stay unanswered for long */

	/* pages beyond map_bytes; for one thread */
	struct cache_window windows[CACHE_WINDOWS_MAX];
	unsigned n_windows;
	int window_error; /* a page could not be mapped: the login fails */
	int forced_by;    /* shmcache_forced_by() */
	/* replaces such a page; SSE2 loads it */
	_Alignas(16) uint64_t nowhere[LAYOUT_LINE_WORDS];
};

/* The part of the header that changes, and the clock as read after it. */
struct cache_now {
	struct geometry geometry;
	uint32_t window_s;
	struct key_rules rules;
	uint32_t now_s;
};

/*
 * Read the header, then the clock, then the geometry.  Needs a mapping.
 * Returns 0, SHMCACHE_FOREIGN_CLOCK when the clock is behind the heartbeat, or
 * SHMCACHE_BAD_PARAMS.
 */
int cache_now(struct shmcache *cache, struct cache_now *now_out);

/* Look for new segments.  Returns the highest level that is in the file. */
uint64_t cache_find_level_max(struct shmcache *cache);

/* The geometry of a word that was loaded with acquire, limited to the levels
 * that are in the file. */
static inline struct geometry
cache_geometry_of(struct shmcache *cache, uint64_t word)
{
	struct geometry g = geometry_unpack(word);

	/* [R4] never too high */
	if (g.cur > word_load(&cache->level_max)) {
		const uint64_t level_max = cache_find_level_max(cache);

		if (g.cur > level_max)
			g.cur = (unsigned)level_max;
	}
	if (g.floor > g.cur)
		g.floor = g.cur;
	return g;
}

int cache_fetch_geometry(struct shmcache *cache, struct geometry *geometry_out);

/* Load the geometry.  Needs a mapping. */
static inline struct geometry
cache_mapped_geometry(struct shmcache *cache)
{
	return cache_geometry_of(
	    /* [A2] before its buckets */
	    cache, word_load_acquire(&cache->header->geometry));
}

/* Load the geometry.  Returns 0 or (without a mapping) a negative errno. */
static inline int
cache_geometry(struct shmcache *cache, struct geometry *geometry_out)
{
	if (cache->header == NULL)
		return cache_fetch_geometry(cache, geometry_out);
	*geometry_out = cache_mapped_geometry(cache);
	return 0;
}

/* A line beyond map_bytes.  If its page cannot be mapped, the handle's
 * `nowhere` is returned and window_error is set. */
uint8_t *cache_window_line(struct shmcache *cache, uint64_t offset);

/* Lines in the mapping. */
static inline uint64_t *
cache_line(struct shmcache *cache, uint64_t offset)
{
	uint8_t *p = __builtin_expect(offset < cache->map_bytes, 1)
			 ? cache->map + offset
			 : cache_window_line(cache, offset);

	return (uint64_t *)(void *)p;
}

static inline uint64_t *
cache_controls(struct shmcache *cache, uint64_t bucket)
{
	return cache_line(
	    cache, layout_place(cache->buckets_log2, bucket).control);
}

static inline uint64_t *
cache_payload(struct shmcache *cache, uint64_t slot)
{
	const uint64_t bucket = slot / LAYOUT_SLOTS;

	return cache_line(
	    cache, layout_place(cache->buckets_log2, bucket).payload +
		       slot % LAYOUT_SLOTS * LAYOUT_LINE_BYTES);
}

static inline void
cache_prefetch(const struct shmcache *cache, uint64_t offset)
{
	if (offset < cache->map_bytes)
		__builtin_prefetch(cache->map + offset);
}

/* The parts of the header's `params`. */
static inline uint32_t
params_window_s(uint64_t params)
{
	return (uint32_t)params;
}

/* Whether the configuration allows them.  A damaged window would let grants
 * live for years, a damaged prefix would grant half of all IPv6. */
static inline bool
params_are_sane(uint64_t params)
{
	const unsigned ipv6_prefix = (unsigned)(params >> 32) & 0xffu;
	const unsigned n_whole = (unsigned)(params >> 40) & 0xffu;

	return params_window_s(params) >= SHMCACHE_WINDOW_MIN_S &&
	       params_window_s(params) <= SHMCACHE_WINDOW_MAX_S &&
	       ipv6_prefix >= SHMCACHE_IPV6_PREFIX_MIN && ipv6_prefix <= 128 &&
	       n_whole <= CLIENT_WHOLE_MAX;
}

static inline unsigned
params_ipv6_prefix(uint64_t params)
{
	const unsigned ipv6_prefix = (unsigned)(params >> 32) & 0xffu;

	return ipv6_prefix <= 128 ? ipv6_prefix : 128;
}

static inline unsigned
params_n_whole(uint64_t params)
{
	const unsigned n = (unsigned)(params >> 40) & 0xffu;

	return n <= CLIENT_WHOLE_MAX ? n : CLIENT_WHOLE_MAX;
}

static inline uint64_t
params_bank(uint64_t params)
{
	return params >> 48 & 1;
}

/* Read the networks that these params name (whole.h), for cache_rules_of(). */
int cache_read_whole(
    struct shmcache *cache, uint64_t *params, struct client_rules *rules_out);

/*
 * The rules by which keys are made.
 * params: loaded with acquire; replaced if it has changed.
 * Returns 0 or (without a mapping) a negative errno.
 */
static inline int
cache_rules_of(
    struct shmcache *cache, uint64_t *params, struct key_rules *rules_out)
{
	rules_out->hash_key = cache->hash_key;
	rules_out->client.ipv6_prefix = params_ipv6_prefix(*params);
	rules_out->client.n_whole = 0;
	if (__builtin_expect(params_n_whole(*params) == 0, 1))
		return 0;
	return cache_read_whole(cache, params, &rules_out->client);
}

/* The rules by which keys are made now.  Needs a mapping. */
static inline void
cache_rules(struct shmcache *cache, struct key_rules *rules_out)
{
	/* [A3] before the clock */
	uint64_t params = word_load_acquire(&cache->header->params);

	(void)cache_rules_of(cache, &params, rules_out);
}

/*
 * Prefetch the lines that will most probably be needed: the control words of
 * both buckets, and the payload of the key's preferred slots.  A writer calls
 * it before it reads the clock, which takes as long as these lines.
 */
static inline void
cache_prefetch_key(struct shmcache *cache, const struct key *key)
{
	const struct geometry geometry = cache_mapped_geometry(cache);
	const uint64_t own = key_slot(key) * LAYOUT_LINE_BYTES;

	for (unsigned chain = 0; chain < 2; chain++) {
		const struct layout_place place = layout_place(
		    cache->buckets_log2,
		    key_bucket(key, chain, cache->buckets_log2, geometry.cur));

		cache_prefetch(cache, place.control);
		cache_prefetch(cache, place.payload + own);
	}
}

/* Bytes of the file by pread(2).  Returns 0, a negative errno, or SHMCACHE_BAD_SIZE
 * when the file has become too short. */
int cache_fetch(struct shmcache *cache, void *buf, size_t len, uint64_t offset);

/* Copies, for readers.  Return likewise. */
int cache_fetch_controls(struct shmcache *cache, uint64_t bucket,
    uint64_t controls_out[LAYOUT_SLOTS]);
/* For an estimate: uses no window, so that a login may read many lines. */
int cache_peek_controls(struct shmcache *cache, uint64_t bucket,
    uint64_t controls_out[LAYOUT_SLOTS]);
int cache_fetch_control(
    struct shmcache *cache, uint64_t slot, uint64_t *control_out);
int cache_fetch_payload(struct shmcache *cache, uint64_t slot,
    uint64_t payload_out[LAYOUT_LINE_WORDS]);

/* Whether the file is still long enough for the known levels. */
bool cache_is_whole(struct shmcache *cache);

/* Buckets in use at this moment, all levels together. */
uint64_t cache_n_buckets(struct shmcache *cache);

/* Whether the handle may write. */
static inline bool
cache_is_writable(struct shmcache *cache)
{
	return cache->access == SHMCACHE_WRITE ||
	       cache->access == SHMCACHE_LOGIN;
}

/* Bring { valid | stamp } in a header word to now.  It only goes forwards, even
 * when several processes write it. */
void cache_advance(uint64_t *word, uint32_t now_s);

/* Whether a grant of this stamp is over.  Signed, so that a younger stamp is
 * not old for a process whose clock reading is old. */
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
 * The buckets where a key may be, ascending.  All processes share this order,
 * also those that know fewer levels.  Buckets of a later level come after all
 * earlier ones.
 */
struct places {
	unsigned n;
	uint64_t bucket[2 * (LAYOUT_LEVEL_MAX + 1)];
};

void places_of(struct places *places, const struct key *key,
    struct shmcache *cache, unsigned floor, unsigned cur);

#endif
