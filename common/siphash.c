/* SPDX-License-Identifier: ISC */
#include "common/siphash.h"

#include <endian.h>
#include <string.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotate_left(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate_left(s->v1, 13) ^ s->v0;
	s->v0 = rotate_left(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate_left(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate_left(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate_left(s->v1, 17) ^ s->v2;
	s->v2 = rotate_left(s->v2, 32);
}

static inline void
sip_rounds(struct sip *s, unsigned n)
{
	for (; n > 0; n--)
		sip_round(s);
}

static inline void
sip_start(struct sip *s, const uint64_t key[2])
{
	s->v0 = key[0] ^ 0x736f6d6570736575u; /* "somepseudorandomlygen" */
	s->v1 = key[1] ^ 0x646f72616e646f6du;
	s->v2 = key[0] ^ 0x6c7967656e657261u;
	s->v3 = key[1] ^ 0x7465646279746573u;
}

static inline void
sip_word(struct sip *s, uint64_t word, unsigned n_rounds)
{
	s->v3 ^= word;
	sip_rounds(s, n_rounds);
	s->v0 ^= word;
}

/* All whole words, then the rest with the length in the highest byte. */
static inline void
sip_absorb(struct sip *s, const void *data, size_t len, unsigned n_rounds)
{
	const unsigned char *p = data;
	uint64_t word;

	for (size_t left = len; left >= 8; left -= 8, p += 8) {
		memcpy(&word, p, 8);
		sip_word(s, le64toh(word), n_rounds);
	}
	word = 0;
	memcpy(&word, p, len % 8);
	sip_word(s, le64toh(word) | (uint64_t)len << 56, n_rounds);
}

static inline uint64_t
sip_fold(const struct sip *s)
{
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t
siphash(const uint64_t key[2], const void *data, size_t len, unsigned n_rounds,
    unsigned n_final)
{
	struct sip s;

	sip_start(&s, key);
	sip_absorb(&s, data, len, n_rounds);
	s.v2 ^= 0xff;
	sip_rounds(&s, n_final);
	return sip_fold(&s);
}

static inline uint64_t
sip13_end(struct sip *s)
{
	s->v2 ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return sip_fold(s);
}

uint64_t
siphash13_17(
    const uint64_t key[2], uint64_t word0, uint64_t word1, uint8_t last)
{
	struct sip s;

	sip_start(&s, key);
	sip_word(&s, word0, 1);
	sip_word(&s, word1, 1);
	sip_word(&s, last | (uint64_t)17 << 56, 1);
	return sip13_end(&s);
}

uint64_t
siphash13_48(const uint64_t key[2], const uint64_t words[6])
{
	struct sip s;

	sip_start(&s, key);
	sip_word(&s, words[0], 1);
	sip_word(&s, words[1], 1);
	sip_word(&s, words[2], 1);
	sip_word(&s, words[3], 1);
	sip_word(&s, words[4], 1);
	sip_word(&s, words[5], 1);
	sip_word(&s, (uint64_t)48 << 56, 1);
	return sip13_end(&s);
}

uint64_t
siphash13(const uint64_t key[2], const void *data, size_t len)
{
	return siphash(key, data, len, 1, 3);
}

void
siphash24_128(
    const uint64_t key[2], const void *data, size_t len, uint64_t hash_out[2])
{
	struct sip s;

	sip_start(&s, key);
	s.v1 ^= 0xee;
	sip_absorb(&s, data, len, 2);
	s.v2 ^= 0xee;
	sip_rounds(&s, 4);
	hash_out[0] = sip_fold(&s);
	s.v1 ^= 0xdd;
	sip_rounds(&s, 4);
	hash_out[1] = sip_fold(&s);
}
