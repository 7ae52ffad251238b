/* SPDX-License-Identifier: ISC */
#include "shmcache/cache.h"
#include "shmcache/scan.h"
#include "shmcache/slot.h"
#include "shmcache/word.h"

#include <errno.h>

int
shmcache_sweep(struct shmcache *cache, uint64_t *n_evicted_out)
{
	const uint64_t n_buckets = cache_n_buckets(cache);
	uint64_t n_evicted = 0, n_reclaimed = 0;
	struct cache_now now;
	int error;

	if (cache->access != SHMCACHE_WRITE)
		return -EBADF;
	if ((error = cache_now(cache, &now)) != 0)
		return error;

	for (uint64_t bucket = 0; bucket < n_buckets; bucket++) {
		uint64_t *controls = cache_controls(cache, bucket);

		for (unsigned i = 0; i < LAYOUT_SLOTS; i++) {
			const uint64_t seen = word_load_acquire(&controls[i]);
			const uint32_t stamp_s = control_stamp(seen);

			if (control_has_key(seen)) {
				if (is_expired(
					stamp_s, now.now_s, now.window_s) &&
				    slot_free(&controls[i], seen))
					n_evicted++;
			} else if (control_state(seen) == SLOT_CLAIMED) {
				if (is_expired(stamp_s, now.now_s,
					SLOT_CLAIM_TIMEOUT_S) &&
				    slot_free(&controls[i], seen))
					n_reclaimed++;
			}
		}
	}
	struct layout_header *header = cache_header(cache);

	word_add(&header->evictions, n_evicted);
	word_add(&header->reclaimed, n_reclaimed);
	cache_advance(&header->heartbeat, now.now_s);
	if (n_evicted_out != NULL)
		*n_evicted_out = n_evicted;
	return 0;
}
