/* SPDX-License-Identifier: ISC */
/*
 * The 48 bytes of a key, packed six to a word.  The hash gives the buckets
 * (bits 0 to 20 and 32 to 52: a table has at most 2^21), the tag (24 to 31), the
 * slot (53 to 55) and the sample (58 to 63).  No two share a bit.
 */
#include "shmcache/key.h"

#include "common/ascii.h"
#include "common/siphash.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#define KEY_BYTES 48
#define KIND_AT 16
#define NAME_AT 17
#define LONG_PREFIX_BYTES 15
/* Bytes 8 to 11 of ::ffff:0:0/96, as load_le64() gives them. */
#define V4_MAPPED UINT32_C(0xffff0000)

/* Words are loaded and stored as eight bytes at every sixth byte, so the last
 * one needs two more bytes. */
#define PADDED_BYTES (KEY_BYTES + 2)

static inline uint64_t
load_le64(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return le64toh(word);
}

static inline void
store_le64(uint8_t *bytes, uint64_t word)
{
	word = htole64(word);
	memcpy(bytes, &word, sizeof(word));
}

static void
unpack(uint8_t bytes[PADDED_BYTES], const uint64_t data[LAYOUT_LINE_WORDS])
{
	/* Upwards: each store overwrites the two extra bytes of the last. */
	for (unsigned w = 0; w < LAYOUT_LINE_WORDS; w++)
		store_le64(bytes + w * 6, data[w] & LAYOUT_DATA_MASK);
}

/* The first 16 bytes of a key.  IPv4 is answered here: most clients have it. */
static inline void
client_words(uint64_t words_out[2], const struct key_rules *rules,
    const struct addr *addr)
{
	struct addr client;

	words_out[0] = load_le64(addr->bytes);
	words_out[1] = load_le64(addr->bytes + 8);
	if (words_out[0] == 0 && (uint32_t)words_out[1] == V4_MAPPED)
		return;
	client = *addr;
	client_mask(&client, &rules->client);
	words_out[0] = load_le64(client.bytes);
	words_out[1] = load_le64(client.bytes + 8);
}

static inline void
set_hash(struct key *key, uint64_t hash)
{
	key->hash = hash;
	key->tag = (unsigned)(hash >> 24) & 0xffu;
}

void
key_of_address(
    struct key *key, const struct key_rules *rules, const struct addr *addr)
{
	uint64_t words[2];

	client_words(words, rules, addr);
	key->data[0] = words[0] & LAYOUT_DATA_MASK;
	key->data[1] = (words[0] >> 48 | words[1] << 16) & LAYOUT_DATA_MASK;
	key->data[2] = words[1] >> 32 | (uint64_t)KIND_ADDRESS << 32;
	for (unsigned w = KEY_WORDS_CLIENT; w < LAYOUT_LINE_WORDS; w++)
		key->data[w] = 0;
	key->n_words = KEY_WORDS_CLIENT;
	set_hash(key,
	    siphash13_17(rules->hash_key, words[0], words[1], KIND_ADDRESS));
}

/* Finish a user's key; the bytes already hold the name. */
static void
finish(struct key *key, const struct key_rules *rules, const struct addr *addr,
    enum key_kind kind, uint8_t bytes[PADDED_BYTES])
{
	uint64_t words[KEY_BYTES / 8];

	client_words(words, rules, addr);
	store_le64(bytes, words[0]);
	store_le64(bytes + 8, words[1]);
	bytes[KIND_AT] = (uint8_t)kind;
	for (unsigned w = 2; w < KEY_BYTES / 8; w++)
		words[w] = load_le64(bytes + w * 8);
	for (unsigned w = 0; w < LAYOUT_LINE_WORDS; w++)
		key->data[w] = load_le64(bytes + w * 6) & LAYOUT_DATA_MASK;
	key->n_words = LAYOUT_LINE_WORDS;
	set_hash(key, siphash13_48(rules->hash_key, words));
}

int
key_of_user(struct key *key, const struct key_rules *rules,
    const struct addr *addr, const char *user)
{
	uint8_t bytes[PADDED_BYTES] = {0};
	char name[KEY_NAME_MAX_BYTES + 1];
	size_t len = 0;

	if (user != NULL) {
		for (; user[len] != '\0'; len++) {
			if (len == KEY_NAME_MAX_BYTES)
				return SHMCACHE_BAD_USER;
			name[len] = ascii_lower(user[len]);
		}
		if (len == 0)
			return SHMCACHE_BAD_USER;
	}
	if (len <= KEY_NAME_BYTES) {
		memcpy(bytes + NAME_AT, name, len);
		finish(key, rules, addr, KIND_USER, bytes);
	} else {
		/* Another hash key: the hash is logged, and must not reveal
		 * the bucket. */
		const uint64_t hash_key[2] = {
		    ~rules->hash_key[0], ~rules->hash_key[1]};
		uint64_t hash[2];

		siphash24_128(hash_key, name, len, hash);
		memcpy(bytes + NAME_AT, name, LONG_PREFIX_BYTES);
		memcpy(bytes + NAME_AT + LONG_PREFIX_BYTES, hash, sizeof(hash));
		finish(key, rules, addr, KIND_USER_LONG, bytes);
	}
	return 0;
}

void
key_address(const uint64_t data[LAYOUT_LINE_WORDS], struct addr *addr_out)
{
	store_le64(
	    addr_out->bytes, (data[0] & LAYOUT_DATA_MASK) | data[1] << 48);
	store_le64(addr_out->bytes + 8,
	    (data[1] & LAYOUT_DATA_MASK) >> 16 | data[2] << 32);
}

enum key_kind
key_kind(const uint64_t data[LAYOUT_LINE_WORDS])
{
	switch (data[2] >> 32 & 0xff) {
	case KIND_ADDRESS:
		return KIND_ADDRESS;
	case KIND_USER:
		return KIND_USER;
	case KIND_USER_LONG:
		return KIND_USER_LONG;
	}
	return KIND_NONE;
}

enum key_kind
key_kind_of(const uint64_t payload[LAYOUT_LINE_WORDS], uint64_t version)
{
	const enum key_kind kind = key_kind(payload);
	const unsigned n_words =
	    kind == KIND_ADDRESS ? KEY_WORDS_ADDRESS : KEY_WORDS_USER;

	for (unsigned i = 0; i < n_words; i++) {
		if (!payload_is_of(payload[i], version))
			return KIND_NONE;
	}
	return kind;
}

void
key_user(
    const uint64_t data[LAYOUT_LINE_WORDS], char user_out[SHMCACHE_USER_BYTES])
{
	uint8_t bytes[PADDED_BYTES];

	unpack(bytes, data);
	memset(user_out, 0, SHMCACHE_USER_BYTES);
	if (bytes[KIND_AT] == KIND_USER) {
		memcpy(user_out, bytes + NAME_AT, KEY_NAME_BYTES);
	} else if (bytes[KIND_AT] == KIND_USER_LONG) {
		memcpy(user_out, bytes + NAME_AT, LONG_PREFIX_BYTES);
		user_out[LONG_PREFIX_BYTES] = '~';
		for (unsigned i = NAME_AT + LONG_PREFIX_BYTES; i < KEY_BYTES;
		     i++)
			sprintf(user_out + LONG_PREFIX_BYTES + 1 +
				    2 * (i - NAME_AT - LONG_PREFIX_BYTES),
			    "%02x", (unsigned)bytes[i]);
	}
}
