/* SPDX-License-Identifier: ISC */
#include "shmcache/cache.h"

#include "shmcache/word.h"

#include <errno.h>
#include <unistd.h>

struct layout_header *
cache_header(const struct shmcache *cache)
{
	return (struct layout_header *)(void *)cache->map;
}

uint64_t *
cache_controls(const struct shmcache *cache, uint64_t bucket)
{
	return (uint64_t *)(void *)(cache->map +
				    layout_place(cache->buckets_log2, bucket)
					.control);
}

uint64_t *
cache_payload(const struct shmcache *cache, uint64_t slot)
{
	const uint64_t bucket = slot / LAYOUT_SLOTS;

	return (uint64_t *)(void *)(cache->map +
				    layout_place(cache->buckets_log2, bucket)
					.payload +
				    slot % LAYOUT_SLOTS * LAYOUT_LINE_BYTES);
}

uint64_t
cache_n_buckets(const struct shmcache *cache)
{
	return layout_n_buckets(cache->buckets_log2, cache->level_max);
}

/* A short read means that somebody made the file smaller. */
static int
fetch(const struct shmcache *cache, void *buf, size_t len, uint64_t offset)
{
	const ssize_t n = pread(cache->fd, buf, len, (off_t)offset);

	if (n == -1)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int
cache_fetch_controls(const struct shmcache *cache, uint64_t bucket,
    uint64_t controls_out[LAYOUT_SLOTS])
{
	if (cache->map == NULL)
		return fetch(cache, controls_out, LAYOUT_LINE_BYTES,
		    layout_place(cache->buckets_log2, bucket).control);

	const uint64_t *controls = cache_controls(cache, bucket);

	for (unsigned i = 0; i < LAYOUT_SLOTS; i++)
		controls_out[i] = word_load_acquire(&controls[i]); /* [L1] */
	return 0;
}

int
cache_fetch_control(
    const struct shmcache *cache, uint64_t slot, uint64_t *control_out)
{
	const uint64_t bucket = slot / LAYOUT_SLOTS;
	const uint64_t in_line = slot % LAYOUT_SLOTS;

	if (cache->map == NULL)
		return fetch(cache, control_out, sizeof(*control_out),
		    layout_place(cache->buckets_log2, bucket).control +
			in_line * sizeof(*control_out));

	*control_out = word_load_acquire(
	    &cache_controls(cache, bucket)[in_line]); /* [L1] */
	return 0;
}

int
cache_fetch_payload(const struct shmcache *cache, uint64_t slot,
    uint64_t payload_out[LAYOUT_LINE_WORDS])
{
	if (cache->map == NULL)
		return fetch(cache, payload_out, LAYOUT_LINE_BYTES,
		    layout_place(cache->buckets_log2, slot / LAYOUT_SLOTS)
			    .payload +
			slot % LAYOUT_SLOTS * LAYOUT_LINE_BYTES);

	const uint64_t *payload = cache_payload(cache, slot);

	for (unsigned i = 0; i < LAYOUT_LINE_WORDS; i++)
		payload_out[i] = word_load_acquire(&payload[i]); /* [L2] */
	return 0;
}

/* Levels are bytes of a shared word: hold them to what this handle can reach. */
static struct geometry
reachable(const struct shmcache *cache, uint64_t word)
{
	struct geometry g = geometry_unpack(word);

	if (g.cur > cache->level_max)
		g.cur = cache->level_max;
	if (g.floor > g.cur)
		g.floor = g.cur;
	return g;
}

int
cache_geometry(const struct shmcache *cache, struct geometry *geometry_out)
{
	uint64_t word;

	if (cache->map == NULL) {
		const int error = fetch(cache, &word, sizeof(word),
		    offsetof(struct layout_header, geometry));

		if (error != 0)
			return error;
	} else {
		word = word_load_acquire(
		    &cache_header(cache)->geometry); /* [L3] */
	}
	*geometry_out = reachable(cache, word);
	return 0;
}

int
cache_now(const struct shmcache *cache, struct cache_now *now_out)
{
	struct {
		uint64_t geometry, allocated, heartbeat, params, never_gen;
	} h;

	_Static_assert(offsetof(struct layout_header, never_gen) -
			       offsetof(struct layout_header, geometry) ==
			   4 * sizeof(uint64_t),
	    "the five words are neighbours");
	if (cache->map == NULL) {
		const int error = fetch(cache, &h, sizeof(h),
		    offsetof(struct layout_header, geometry));

		if (error != 0)
			return error;
	} else {
		const struct layout_header *header = cache_header(cache);

		h.heartbeat = word_load_acquire(&header->heartbeat); /* [L4] */
		h.params = word_load_acquire(&header->params);
		h.never_gen = word_load_acquire(&header->never_gen);
		h.geometry = 0;
	}

	now_out->now_s = cache->clock_s();
	if ((h.heartbeat & STAMP_VALID) != 0 &&
	    is_after((uint32_t)h.heartbeat, now_out->now_s))
		return SHMCACHE_FOREIGN_CLOCK;

	now_out->window_s = (uint32_t)h.params & INT32_MAX;
	now_out->rules.hash_key = cache->hash_key;
	now_out->rules.ipv6_prefix = (unsigned)(h.params >> 32) & 0xffu;
	if (now_out->rules.ipv6_prefix > 128)
		now_out->rules.ipv6_prefix = 128;
	now_out->never_gen = h.never_gen;
	/* After the clock: see grant.c. */
	return cache_geometry(cache, &now_out->geometry);
}

/* By the highest bit: the buckets of segment 0 all count alike. */
unsigned
cache_segment(const struct shmcache *cache, uint64_t bucket)
{
	const uint64_t rest = bucket >> cache->buckets_log2;

	return rest == 0 ? 0 : 64u - (unsigned)__builtin_clzll(rest);
}

static void
places_add(struct places *places, uint64_t bucket)
{
	for (unsigned i = 0; i < places->n; i++) {
		if (places->bucket[i] == bucket)
			return;
	}
	places->bucket[places->n++] = bucket;
}

void
places_of(struct places *places, const struct key *key,
    const struct shmcache *cache, unsigned floor, unsigned cur)
{
	const unsigned k = cache->buckets_log2;

	places->n = 0;
	for (unsigned level = floor; level <= cur; level++) {
		const uint64_t first = key_bucket(key, 0, k, level);
		const uint64_t second = key_bucket(key, 1, k, level);

		/*
		 * A bucket that is new at this level lies in this level's
		 * segment, behind all of before; only at the floor may the
		 * second chain's be in an earlier segment than the first's.
		 */
		if (cache_segment(cache, second) <
		    cache_segment(cache, first)) {
			places_add(places, second);
			places_add(places, first);
		} else {
			places_add(places, first);
			places_add(places, second);
		}
	}
}

void
cache_advance(uint64_t *word, uint32_t now_s)
{
	for (;;) {
		const uint64_t seen = word_load_acquire(word);

		if ((seen & STAMP_VALID) != 0 &&
		    !is_after(now_s, (uint32_t)seen))
			return;
		if (word_cas(word, seen, STAMP_VALID | now_s))
			return;
	}
}
