/* SPDX-License-Identifier: ISC */
#include "tests/stress/dump.h"

#include "common/addr.h"
#include "common/word.h"
#include "shmcache/key.h"
#include "shmcache/scan.h"

#include <stdio.h>

void
dump_address(struct shmcache *cache, const struct addr *addr)
{
	static const char *const states[] = {
	    "free", "claimed", "live", "revoked"};
	const uint64_t n_slots = cache_n_buckets(cache) * LAYOUT_SLOTS;

	for (uint64_t slot = 0; slot < n_slots; slot++) {
		const uint64_t control =
		    word_load_acquire(slot_control(cache, slot));
		uint64_t payload[LAYOUT_LINE_WORDS];
		char user[SHMCACHE_USER_BYTES];
		struct addr of_slot;

		if (!control_has_key(control))
			continue;
		cache_fetch_payload(cache, slot, payload);
		key_address(payload, &of_slot);
		if (!addr_equal(&of_slot, addr))
			continue;
		key_user(payload, user);
		fprintf(stderr,
		    "stress:   slot %llu version %llu %s %u mark %u",
		    (unsigned long long)slot,
		    (unsigned long long)control_version(control),
		    states[control_state(control)], control_stamp(control),
		    control_mark(control));
		if (key_kind(payload) == KIND_ADDRESS)
			fprintf(stderr,
			    " address, hint slot %llu version %llu, mixed %llx "
			    "%u\n",
			    (unsigned long long)(payload[3] &
						 LAYOUT_DATA_MASK) >>
				18,
			    (unsigned long long)payload[3] & 0x3ffff,
			    (unsigned long long)(payload[4] &
						 LAYOUT_DATA_MASK) >>
				32,
			    (uint32_t)payload[4]);
		else
			fprintf(stderr, " user %s\n", user);
	}
}
