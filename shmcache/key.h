/* SPDX-License-Identifier: ISC */
/*
 * key - the key of a slot.
 *
 * CONCEPT.  Each login writes two keys: (address, user) and (address).  All
 * keys are 48 bytes in one shape.  A kind byte keeps the kinds apart:
 *
 *   bytes  0..15  address; of IPv6 only the bits that are one client
 *         16      kind
 *         17..47  KIND_USER: the name, zero-padded; an empty name is the user
 *                 of a grant that was made for an address alone
 *                 KIND_USER_LONG: 15 bytes of the name, 16 of its keyed hash
 *                 KIND_ADDRESS: not part of the key; two mutable words of
 *                 data, see who.h
 */
#ifndef POPAUTH_SHMCACHE_KEY_H
#define POPAUTH_SHMCACHE_KEY_H

#include "shmcache/layout.h"

#define KEY_NAME_BYTES 31      /* of a name that is stored as it is */
#define KEY_NAME_MAX_BYTES 255 /* of any name */

enum key_kind {
	KIND_NONE = 0, /* never in a slot: zeros are no key */
	KIND_ADDRESS = 1,
	KIND_USER = 2,
	KIND_USER_LONG = 3,
};

struct key {
	uint64_t data[LAYOUT_LINE_WORDS]; /* 48 bits each */
	unsigned n_words;                 /* of data that are the key: 3 or 8 */
	uint64_t hash;
	unsigned tag; /* 8 bits of the hash */
};

/* Words of data in a payload.  An address has its key and the two words of
 * who.h; the last three words are unused. */
#define KEY_WORDS_CLIENT 3u /* address and kind */
#define KEY_WORDS_ADDRESS 5u
#define KEY_WORDS_USER LAYOUT_LINE_WORDS

/* Whether it is an address's key, which has room for a hint. */
static inline bool
key_is_address(const struct key *key)
{
	return key->n_words < LAYOUT_LINE_WORDS;
}

/* The parts of a header by which keys are made. */
struct key_rules {
	const uint64_t *hash_key; /* [2] */
	struct client_rules client;
};

void key_of_address(
    struct key *key, const struct key_rules *rules, const struct addr *addr);

/*
 * user: NULL is the nameless user of an address that was granted alone.
 * Returns 0, or SHMCACHE_BAD_USER for an empty or over-long name.
 */
int key_of_user(struct key *key, const struct key_rules *rules,
    const struct addr *addr, const char *user);

/* The address a stored key is of. */
void key_address(const uint64_t data[LAYOUT_LINE_WORDS], struct addr *addr_out);

enum key_kind key_kind(const uint64_t data[LAYOUT_LINE_WORDS]);

/* The kind of a payload if all its words have this version, else NONE. */
enum key_kind key_kind_of(
    const uint64_t payload[LAYOUT_LINE_WORDS], uint64_t version);

/* The user's name as text; "" for a key without a name. */
void key_user(
    const uint64_t data[LAYOUT_LINE_WORDS], char user_out[SHMCACHE_USER_BYTES]);

/* The key's preferred slot of a bucket.  A look-up fetches its payload line
 * together with the control words. */
static inline unsigned
key_slot(const struct key *key)
{
	return (unsigned)(key->hash >> 53) & (LAYOUT_SLOTS - 1);
}

/* One key in 64: for checks that need not be made every time. */
static inline bool
key_is_sample(const struct key *key)
{
	return key->hash >> 58 == 0;
}

/* A key's bucket at a level, in its first (0) or second (1) chain. */
static inline uint64_t
key_bucket(const struct key *key, unsigned chain, unsigned buckets_log2,
    unsigned level)
{
	const uint64_t half = chain == 0 ? key->hash : key->hash >> 32;

	return half & (layout_n_buckets(buckets_log2, level) - 1);
}

#endif
