/* SPDX-License-Identifier: ISC */
/*
 * A login writes the user's key, then the address's, then the hint that joins
 * them.
 *
 * The user's key comes first, so that an address is never granted without a
 * user who is responsible.  If the process is killed in between, only this
 * login is lost.  Each key is the other's guard: a revoked address forbids the
 * user's key, and a revoked user forbids the address for this login.
 */
#include "common/word.h"
#include "shmcache/never.h"
#include "shmcache/record.h"
#include "shmcache/who.h"

#include <errno.h>

/*
 * Whether the address's entry may have been evicted to make room while its
 * users stayed: the new entry then does not know them.
 */
static bool
was_forced_lately(struct shmcache *cache, const struct cache_now *now)
{
	/* [A8] after the scan that found no entry */
	const uint64_t seen = word_load_acquire(&cache->header->forced_at);

	return (seen & STAMP_VALID) != 0 &&
	       !is_expired((uint32_t)seen, now->now_s, now->window_s);
}

static int
grant_keys(struct shmcache *cache, const struct cache_now *now,
    const struct key *user, const struct key *address,
    enum record_outcome *outcome_out)
{
	enum record_outcome of_user, of_address;
	struct copy user_copy, address_copy;
	int error;

	error = record_key(
	    cache, now, user, address, SLOT_LIVE, &user_copy, &of_user);
	if (error != 0)
		return error;
	for (unsigned tries = 0; tries < RECORD_TRIES; tries++) {
		error = record_key(cache, now, address, user, SLOT_LIVE,
		    &address_copy, &of_address);
		if (error != 0)
			return error;
		if (of_address == RECORD_NEW && was_forced_lately(cache, now))
			who_blur(cache, address_copy.slot,
			    control_version(address_copy.seen));
		if (who_note(cache, &address_copy, &user_copy, user,
			of_user == RECORD_NEW)) {
			*outcome_out = of_user;
			return 0;
		}
	}
	return SHMCACHE_BUSY;
}

int
shmcache_forced_by(const struct shmcache *cache)
{
	return cache->forced_by;
}

int
shmcache_grant(
    struct shmcache *cache, const struct addr *addr, const char *user)
{
	struct layout_header *header = cache->header;
	enum record_outcome outcome;
	struct key user_key, address_key;
	struct key_rules rules;
	struct cache_now now;
	int error;

	if (!cache_is_writable(cache))
		return -EBADF;
	cache_rules(cache, &rules);
	if ((error = key_of_user(&user_key, &rules, addr, user)) != 0)
		return error;
	key_of_address(&address_key, &rules, addr);
	cache_prefetch_key(cache, &user_key);
	cache_prefetch_key(cache, &address_key);
	if ((error = cache_now(cache, &now)) != 0)
		return error;
	if (never_contains(cache, &rules.client, addr)) {
		word_add(&header->refused, 1); /* [N1] a counter */
		return SHMCACHE_NEVER;
	}
	error = grant_keys(cache, &now, &user_key, &address_key, &outcome);
	if (cache->window_error != 0)
		error = cache->window_error;
	if (error != 0)
		return error;
	/* [N1] a counter */
	word_add(
	    outcome == RECORD_NEW ? &header->grants : &header->refreshes, 1);
	return 0;
}

/* Seconds between two lines about one address, and about two that share a word. */
#define REPORT_EVERY_S 3600u
#define REPORT_APART_S 60u

bool
shmcache_refusal_is_due(struct shmcache *cache, const struct addr *addr)
{
	const uint32_t now_s = cache->clock_s();
	struct key_rules rules;
	struct key key;
	uint64_t *word, seen;
	uint32_t age_s;

	cache_rules(cache, &rules);
	key_of_address(&key, &rules, addr);
	word = &cache->header->reported[key.tag % LAYOUT_REPORTED];
	seen = word_load(word); /* [R3] the CAS compares it */
	age_s = now_s - (uint32_t)seen;
	if (seen != 0 &&
	    age_s < (seen >> 32 == key.hash >> 32 ? REPORT_EVERY_S
						  : REPORT_APART_S))
		return false;
	/* [C10] refers to nothing */
	return word_cas(word, seen, key.hash >> 32 << 32 | now_s);
}

void
shmcache_add_lost(struct shmcache *cache, uint64_t n)
{
	word_add(&cache->header->lost, n); /* [N1] a counter */
}

uint64_t
shmcache_take_lost(struct shmcache *cache)
{
	uint64_t *lost = &cache->header->lost;
	uint64_t n = word_load(lost); /* [R3] a counter */

	while (n != 0 && !word_cas(lost, n, 0)) /* [C10] refers to nothing */
		n = word_load(lost);            /* [R3] a counter */
	return n;
}
