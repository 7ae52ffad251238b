/* SPDX-License-Identifier: ISC */
#include "shmcache/cache.h"

#include "shmcache/network.h"

#include "common/word.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- pages -------------------------------------------------------------- */

/* A line of the file through a window onto its page. */
uint8_t *
cache_window_line(struct shmcache *cache, uint64_t offset)
{
	const size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
	const uint64_t page = offset / bytes;
	void *map = MAP_FAILED;

	for (unsigned i = 0; i < cache->n_windows; i++) {
		if (cache->windows[i].page == page)
			return cache->windows[i].map + offset % bytes;
	}
	if (cache->n_windows < CACHE_WINDOWS_MAX)
		map = mmap(NULL, bytes,
		    cache_is_writable(cache) ? PROT_READ | PROT_WRITE
					     : PROT_READ,
		    MAP_SHARED, cache->fd, (off_t)(page * bytes));
	if (map == MAP_FAILED) {
		cache->window_error = -ENOMEM;
		return (uint8_t *)cache->nowhere;
	}
	cache->windows[cache->n_windows++] =
	    (struct cache_window){.page = page, .map = map};
	return (uint8_t *)map + offset % bytes;
}

uint64_t
cache_n_buckets(struct shmcache *cache)
{
	struct geometry geometry = {0};

	if (cache_geometry(cache, &geometry) != 0)
		return 0;
	return layout_n_buckets(cache->buckets_log2, geometry.cur);
}

/* ---- copies -------------------------------------------------------------- */

/* A short read means that the file was made smaller. */
int
cache_fetch(struct shmcache *cache, void *buf, size_t len, uint64_t offset)
{
	const ssize_t n = pread(cache->fd, buf, len, (off_t)offset);

	if (n == -1)
		return -errno;
	return (size_t)n == len ? 0 : SHMCACHE_BAD_SIZE;
}

int
cache_fetch_controls(struct shmcache *cache, uint64_t bucket,
    uint64_t controls_out[LAYOUT_SLOTS])
{
	if (cache->header == NULL)
		return cache_fetch(cache, controls_out, LAYOUT_LINE_BYTES,
		    layout_place(cache->buckets_log2, bucket).control);

	const uint64_t *controls = cache_controls(cache, bucket);

	for (unsigned i = 0; i < LAYOUT_SLOTS; i++)
		/* [A1] upwards, as copies move */
		controls_out[i] = word_load_acquire(&controls[i]);
	return 0;
}

int
cache_peek_controls(struct shmcache *cache, uint64_t bucket,
    uint64_t controls_out[LAYOUT_SLOTS])
{
	const uint64_t offset =
	    layout_place(cache->buckets_log2, bucket).control;

	if (offset >= cache->map_bytes)
		return cache_fetch(
		    cache, controls_out, LAYOUT_LINE_BYTES, offset);
	return cache_fetch_controls(cache, bucket, controls_out);
}

int
cache_fetch_control(
    struct shmcache *cache, uint64_t slot, uint64_t *control_out)
{
	const uint64_t bucket = slot / LAYOUT_SLOTS;
	const uint64_t in_line = slot % LAYOUT_SLOTS;

	if (cache->header == NULL)
		return cache_fetch(cache, control_out, sizeof(*control_out),
		    layout_place(cache->buckets_log2, bucket).control +
			in_line * sizeof(*control_out));

	/* [A1] before its payload */
	*control_out =
	    word_load_acquire(&cache_controls(cache, bucket)[in_line]);
	return 0;
}

int
cache_fetch_payload(struct shmcache *cache, uint64_t slot,
    uint64_t payload_out[LAYOUT_LINE_WORDS])
{
	if (cache->header == NULL)
		return cache_fetch(cache, payload_out, LAYOUT_LINE_BYTES,
		    layout_place(cache->buckets_log2, slot / LAYOUT_SLOTS)
			    .payload +
			slot % LAYOUT_SLOTS * LAYOUT_LINE_BYTES);

	const uint64_t *payload = cache_payload(cache, slot);

	for (unsigned i = 0; i < LAYOUT_LINE_WORDS; i++)
		/* [A4] before the control word is read again */
		payload_out[i] = word_load_acquire(&payload[i]);
	return 0;
}

/* ---- geometry ------------------------------------------------------------ */

/*
 * The highest level whose segment is in the file.  `allocated` is a shared
 * word, so the file's size limits it.
 */
uint64_t
cache_find_level_max(struct shmcache *cache)
{
	struct stat st;
	/* [R4] a hint: the file decides */
	uint64_t level = word_load(&cache->level_max);
	uint64_t allocated = level;

	if (cache->header != NULL)
		/* [A5] after the geometry that names the level */
		allocated = word_load_acquire(&cache->header->allocated);
	else if (cache_fetch(cache, &allocated, sizeof(allocated),
		     offsetof(struct layout_header, allocated)) != 0)
		return level;
	if (allocated <= level || fstat(cache->fd, &st) == -1)
		return level;
	while (level < allocated &&
	       cache->buckets_log2 + level < LAYOUT_BUCKETS_LOG2_MAX &&
	       (uint64_t)st.st_size >=
		   layout_file_bytes(cache->buckets_log2, (unsigned)level + 1))
		level++;
	for (;;) { /* threads may share the handle */
		/* [R4] the CAS compares it */
		const uint64_t seen = word_load(&cache->level_max);

		/* [C11] it only rises */
		if (seen >= level || word_cas(&cache->level_max, seen, level))
			return level;
	}
}

