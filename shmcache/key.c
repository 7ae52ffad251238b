/* SPDX-License-Identifier: ISC */
/*
 * The 48 bytes of a key, packed six to a word.  The tag comes from bits 24 to
 * 31 of the hash, the buckets from bits 0 to 20 and 32 to 52: a table has at
 * most 2^21 buckets, so tag and buckets share no bit.
 */
#include "shmcache/key.h"

#include "shmcache/siphash.h"

#include <stdio.h>
#include <string.h>

#define KEY_BYTES 48
#define KIND_AT 16
#define NAME_AT 17
#define LONG_PREFIX_BYTES 15
#define ADDRESS_WORDS 3 /* words that hold address and kind */

static void
pack(uint64_t data[LAYOUT_LINE_WORDS], const uint8_t bytes[KEY_BYTES])
{
	for (unsigned w = 0; w < LAYOUT_LINE_WORDS; w++) {
		data[w] = 0;
		for (unsigned i = 6; i-- > 0;)
			data[w] = data[w] << 8 | bytes[w * 6 + i];
	}
}

static void
unpack(uint8_t bytes[KEY_BYTES], const uint64_t data[LAYOUT_LINE_WORDS])
{
	for (unsigned i = 0; i < KEY_BYTES; i++)
		bytes[i] = (uint8_t)(data[i / 6] >> i % 6 * 8);
}

/*
 * Networks in which one prefix holds clients of all the world, because their
 * IPv4 address stands in the lower bits: there each address is a client.
 */
static const struct cidr embedding[] = {
    {{{0x00, 0x64, 0xff, 0x9b}}, 96},             /* NAT64, RFC 6052 */
    {{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}}, 48}, /* NAT64, RFC 8215 */
    {{{0x20, 0x01, 0x00, 0x00}}, 32},             /* Teredo, RFC 4380 */
};

static bool
is_whole_client(const struct addr *addr)
{
	return addr_is_v4(addr) ||
	       cidr_list_contains(
		   embedding, sizeof(embedding) / sizeof(embedding[0]), addr);
}

static void
put_address(uint8_t bytes[KEY_BYTES], const struct key_rules *rules,
    const struct addr *addr, enum key_kind kind)
{
	struct addr net = *addr;

	if (!is_whole_client(&net))
		addr_mask(&net, rules->ipv6_prefix);
	memcpy(bytes, net.bytes, sizeof(net.bytes));
	bytes[KIND_AT] = (uint8_t)kind;
}

static void
finish(struct key *key, const struct key_rules *rules,
    const uint8_t bytes[KEY_BYTES], size_t n_hashed, unsigned n_words)
{
	pack(key->data, bytes);
	key->n_words = n_words;
	key->hash = siphash13(rules->hash_key, bytes, n_hashed);
	key->tag = (unsigned)(key->hash >> 24) & 0xffu;
}

void
key_of_address(
    struct key *key, const struct key_rules *rules, const struct addr *addr)
{
	uint8_t bytes[KEY_BYTES] = {0};

	put_address(bytes, rules, addr, KIND_ADDRESS);
	finish(key, rules, bytes, NAME_AT, ADDRESS_WORDS);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int
key_of_user(struct key *key, const struct key_rules *rules,
    const struct addr *addr, const char *user)
{
	uint8_t bytes[KEY_BYTES] = {0};
	char name[KEY_NAME_MAX_BYTES + 1];
	size_t len = 0;

	if (user != NULL) {
		for (; user[len] != '\0'; len++) {
			if (len == KEY_NAME_MAX_BYTES)
				return SHMCACHE_BAD_USER;
			name[len] = lower(user[len]);
		}
		if (len == 0)
			return SHMCACHE_BAD_USER;
	}
	if (len <= KEY_NAME_BYTES) {
		put_address(bytes, rules, addr, KIND_USER);
		memcpy(bytes + NAME_AT, name, len);
	} else {
		/* A key of its own, lest the hash in a log tell of a bucket. */
		const uint64_t hash_key[2] = {
		    ~rules->hash_key[0], ~rules->hash_key[1]};
		uint64_t hash[2];

		siphash24_128(hash_key, name, len, hash);
		put_address(bytes, rules, addr, KIND_USER_LONG);
		memcpy(bytes + NAME_AT, name, LONG_PREFIX_BYTES);
		memcpy(bytes + NAME_AT + LONG_PREFIX_BYTES, hash, sizeof(hash));
	}
	finish(key, rules, bytes, KEY_BYTES, LAYOUT_LINE_WORDS);
	return 0;
}

void
key_address(const uint64_t data[LAYOUT_LINE_WORDS], struct addr *addr_out)
{
	uint8_t bytes[KEY_BYTES];

	unpack(bytes, data);
	memcpy(addr_out->bytes, bytes, sizeof(addr_out->bytes));
}

enum key_kind
key_kind(const uint64_t data[LAYOUT_LINE_WORDS])
{
	uint8_t bytes[KEY_BYTES];

	unpack(bytes, data);
	switch (bytes[KIND_AT]) {
	case KIND_ADDRESS:
		return KIND_ADDRESS;
	case KIND_USER:
		return KIND_USER;
	case KIND_USER_LONG:
		return KIND_USER_LONG;
	}
	return KIND_NONE;
}

void
key_user(
    const uint64_t data[LAYOUT_LINE_WORDS], char user_out[SHMCACHE_USER_BYTES])
{
	uint8_t bytes[KEY_BYTES];

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
