/* SPDX-License-Identifier: ISC */
#include "common/word.h"
#include "shmcache/cache.h"
#include "shmcache/room.h"
#include "shmcache/scan.h"
#include "shmcache/slot.h"

#include <errno.h>

int
shmcache_sweep(struct shmcache *cache, struct shmcache_sweep *sweep_out)
{
	struct layout_header *header = cache->header;
	struct shmcache_sweep sweep = {0};
	uint64_t n_reclaimed = 0;
	struct cache_now now;
	int error;

	if (cache->access != SHMCACHE_WRITE)
		return -EBADF;
	/* A process that may write the file may truncate it: give an error and
	 * not SIGBUS. */
	if (!cache_is_whole(cache))
		return SHMCACHE_BAD_SIZE;
	if ((error = cache_now(cache, &now)) != 0)
		return error;
	const uint64_t n_buckets = cache_n_buckets(cache);

	for (uint64_t bucket = 0; bucket < n_buckets; bucket++) {
		uint64_t *controls = cache_controls(cache, bucket);

		for (unsigned i = 0; i < LAYOUT_SLOTS; i++) {
			/* [A1] the CAS compares it */
			const uint64_t seen = word_load_acquire(&controls[i]);
			const uint32_t stamp_s = control_stamp(seen);

			if (control_has_key(seen)) {
				if (!is_expired(
					stamp_s, now.now_s, now.window_s))
					sweep.n_used++;
				else if (slot_free(&controls[i], seen))
					sweep.n_evicted++;
			} else if (control_state(seen) == SLOT_CLAIMED) {
				if (is_expired(stamp_s, now.now_s,
					SLOT_CLAIM_TIMEOUT_S) &&
				    slot_free(&controls[i], seen))
					n_reclaimed++;
			}
		}
	}
	word_add(&header->evictions, sweep.n_evicted); /* [N1] a counter */
	word_add(&header->reclaimed, n_reclaimed);     /* [N1] a counter */
	sweep.n_forced = word_load(&header->forced);   /* [R3] for a log line */
	sweep.room_error = room_error(cache);
	geometry_tidy(&header->geometry, now.now_s, now.window_s);
	cache_advance(&header->heartbeat, now.now_s);
	if (sweep_out != NULL)
		*sweep_out = sweep;
	return 0;
}