bool
cache_is_whole(struct shmcache *cache)
{
	struct stat st;

	/* [R4] fstat was just now */
	return fstat(cache->fd, &st) == 0 &&
	       (uint64_t)st.st_size >=
		   layout_file_bytes(cache->buckets_log2,
		       (unsigned)word_load(&cache->level_max));
}

int
cache_fetch_geometry(struct shmcache *cache, struct geometry *geometry_out)
{
	uint64_t word;
	const int error = cache_fetch(cache, &word, sizeof(word),
	    offsetof(struct layout_header, geometry));

	if (error != 0)
		return error;
	*geometry_out = cache_geometry_of(cache, word);
	return 0;
}

static int
fetch_params(struct shmcache *cache, uint64_t *params_out)
{
	if (cache->header == NULL)
		return cache_fetch(cache, params_out, sizeof(*params_out),
		    offsetof(struct layout_header, params));
	/* [R7] after its bank, which is rewritten only while params names the
	 * other */
	*params_out = word_load(&cache->header->params);
	return 0;
}

static int
fetch_bank(
    struct shmcache *cache, uint64_t params, struct layout_whole *bank_out)
{
	const uint64_t bank = params_bank(params);

	if (cache->header == NULL)
		return cache_fetch(cache, bank_out, sizeof(*bank_out),
		    offsetof(struct layout_header, whole) +
			bank * sizeof(*bank_out));
	for (unsigned i = 0; i < params_n_whole(params); i++)
		for (unsigned w = 0; w < LAYOUT_NETWORK_WORDS; w++)
			/* [A6] before params again */
			bank_out->words[i][w] = word_load_acquire(
			    &cache->header->whole[bank].words[i][w]);
	return 0;
}

int
cache_read_whole(
    struct shmcache *cache, uint64_t *params, struct client_rules *rules_out)
{
	/* Longer prefixes deny: every address is kept whole. */
	static const struct cidr all = {.prefix_len = 0};
	struct layout_whole bank;
	uint64_t seen;
	int error;

	do {
		seen = *params;
		if ((error = fetch_bank(cache, seen, &bank)) != 0 ||
		    (error = fetch_params(cache, params)) != 0)
			return error;
	} while (*params != seen);
	rules_out->n_whole = params_n_whole(seen);
	rules_out->ipv6_prefix = params_ipv6_prefix(seen);
	for (unsigned i = 0; i < rules_out->n_whole; i++)
		if (!network_unpack(bank.words[i], &rules_out->whole[i]))
			rules_out->whole[i] = all;
	return 0;
}

int
cache_now(struct shmcache *cache, struct cache_now *now_out)
{
	const struct layout_header *header = cache->header;
	/* [A3] before the clock */
	const uint64_t heartbeat = word_load_acquire(&header->heartbeat);
	/* [A3] likewise */
	uint64_t params = word_load_acquire(&header->params);

	(void)cache_rules_of(cache, &params, &now_out->rules);

	now_out->now_s = cache->clock_s();
	if ((heartbeat & STAMP_VALID) != 0 &&
	    is_after((uint32_t)heartbeat, now_out->now_s))
		return SHMCACHE_FOREIGN_CLOCK;

	if (!params_are_sane(params))
		return SHMCACHE_BAD_PARAMS;
	now_out->window_s = params_window_s(params);
	if (cache_is_writable(cache))
		geometry_date(&cache->header->geometry, cache->clock_s);
	/* After the clock: see record.c. */
	now_out->geometry = cache_mapped_geometry(cache);
	return 0;
}

/* Insert in ascending order, once. */
static void
places_add(struct places *places, uint64_t bucket)
{
	unsigned i = places->n;

	for (unsigned j = 0; j < places->n; j++) {
		if (places->bucket[j] == bucket)
			return;
	}
	for (; i > 0 && places->bucket[i - 1] > bucket; i--)
		places->bucket[i] = places->bucket[i - 1];
	places->bucket[i] = bucket;
	places->n++;
}

void
places_of(struct places *places, const struct key *key, struct shmcache *cache,
    unsigned floor, unsigned cur)
{
	const unsigned k = cache->buckets_log2;

	places->n = 0;
	for (unsigned level = floor; level <= cur; level++) {
		places_add(places, key_bucket(key, 0, k, level));
		places_add(places, key_bucket(key, 1, k, level));
	}
}

void
cache_advance(uint64_t *word, uint32_t now_s)
{
	for (;;) {
		/* [A8] the CAS compares it */
		const uint64_t seen = word_load_acquire(word);

		if ((seen & STAMP_VALID) != 0 &&
		    !is_after(now_s, (uint32_t)seen))
			return;
		/* [C10] forwards only */
		if (word_cas(word, seen, STAMP_VALID | now_s))
			return;
	}
}
