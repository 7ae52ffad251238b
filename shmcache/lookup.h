/* SPDX-License-Identifier: ISC */
/*
 * lookup - the two ways to look a key up: in a mapping (lookup.c), and by
 * pread(2) for processes that face the network (lookup_pread.c).
 */
#ifndef POPAUTH_SHMCACHE_LOOKUP_H
#define POPAUTH_SHMCACHE_LOOKUP_H

#include "shmcache/cache.h"
#include "shmcache/who.h"

/* shmcache_lookup() of a handle without a mapping. */
int lookup_by_pread(struct shmcache *cache, const struct addr *addr,
    const char *user, struct shmcache_grant *grant_out);

/* Make the key to look for.  Returns 0 or SHMCACHE_BAD_USER. */
static inline int
lookup_key(struct key *key, const struct key_rules *rules,
    const struct addr *addr, const char *user)
{
	if (user != NULL)
		return key_of_user(key, rules, addr, user);
	key_of_address(key, rules, addr);
	return 0;
}

/*
 * Judge the age of a key that was found.
 * now_s: read after control (loaded with acquire), so that no stamp is ahead of
 * a clock of this machine, and after heartbeat, the header's.
 * Returns 0, SHMCACHE_NO_GRANT, or SHMCACHE_FOREIGN_CLOCK.
 */
static inline int
lookup_judge(uint32_t now_s, uint64_t control, uint64_t heartbeat,
    uint32_t window_s, struct who_time *time_out, uint32_t *age_s_out)
{
	const int32_t age_s = (int32_t)(now_s - control_stamp(control));

	if ((heartbeat & STAMP_VALID) != 0 &&
	    is_after((uint32_t)heartbeat, now_s))
		return SHMCACHE_FOREIGN_CLOCK;
	if (age_s < 0 || age_s >= (int32_t)window_s)
		return SHMCACHE_NO_GRANT;
	*time_out = (struct who_time){now_s, window_s};
	*age_s_out = (uint32_t)age_s;
	return 0;
}

#endif
