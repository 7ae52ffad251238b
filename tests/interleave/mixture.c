/* SPDX-License-Identifier: ISC */
/*
 * A slot changes its key while a reader reads it, and the new owner dies
 * halfway: the first words are the new key's, the others still the old key's.
 * Together they are the key that the reader looks for.
 */
#include "common/word.h"
#include "shmcache/scan.h"
#include "shmcache/slot.h"
#include "tests/interleave/interleave.h"

#include <stdio.h>

static struct {
	struct addr old_addr, addr; /* of the old key; of both others */
	/* the reader looks for old_name at addr */
	char old_name[16], dying_name[16];
	uint64_t bucket;
} mixture;

static void
key_of(struct key *key, const struct addr *addr, const char *user)
{
	struct cache_now now;

	cache_now(cache, &now);
	key_of_user(key, &now.rules, addr, user);
}

static uint64_t
first_bucket(const struct key *key)
{
	return key_bucket(key, 0, cache->buckets_log2, 0);
}

/* Names whose keys share a tag and a bucket. */
void
a_mixture_is_possible(void)
{
	struct key wanted, old, dying;
	unsigned i = 0;

	mixture.addr = place(0);
	mixture.old_addr = place(1);
	do {
		snprintf(
		    mixture.old_name, sizeof(mixture.old_name), "a%u", i++);
		key_of(&wanted, &mixture.addr, mixture.old_name);
		key_of(&old, &mixture.old_addr, mixture.old_name);
	} while (wanted.tag != old.tag ||
		 first_bucket(&wanted) != first_bucket(&old));
	mixture.bucket = first_bucket(&old);
	do {
		snprintf(
		    mixture.dying_name, sizeof(mixture.dying_name), "a%u", i++);
		key_of(&dying, &mixture.addr, mixture.dying_name);
	} while (first_bucket(&dying) != mixture.bucket);
	shmcache_grant(cache, &mixture.old_addr, mixture.old_name);
}

void
the_mixture_is_looked_up(void)
{
	struct shmcache_grant got;

	first_result =
	    shmcache_lookup(cache, &mixture.addr, mixture.old_name, &got);
}

void
then_a_writer_dies_in_the_old_keys_slot(void)
{
	uint64_t *controls = cache_controls(cache, mixture.bucket);
	struct key old, dying;
	unsigned i = 0;
	uint64_t claim;
	size_t n_others;

	key_of(&old, &mixture.old_addr, mixture.old_name);
	key_of(&dying, &mixture.addr, mixture.dying_name);
	while (control_state(controls[i]) != SLOT_LIVE ||
	       control_tag(controls[i]) != old.tag)
		i++;
	shmcache_revoke(cache, &mixture.old_addr, mixture.old_name, &n_others);
	slot_claim(&controls[i], controls[i], now_s, &claim);
	for (unsigned w = 0; w < 3; w++) {
		uint64_t *word =
		    &cache_payload(cache, mixture.bucket * LAYOUT_SLOTS + i)[w];

		word_cas(word, *word,
		    payload_make(control_version(claim), dying.data[w]));
	}
}
